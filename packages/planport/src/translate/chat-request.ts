/**
 * A Chat Completions request to a Responses request.
 * @module
 */
import type { ChatRequest } from "../protocol/chat/request.ts";
import { type JsonObject, isJsonObject } from "../protocol/json.ts";
import type { ReasoningOptions, ResponsesRequest, TextOptions } from "../protocol/responses/request.ts";
import type { Change, Renames } from "./change.ts";
import { toItems } from "./chat-messages.ts";
import { toToolChoice, toTools } from "./chat-tools.ts";
import { flattened, joinTold, tellLeftovers, tellOverridden } from "./leftovers.ts";
import { pairCalls, type PairingMode } from "./pair-calls.ts";
import { CHAT_PARAMETERS, keepParameters, PLATFORM_CHAT_PARAMETERS } from "./parameters.ts";
import { createToolNames } from "./tool-names.ts";

/** Who the request is for: the Codex backend, or OpenAI's plain API, which takes more. */
export type ChatTarget = "codex" | "platform";

/** What {@link chatToResponses} gives. */
export interface ChatTranslation {
  readonly request: ResponsesRequest;
  readonly changes: Change[];
  /** Name sent to name of the client, for tools whose names were shortened; the way back needs it. */
  readonly toolNames: ReadonlyMap<string, string>;
  /** The client speaks of `functions`, as before there were tools, and looks for `function_call` in the answer. */
  readonly legacyFunctions: boolean;
  /** What this client calls a field of the request that was made. */
  readonly renames: Renames;
}

/**
 * Translates a request. Its argument is not altered, but parts of it (schemas, URLs) are shared with the result.
 * @param pairing What is done about tool calls without results, and results without calls.
 * @throws {RequestError} `request_invalid` for what cannot be served: calls and results that lack each other, `n` above 1, audio, images of no usable URL.
 */
export function chatToResponses(
  request: ChatRequest,
  target: ChatTarget = "codex",
  pairing: PairingMode = "refuse",
): ChatTranslation {
  const changes: Change[] = [];
  const names = createToolNames();
  const rest =
    target === "platform"
      ? keepParameters(request, PLATFORM_CHAT_PARAMETERS, false, changes, "The Responses API")
      : keepParameters(request, CHAT_PARAMETERS, false, changes);
  const tools = toTools(request, names, changes);
  const choice = toToolChoice(request, names, changes);
  const text = toTextOptions(request, changes);
  tellStreamOptions(request, changes);
  const { items, idPaths } = toItems(request.messages, names, changes);
  const legacyFunctions = request.tools == null && (request.functions ?? []).length > 0;
  const made: ResponsesRequest = {
    // A legacy answer has room for one call.
    ...(legacyFunctions && { parallel_tool_calls: false }),
    model: request.model,
    input: pairCalls(items, pairing, changes, (index) => idPaths[index] ?? "messages"),
    ...(tools !== undefined && { tools }),
    ...(choice !== undefined && { tool_choice: choice }),
    ...(text !== undefined && { text }),
    ...(target === "platform" ? toPlatformOptions(request, changes) : { reasoning: toReasoning(request, changes) }),
  };
  const result = joinTold(rest, made, changes);
  return { request: result, changes, toolNames: names.originals, legacyFunctions, renames: renamesOf(request) };
}

function renamesOf(request: ChatRequest): Renames {
  const renames = new Map<string, string>();
  if (request.reasoning_effort != null) renames.set("reasoning.effort", "reasoning_effort");
  if (request.verbosity != null) renames.set("text.verbosity", "verbosity");
  // It was asked for here, not by the client.
  if (!isJsonObject(request["reasoning"]) || request["reasoning"]["summary"] == null)
    renames.set("reasoning.summary", "");
  return renames;
}

const STREAM_OPTIONS: ReadonlySet<string> = new Set(["include_usage"]);

function tellStreamOptions({ stream_options: options }: ChatRequest, changes: Change[]): void {
  if (!isJsonObject(options)) return;
  tellLeftovers(options, STREAM_OPTIONS, "stream_options", changes);
  if (options.include_usage != null)
    changes.push({ path: "stream_options.include_usage", action: "emulated", note: "planport adds the usage." });
}

/**
 * What OpenAI's plain API takes beyond the Codex backend. Reasoning is asked for only by who asks for it: many models there
 * have none and refuse the field, and a summary is for verified organizations alone.
 */
function toPlatformOptions(request: ChatRequest, changes: Change[]): Partial<ResponsesRequest> {
  const { max_completion_tokens: newer, max_tokens: older } = request;
  tellOverridden("max_tokens", older, "max_completion_tokens", newer, changes);
  const maxTokens = newer ?? older;
  const reasoning = reasoningOf(request, changes);
  return {
    store: request["store"] === true,
    ...(maxTokens != null && { max_output_tokens: maxTokens }),
    ...(Object.keys(reasoning).length > 0 && { reasoning }),
  };
}

/** A summary is asked for, so that there is reasoning to show. */
function toReasoning(request: ChatRequest, changes: Change[]): ReasoningOptions {
  const reasoning = reasoningOf(request, changes);
  return reasoning.effort === "none" ? reasoning : { summary: "auto", ...reasoning };
}

/** Some clients send the Responses way's `reasoning` object. */
function reasoningOf(request: ChatRequest, changes: Change[]): ReasoningOptions {
  const given: ReasoningOptions = isJsonObject(request["reasoning"]) ? { ...request["reasoning"] } : {};
  const { reasoning_effort: effort } = request;
  tellOverridden("reasoning.effort", given.effort, "reasoning_effort", effort, changes);
  if (effort != null) given.effort = effort;
  return given;
}

function toTextOptions(request: ChatRequest, changes: Change[]): TextOptions | undefined {
  const format = isJsonObject(request.response_format) ? toFormat(request.response_format, changes) : undefined;
  const given: TextOptions | undefined = isJsonObject(request["text"]) ? request["text"] : undefined;
  const { verbosity } = request;
  if (format === undefined && verbosity == null && given === undefined) return undefined;
  tellOverridden("text.format", given?.format, "response_format", format, changes);
  tellOverridden("text.verbosity", given?.verbosity, "verbosity", verbosity, changes);
  return {
    ...given,
    ...(format !== undefined && { format }),
    ...(verbosity != null && { verbosity }),
  };
}

/** Chat holds the schema's name, strictness and text within `json_schema`, Responses beside the type. */
function toFormat(format: JsonObject, changes: Change[]): JsonObject {
  const { json_schema: inner, ...rest } = format;
  if (!isJsonObject(inner)) return format;
  const at = "response_format.json_schema";
  const merged = flattened(inner, at, rest, changes);
  if (merged["schema"] != null) return merged;
  changes.push({ path: `${at}.schema`, action: "mapped", note: "No schema was given, so any object is allowed." });
  return { ...merged, schema: { type: "object" } };
}
