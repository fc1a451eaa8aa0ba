/**
 * The answer of Anthropic's Messages API, whole and in pieces, and its error body.
 * @module
 */
import type { AnyPlanportError } from "../../errors.ts";
import type { JsonObject } from "../json.ts";

/** Why an answer ended. */
export type MessagesStopReason = "end_turn" | "max_tokens" | "tool_use" | "refusal";

/** What an answer cost. The three kinds of input add up to the whole. */
export interface MessagesUsage extends JsonObject {
  input_tokens: number;
  cache_creation_input_tokens: number;
  cache_read_input_tokens: number;
  output_tokens: number;
}

/** A block that the model wrote. */
export type MessagesOutputBlock =
  | { type: "text"; text: string; citations: null }
  | { type: "thinking"; thinking: string; signature: string }
  | { type: "redacted_thinking"; data: string }
  | { type: "tool_use"; id: string; name: string; input: JsonObject };

/** One answer. */
export interface MessagesMessage extends JsonObject {
  id: string;
  type: "message";
  role: "assistant";
  model: string;
  content: MessagesOutputBlock[];
  stop_reason: MessagesStopReason | null;
  stop_sequence: null;
  usage: MessagesUsage;
}

/** `{"type": "error", …}` as Anthropic's clients read it. */
export interface MessagesErrorBody {
  type: "error";
  error: { type: string; message: string; details?: { error_code: string } };
  request_id: string | null;
}

/** Anthropic's error types by HTTP status (docs.anthropic.com, "Errors"). */
const ERROR_TYPES: Readonly<Record<number, string>> = {
  400: "invalid_request_error",
  401: "authentication_error",
  402: "billing_error",
  403: "permission_error",
  404: "not_found_error",
  405: "invalid_request_error",
  413: "request_too_large",
  429: "rate_limit_error",
  503: "overloaded_error",
  504: "timeout_error",
  529: "overloaded_error",
};

/** The type of an error with this HTTP status. */
export function messagesErrorType(status: number): string {
  return ERROR_TYPES[status] ?? (status >= 500 ? "api_error" : "invalid_request_error");
}

/** The body for an error. */
export function toMessagesErrorBody(error: AnyPlanportError, requestId: string | null): MessagesErrorBody {
  // Anthropic's libraries know by this that they must send the whole conversation again.
  const details = error.code === "previous_response_not_found" ? { details: { error_code: "thread_not_found" } } : {};
  return {
    type: "error",
    error: { type: messagesErrorType(error.status), message: error.message, ...details },
    request_id: requestId,
  };
}
