/**
 * What becomes of each parameter of a request: one table for each endpoint. The translations act on it and
 * docs/parameters.md is written from it. A block list on purpose: a parameter that is not named here goes through, so a
 * new one works on the day the backend learns it.
 * @module
 */
import { RequestError } from "../errors.ts";
import { type JsonObject, isJsonObject } from "../protocol/json.ts";
import type { Change } from "./change.ts";

/**
 * `passed`: sent as it is; `mapped`: sent in another form, or acted on here; `emulated`: done by a gateway with a memory in the
 * backend's place, and not sent; `dropped`: not sent, and told of; `refused`: the request is not served.
 */
export type Fate = "passed" | "mapped" | "emulated" | "dropped" | "refused";

/** Values that ask for nothing beyond what happens anyway: leaving them out loses nothing, and is told as `default`. */
export interface Usual {
  /** In words, as Markdown. */
  readonly text: string;
  readonly test: (value: unknown) => boolean;
}

/** What becomes of one parameter. */
export interface Parameter {
  readonly fate: Fate;
  /** What there is to say of it, as Markdown; "" when the fate says it all. */
  readonly note: string;
  /** Of one that is dropped or refused: what is left out without a loss, beside `null`. */
  readonly usual?: Usual;
  /** Of a refused one: what the client is told after the name. */
  readonly refusal?: string;
}

/** Parameters by name. */
export type Parameters = Readonly<Record<string, Parameter>>;

/** Empty text, an empty list, an object without fields. */
export const EMPTY: Usual = {
  text: "when empty",
  test: (value) =>
    value === "" ||
    (Array.isArray(value) && value.length === 0) ||
    (isJsonObject(value) && Object.keys(value).length === 0),
};

/** One value alone. */
export function only(standard: unknown): Usual {
  return { text: `when \`${JSON.stringify(standard)}\``, test: (value) => value === standard };
}

/** Of {@link Parameters}. */
export function passed(note = ""): Parameter {
  return { fate: "passed", note };
}

/** Of {@link Parameters}. */
export function mapped(note: string): Parameter {
  return { fate: "mapped", note };
}

/** Of {@link Parameters}. */
function emulated(note: string): Parameter {
  return { fate: "emulated", note };
}

/** Of {@link Parameters}. */
export function dropped(usual?: Usual, note = ""): Parameter {
  return { fate: "dropped", note, ...(usual !== undefined && { usual }) };
}

/** Of {@link Parameters}. `refusal` ends the sentence that begins with the parameter's name. */
export function refused(refusal: string, note: string, usual?: Usual): Parameter {
  return { fate: "refused", note, refusal, ...(usual !== undefined && { usual }) };
}

/** Parameters that the backend answers with `Unsupported parameter: …`, or that every client that works leaves out. */
const DROPPED_ON_BOTH: Parameters = {
  max_output_tokens: dropped(),
  max_completion_tokens: dropped(),
  max_tokens: dropped(),
  temperature: dropped(only(1)),
  top_p: dropped(only(1)),
  top_logprobs: dropped(only(0)),
  metadata: dropped(EMPTY),
  user: dropped(EMPTY),
  safety_identifier: dropped(EMPTY),
  truncation: dropped(only("disabled")),
  background: dropped(only(false)),
  context_management: dropped(EMPTY),
  prompt_cache_retention: dropped(),
  prompt_cache_options: dropped(EMPTY),
  moderation: dropped(),
};

