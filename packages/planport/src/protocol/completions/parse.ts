/**
 * The request and the answer of the text API (`POST /v1/completions`).
 * @module
 */
import {
  between,
  checkFields,
  checkName,
  checkObject,
  type Fields,
  FLAG,
  integerFrom,
  invalid,
  TEXT,
} from "../check.ts";
import { CHAT_FIELDS } from "../parameters.ts";
import type { ChatFinishReason, ChatUsage } from "../chat/completion.ts";
import type { JsonObject } from "../json.ts";

/** A request as clients send it. */
export interface CompletionRequest extends JsonObject {
  model: string;
  prompt: string | string[];
  stream?: boolean | null;
  stream_options?: JsonObject | null;
}

/** An answer, or a chunk of one. */
export interface Completion extends JsonObject {
  id: string;
  object: "text_completion";
  /** Unix seconds. */
  created: number;
  model: string;
  choices: { text: string; index: number; logprobs: null; finish_reason: ChatFinishReason | null }[];
  usage?: ChatUsage;
  /** Not of OpenAI's own format: the tier that served. */
  service_tier?: string;
}

/** What these parameters hold where it differs from the chat's. */
export const COMPLETION_FIELDS: Fields = {
  ...CHAT_FIELDS,
  echo: FLAG,
  suffix: TEXT,
  best_of: integerFrom(1, 20),
  logprobs: between(0, 5),
};

/**
 * Checks what the translation relies on. Unknown fields are kept; the value itself is returned, not a copy.
 * @throws {RequestError} `request_invalid`; `cause.param` is the path of the field.
 */
export function parseCompletionRequest(value: unknown): CompletionRequest {
  const request = checkObject(value, "");
  checkName(request["model"], "model");
  const { prompt } = request;
  if (Array.isArray(prompt)) {
    if (typeof prompt[0] === "number") invalid("prompt", "text; token ids cannot be read here", prompt);
    if (prompt.length !== 1) invalid("prompt", "one prompt; send the others in requests of their own", prompt);
    if (typeof prompt[0] !== "string") invalid("prompt[0]", "text; token ids cannot be read here", prompt[0]);
  } else if (typeof prompt !== "string") invalid("prompt", "text", prompt);
  checkFields(request, COMPLETION_FIELDS, "");
  return request as CompletionRequest;
}
