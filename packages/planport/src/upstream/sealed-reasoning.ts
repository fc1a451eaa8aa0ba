/**
 * The model's thinking on its way out and back, where nobody keeps it.
 * @module
 */
import type { ResponsesRequest } from "../protocol/responses/request.ts";
import type { BackendRoute } from "./endpoints.ts";

const SEALED = "reasoning.encrypted_content";

/**
 * OpenAI's models that think. Its plain API refuses a call that asks another one for sealed thinking ("Encrypted content is not
 * supported with this model"), and its list does not tell them apart. A model that is missing here loses its thinking from one
 * step to the next; one that is here in error could not be used at all.
 */
const THINKING_MODELS = /^(?:ft:)?(?:o\d|codex-|gpt-(?:[5-9]|1\d)(?!.*-chat\b))/;

/** A request, and how many items of reasoning were left out of it. */
export interface FittedReasoning {
  readonly request: ResponsesRequest;
  readonly leftOut: number;
}

/**
 * Where nobody keeps the conversation, thinking goes out and comes back under its seal: it is asked for, and what has none is left
 * out. The backend would look for such an item among those that it keeps, and refuse the call. An item lacks its seal when
 * the answer broke off in the midst of it, as when a person stops the model, or when nobody had asked for one.
 */
export function fitReasoning(request: ResponsesRequest, route: BackendRoute): FittedReasoning {
  // The Codex backend keeps nothing, whatever it is asked.
  if (route === "platform" && request.store === true) return { request, leftOut: 0 };
  const fitted = withoutUnsealed(request);
  const include = fitted.request.include ?? [];
  // The way to the Codex backend always asks for it.
  if (route !== "platform" || include.includes(SEALED) || !thinks(request)) return fitted;
  return { ...fitted, request: { ...fitted.request, include: [...include, SEALED] } };
}

function withoutUnsealed(request: ResponsesRequest): FittedReasoning {
  const { input } = request;
  if (!Array.isArray(input)) return { request, leftOut: 0 };
  const kept = input.filter((item) => item.type !== "reasoning" || typeof item["encrypted_content"] === "string");
  const leftOut = input.length - kept.length;
  return { request: leftOut === 0 ? request : { ...request, input: kept }, leftOut };
}

/** By its name, or because the call says how it is to. */
function thinks({ model, reasoning }: ResponsesRequest): boolean {
  return THINKING_MODELS.test(model) || reasoning?.effort != null || reasoning?.summary != null;
}
