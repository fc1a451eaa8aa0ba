/**
 * How the backend says no.
 * @module
 */
import type { JsonObject } from "../../protocol/index.ts";

/** A refusal, ready to be sent. */
export interface Refusal {
  readonly status: number;
  readonly body: JsonObject;
}

/** `{"detail": …}`. */
export function detail(text: string, status = 400): Refusal {
  return { status, body: { detail: text } };
}

/** `{"error": {…}}` of type `invalid_request_error`. */
export function invalid(message: string, param: string | null, code: string | null = null, status = 400): Refusal {
  return { status, body: { error: { message, type: "invalid_request_error", param, code } } };
}
