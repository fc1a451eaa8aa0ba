/**
 * A Chat Completions request to a Responses request.
 * @module
 */
import { RequestError } from "../errors.ts";
import type { ChatRequest } from "../protocol/chat/request.ts";
import { type JsonObject, isJsonObject } from "../protocol/json.ts";
import type { ReasoningOptions, ResponsesRequest, TextOptions } from "../protocol/responses/request.ts";
import type { Change } from "./change.ts";
import { toItems } from "./chat-messages.ts";
import { toToolChoice, toTools } from "./chat-tools.ts";
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
  if (request.n != null && request.n !== 1)
    throw new RequestError("request_invalid", "n: the backend gives one answer; ask with n set to 1.", {
      cause: { param: "n" },
    });
  const changes: Change[] = [];
  const names = createToolNames();
  const rest =
    target === "platform"
      ? keepParameters(request, PLATFORM_CHAT_PARAMETERS, false, changes, "The Responses API")
      : keepParameters(request, CHAT_PARAMETERS, false, changes);
  const tools = toTools(request, names, changes);
  const choice = toToolChoice(request, names, changes);
  const text = toTextOptions(request, changes);
  const { items, idPaths } = toItems(request.messages, names, changes);
  const legacyFunctions = request.tools == null && (request.functions ?? []).length > 0;
  const result: ResponsesRequest = {
    ...rest,
    // A legacy answer has room for one call.
    ...(legacyFunctions && { parallel_tool_calls: false }),
    model: request.model,
    input: pairCalls(items, pairing, changes, (index) => idPaths[index] ?? "messages"),
    ...(tools !== undefined && { tools }),
    ...(choice !== undefined && { tool_choice: choice }),
    ...(text !== undefined && { text }),
    ...(target === "platform" ? toPlatformOptions(request) : { reasoning: toReasoning(request) }),
  };
  return { request: result, changes, toolNames: names.originals, legacyFunctions };
}

/**
 * What OpenAI's plain API takes beyond the Codex backend. Reasoning is asked for only by who asks for it: many models there
 * have none and refuse the field, and a summary is for verified organizations alone.
 */
function toPlatformOptions(request: ChatRequest): Partial<ResponsesRequest> {
  const maxTokens = request["max_completion_tokens"] ?? request["max_tokens"];
  const reasoning: ReasoningOptions = isJsonObject(request["reasoning"]) ? { ...request["reasoning"] } : {};
  if (request.reasoning_effort != null) reasoning.effort = request.reasoning_effort;
  return {
    store: request["store"] === true,
    ...(maxTokens != null && { max_output_tokens: maxTokens }),
    ...(Object.keys(reasoning).length > 0 && { reasoning }),
  };
}

/** A summary is asked for, so that there is reasoning to show. Some clients send the Responses way's `reasoning` object. */
function toReasoning(request: ChatRequest): ReasoningOptions {
  const given: ReasoningOptions = isJsonObject(request["reasoning"]) ? { ...request["reasoning"] } : {};
  if (request.reasoning_effort != null) given.effort = request.reasoning_effort;
  return given.effort === "none" ? given : { summary: "auto", ...given };
}

function toTextOptions(request: ChatRequest, changes: Change[]): TextOptions | undefined {
  const format = isJsonObject(request.response_format) ? toFormat(request.response_format, changes) : undefined;
  const given = isJsonObject(request["text"]) ? request["text"] : undefined;
  if (format === undefined && request.verbosity == null && given === undefined) return undefined;
  return {
    ...given,
    ...(format !== undefined && { format }),
    ...(request.verbosity != null && { verbosity: request.verbosity }),
  };
}

/** Chat holds the schema's name, strictness and text within `json_schema`, Responses beside the type. */
function toFormat(format: JsonObject, changes: Change[]): JsonObject {
  const { json_schema: schema, ...rest } = format;
  if (!isJsonObject(schema)) return format;
  if (schema["schema"] != null) return { ...rest, ...schema };
  changes.push({
    path: "response_format.json_schema.schema",
    action: "mapped",
    note: "No schema was given, so any object is allowed.",
  });
  return { ...rest, ...schema, schema: { type: "object" } };
}
