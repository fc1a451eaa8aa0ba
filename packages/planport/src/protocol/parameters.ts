/**
 * What the optional parameters of a request hold. Those that never reach the backend are checked here or nowhere; those
 * that do are checked as far as planport itself relies on them, and for the rest the backend judges.
 * Ranges as in OpenAI's API reference.
 * @module
 */
import {
  between,
  checkName,
  checkOneOf,
  choice,
  either,
  type Fields,
  FLAG,
  INTEGER,
  integerFrom,
  invalid,
  LIST,
  mapOf,
  NUMBER,
  OBJECT,
  TEXT,
  TEXT_LIST,
  textsUpTo,
} from "./check.ts";
import { type JsonObject, isJsonObject } from "./json.ts";

/** Optional parameters of `POST /v1/responses`. */
export const RESPONSES_FIELDS: Fields = {
  instructions: TEXT,
  stream: FLAG,
  stream_options: OBJECT,
  store: FLAG,
  include: TEXT_LIST,
  tools: LIST,
  parallel_tool_calls: FLAG,
  reasoning: OBJECT,
  text: OBJECT,
  service_tier: TEXT,
  prompt_cache_key: TEXT,
  previous_response_id: TEXT,
  temperature: between(0, 2),
  top_p: between(0, 1),
  top_logprobs: integerFrom(0, 20),
  max_output_tokens: integerFrom(1),
  max_completion_tokens: integerFrom(1),
  max_tokens: integerFrom(1),
  metadata: mapOf(TEXT),
  user: TEXT,
  safety_identifier: TEXT,
  truncation: choice("auto", "disabled"),
  background: FLAG,
  prompt_cache_retention: TEXT,
  prompt_cache_options: OBJECT,
  context_management: either(LIST, OBJECT),
};

/** Optional parameters of `POST /v1/chat/completions`: its own, and those of the other endpoint that clients send here too. */
export const CHAT_FIELDS: Fields = {
  ...RESPONSES_FIELDS,
  functions: LIST,
  web_search_options: OBJECT,
  response_format: OBJECT,
  reasoning_effort: TEXT,
  verbosity: TEXT,
  n: integerFrom(1, 128),
  stop: either(TEXT, textsUpTo(4)),
  seed: INTEGER,
  logprobs: FLAG,
  presence_penalty: between(-2, 2),
  frequency_penalty: between(-2, 2),
  logit_bias: mapOf(between(-100, 100)),
  prediction: OBJECT,
  audio: OBJECT,
  modalities: TEXT_LIST,
  repetition_penalty: NUMBER,
  top_k: NUMBER,
  top_a: NUMBER,
  min_p: NUMBER,
};

/** What `response_format.type` can be. */
export const RESPONSE_FORMATS: readonly string[] = ["text", "json_object", "json_schema"];

const TOOL_CHOICES: readonly string[] = ["none", "auto", "required"];

/**
 * Checks `tool_choice` in the form of either endpoint: a word, or an object that names a tool or a kind of tools.
 * @throws {RequestError}
 */
export function checkToolChoice(value: unknown): void {
  if (value == null) return;
  if (typeof value === "string") checkOneOf(value, TOOL_CHOICES, "tool_choice");
  else if (isJsonObject(value)) checkNamedTool(value);
  else invalid("tool_choice", "none, auto, required or an object", value);
}

/** Chat Completions has the name within an object called like the type, Responses beside the type. */
function checkNamedTool(value: JsonObject): void {
  const type = checkName(value["type"], "tool_choice.type");
  if (type !== "function" && type !== "custom") return;
  const inner = value[type];
  if (isJsonObject(inner)) checkName(inner["name"], `tool_choice.${type}.name`);
  else checkName(value["name"], "tool_choice.name");
}
