/**
 * planport: your ChatGPT plan, on a port of your own.
 * @module
 */
export * from "./errors.ts";
export { Secret } from "./secret.ts";
