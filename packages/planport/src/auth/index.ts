/**
 * Credentials: where they come from, how one signs in, how they stay fresh.
 * @module
 */
export type * from "./credential.ts";
export type { Grant, TokenSource } from "./token-source.ts";