/** Of `POST /v1/responses`. */
export const RESPONSES_PARAMETERS: Parameters = {
  model: passed("For a model that the account does not have, the backend's refusal becomes `model_not_found`."),
  input: mapped(
    "Text becomes a message; messages get their type and a list of parts; the role `system` becomes `developer`. Items of type `item_reference` are replaced by the items of kept responses that they name, and told of as `emulated`; those that name none are refused, by their index.",
  ),
  instructions: mapped(
    "Models whose catalogue entry has `use_responses_lite` get them as a message. When there are none, and no message of the developer either, the model's own from the live list are sent, else a neutral line (`prompt_mode` in docs/profiles.md), since the backend wants some.",
  ),
  stream: mapped("The backend is always asked for a stream. Without `stream`, planport gathers it into one answer."),
  store: emulated(
    "The gateway keeps the response for 30 days, as OpenAI does, unless this is `false`; told of when it was `true`. The backend is always sent `false`.",
  ),
  include: mapped("`reasoning.encrypted_content` is added."),
  tools: mapped(
    "`web_search_preview` goes out as `web_search`. Models with `use_responses_lite` get them inside `input`. Names of more than 64 characters are shortened on the way there and back.",
  ),
  tool_choice: mapped("`web_search_preview` goes out as `web_search`; all else as it is."),
  parallel_tool_calls: mapped("Sent as `false` to models with `use_responses_lite`; to others as it is."),
  reasoning: mapped(
    "An effort that the model does not list goes out as the next lower one that it does, and is told of; `ultra` as what the model has for it. `summary` is dropped, and told of, for models that take none. Models with `use_responses_lite` also get `context`.",
  ),
  text: mapped("`verbosity` is dropped, and told of, for models that take none; all else goes as it is."),
  service_tier: mapped(
    "`fast` goes out as `priority`; `auto` and `default` are left out, as the usual case. The answer names the tier that served.",
  ),
  prompt_cache_key: passed(
    "When there is none, the conversation that the header `thread-id`, `session-id` or `session_id` names takes its place; else one is derived from `x-session-id` or `conversation_id`, else from what stays the same in a conversation: model, instructions, tools and the first message.",
  ),
  client_metadata: passed(),
  previous_response_id: emulated(
    "Input and output of the kept response go in front of `input`; its `instructions` do not, as with OpenAI. One that is not kept is refused (`previous_response_not_found`). So are all where the gateway keeps none (`request_invalid`).",
  ),
  codex_capabilities: emulated("For the gateway: how this request is shaped (docs/profiles.md). Not told of."),
  codex_environment_context: emulated(
    "For the gateway, and told of: goes to the model as a message with `include_environment_context`, else it is left out.",
  ),
  extra_body: emulated("For the gateway: its fields count as the body's own. Not told of."),
  stream_options: dropped({
    text: "when it holds `include_usage` at most: usage always comes",
    test: (value) => isJsonObject(value) && Object.keys(value).every((key) => key === "include_usage"),
  }),
  conversation: refused(
    "the Codex backend keeps no conversations; send the whole conversation in input, or name a kept response in previous_response_id",
    "The backend keeps no conversations. `previous_response_id` is there for that.",
  ),
  prompt: refused(
    "the Codex backend has no prompts of the OpenAI platform; send the prompt's text as instructions or input",
    "It names a text that is kept on OpenAI's platform, which a plan does not reach.",
  ),
  ...DROPPED_ON_BOTH,
};

