/**
 * How planport reaches other servers.
 * @module
 */
export { toConnectionError } from "./connection-error.ts";
export { createFetchClient, type FetchFunction } from "./fetch-client.ts";
export { createHttpClient, type HttpClientOptions } from "./http-client.ts";
export { type Env, isLoopback } from "./proxy.ts";
export type { HttpClient, HttpFetchOptions, UpgradeAnswer, UpgradeRequest } from "./types.ts";
