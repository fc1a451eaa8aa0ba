/**
 * The Codex backend: endpoints, headers, retries, streams.
 * @module
 */
export type { ByteSink, ByteStream, CodexClient, CodexResponse, SendOptions } from "./types.ts";