/** Of `POST /v1/chat/completions`: where it differs. What it makes is a Responses request, to which the other table applies. */
export const CHAT_PARAMETERS: Parameters = {
  messages: mapped("Become `input`. Fields of a message that have no place there are dropped and told of."),
  input: dropped(EMPTY, "The conversation of this endpoint is `messages`."),
  tools: mapped(
    "Take the form of the Responses API. Names of more than 64 characters are shortened on the way there and back.",
  ),
  tool_choice: mapped("Takes the form of the Responses API."),
  functions: mapped("Become `tools`, called one at a time; the answer has a `function_call`."),
  function_call: mapped("Becomes `tool_choice`, unless there is one; then it is dropped and told of."),
  web_search_options: mapped("Becomes a `web_search` tool."),
  response_format: mapped("Becomes `text.format`."),
  verbosity: mapped("Becomes `text.verbosity`."),
  text: mapped("A field of the Responses API that some clients send here: goes out with the two above put in."),
  reasoning_effort: mapped("Becomes `reasoning.effort`."),
  reasoning: mapped(
    "A field of the Responses API: goes out with the one above put in; a summary is asked for unless it says otherwise.",
  ),
  stream_options: mapped(
    "`include_usage` is honoured in the answer (told as `emulated`), all else in it is dropped and told of.",
  ),
  prompt_cache_key: passed(
    "When there is none, one is derived from the header `session-id`, `session_id`, `x-session-id` or `conversation_id`, if the client sends one; else the header `thread-id` takes its place; else one is derived from what stays the same in a conversation: model, system messages, tools and the first message.",
  ),
  n: refused("the backend gives one answer; ask with n set to 1", "Above 1: the backend gives one answer.", only(1)),
  store: dropped(only(false), "The backend stores nothing."),
  ...DROPPED_ON_BOTH,
  stop: dropped(EMPTY),
  seed: dropped(),
  logprobs: dropped(only(false)),
  presence_penalty: dropped(only(0)),
  frequency_penalty: dropped(only(0)),
  logit_bias: dropped(EMPTY),
  prediction: dropped(),
  audio: dropped(),
  modalities: dropped({
    text: 'when `["text"]`',
    test: (value) => Array.isArray(value) && value.every((modality) => modality === "text"),
  }),
  repetition_penalty: dropped(only(1)),
  top_k: dropped(),
  top_a: dropped(),
  min_p: dropped(),
};

/**
 * Of `POST /v1/chat/completions` for a model that OpenAI's plain API serves, whose Responses endpoint takes more than the
 * Codex backend: where it differs from {@link CHAT_PARAMETERS}.
 */
export const PLATFORM_CHAT_PARAMETERS: Parameters = {
  ...CHAT_PARAMETERS,
  max_output_tokens: passed(),
  max_completion_tokens: mapped("Becomes `max_output_tokens`."),
  max_tokens: mapped("Becomes `max_output_tokens`."),
  temperature: passed(),
  top_p: passed(),
  metadata: passed(),
  user: passed(),
  safety_identifier: passed(),
  prompt_cache_retention: passed(),
  prompt_cache_options: passed(),
  store: mapped("Sent as `false` unless it is `true`: a chat completion is not stored by itself, a response is."),
};

/**
 * A copy of a request without what is dropped, and without what is mapped unless `keepMapped`.
 * @param changes Gets all that is left out; `null`, which asks for nothing, needs no word.
 * @param backend Who does not take it, for the notes.
 * @throws {RequestError} `request_invalid` for parameters that are refused.
 */
export function keepParameters(
  request: JsonObject,
  parameters: Parameters,
  keepMapped: boolean,
  changes: Change[],
  backend = "The Codex backend",
): JsonObject {
  const kept = Object.entries(request).filter(([name, value]) => {
    const parameter = Object.hasOwn(parameters, name) ? parameters[name] : undefined;
    if (parameter === undefined || parameter.fate === "passed") return true;
    if (parameter.fate === "mapped") return keepMapped;
    if (value == null || parameter.fate === "emulated") return false;
    const isUsual = parameter.usual?.test(value) === true;
    if (parameter.fate === "refused" && !isUsual) throw refusal(name, parameter);
    const why = parameter.note === "" ? `${backend} does not take ${name}.` : parameter.note;
    changes.push(isUsual ? usual(name) : { path: name, action: "dropped", note: why });
    return false;
  });
  return Object.fromEntries(kept);
}

function refusal(param: string, { refusal: text, note }: Parameter): RequestError<"request_invalid"> {
  return new RequestError("request_invalid", `${param}: ${text ?? note}.`, { cause: { param } });
}

/** The change for a value that was left out because it is what happens anyway. */
export function usual(path: string): Change {
  return { path, action: "default", note: "That is what happens anyway." };
}
