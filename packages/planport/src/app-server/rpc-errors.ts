/**
 * What went wrong, as JSON-RPC tells it.
 * @module
 */
import { isPlanportError, RequestError } from "../errors.ts";
import type { RpcError } from "../json-rpc/index.ts";

/** What a client did wrong; the protocol has no other code for it, an unknown method included. */
const INVALID_REQUEST = -32_600;
/** What the server could not do. */
const INTERNAL_ERROR = -32_603;

/** The fault of a client: an answer with the code -32600 and this text. */
export function invalidRequest(message: string): RequestError<"request_invalid"> {
  return new RequestError("request_invalid", message);
}

/** The answer for what a handler threw. */
export function rpcErrorOf(error: unknown): RpcError {
  if (!isPlanportError(error)) return { code: INTERNAL_ERROR, message: "internal error; standard error has more" };
  return { code: error.code === "request_invalid" ? INVALID_REQUEST : INTERNAL_ERROR, message: error.message };
}
