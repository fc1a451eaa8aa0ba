/**
 * A Messages request to a Responses request.
 * @module
 */
import { RequestError } from "../../errors.ts";
import type { MessagesRequest, MessagesTool } from "../../protocol/messages/request.ts";
import { type JsonObject, asNumber, asString, isJsonObject } from "../../protocol/json.ts";
import type { Tool } from "../../protocol/responses/item.ts";
import type { ReasoningOptions, ResponsesRequest } from "../../protocol/responses/request.ts";
import type { Change, Renames } from "../change.ts";
import { joinTold, tellLeftovers } from "../leftovers.ts";
import { pairCalls, type PairingMode } from "../pair-calls.ts";
import { keepParameters, usual } from "../parameters.ts";
import type { ChatTarget } from "../chat-request.ts";
import { createToolNames, shortenTold, type ToolNames } from "../tool-names.ts";
import { refused, tellFields, toBlockParts, wordOf } from "./blocks.ts";
import { MESSAGES_PARAMETERS, PLATFORM_MESSAGES_PARAMETERS } from "./parameters.ts";
import { toTurnItems } from "./turns.ts";

/** What {@link messagesToResponses} gives. */
export interface MessagesTranslation {
  readonly request: ResponsesRequest;
  readonly changes: Change[];
  /** Name sent to name of the client, for tools whose names were shortened. */
  readonly toolNames: ReadonlyMap<string, string>;
  /** The client wants to see the thinking. */
  readonly thinking: boolean;
  /** What this client calls a field of the request that was made. */
  readonly renames: Renames;
}

/**
 * Translates a request. Its argument is not altered, but parts of it (schemas) are shared with the result.
 * @param target OpenAI's plain API takes more, and reasons for those alone who ask for it.
 * @param pairing What is done about tool calls without results, and results without calls.
 * @throws {RequestError} `request_invalid` for what cannot be served.
 */
export function messagesToResponses(
  request: MessagesRequest,
  target: ChatTarget = "codex",
  pairing: PairingMode = "refuse",
): MessagesTranslation {
  const changes: Change[] = [];
  const names = createToolNames();
  const isPlatform = target === "platform";
  const rest = isPlatform
    ? keepParameters(request, PLATFORM_MESSAGES_PARAMETERS, false, changes, "The Responses API")
    : keepParameters(request, MESSAGES_PARAMETERS, false, changes);
  const instructions = toInstructions(request, changes);
  const tools = (request.tools ?? []).map((tool, index) => toTool(tool, `tools[${index}]`, names, changes));
  const format = toFormat(request, changes);
  const reasoning = toReasoning(request, changes);
  tellMetadata(request, changes);
  const { speed } = request;
  if (speed != null && speed !== "fast") changes.push(usual("speed"));
  checkThread(request, changes);
  const thinking = isThinking(request);
  const { items, idPaths } = toTurnItems(request.messages, names, changes);
  const made: ResponsesRequest = {
    model: request.model,
    input: pairCalls(items, pairing, changes, (index) => idPaths[index] ?? "messages"),
    ...(instructions !== "" && { instructions }),
    ...(tools.length > 0 && { tools }),
    ...toChoice(request.tool_choice, names, changes),
    ...(format !== undefined && { text: { format } }),
    ...(request.max_tokens != null && { max_output_tokens: request.max_tokens }),
    ...(isPlatform && { store: false }),
    // Thinking comes back from the client as sealed reasoning, so sealed it must go out.
    ...(isPlatform && thinking && { include: ["reasoning.encrypted_content"] }),
    ...((!isPlatform || Object.keys(reasoning).length > 0) && { reasoning }),
    ...(speed === "fast" && { service_tier: isPlatform ? "priority" : "fast" }),
    ...(request.stream != null && { stream: request.stream }),
  };
  return {
    request: joinTold(rest, made, changes),
    changes,
    toolNames: names.originals,
    thinking,
    renames: renamesOf(request),
  };
}

function renamesOf(request: MessagesRequest): Renames {
  const effort = request.output_config?.["effort"] == null ? "thinking.budget_tokens" : "output_config.effort";
  return new Map([
    ["max_output_tokens", "max_tokens"],
    ["reasoning.effort", effort],
    ["reasoning.summary", "thinking"],
    ["instructions", "system"],
    ["service_tier", "speed"],
  ]);
}

const USER_FIELD: ReadonlySet<string> = new Set(["user_id"]);

function tellMetadata({ metadata }: MessagesRequest, changes: Change[]): void {
  if (!isJsonObject(metadata)) return;
  tellLeftovers(metadata, USER_FIELD, "metadata", changes);
  if (metadata["user_id"] != null)
    changes.push({ path: "metadata.user_id", action: "emulated", note: "It keys the prompt cache, and is not sent." });
}

/** Anthropic's tool runner asks for a conversation that the server holds, and gets on without one when it is refused. */
function checkThread({ thread }: MessagesRequest, changes: Change[]): void {
  if (thread == null) return;
  const type = isJsonObject(thread) ? thread["type"] : undefined;
  if (type === "continue")
    throw new RequestError("previous_response_not_found", "Message threads are not held here: send all messages.", {
      cause: { param: "thread.previous_message_id" },
    });
  if (type !== "create") throw refused("thread.type", "expected create or continue");
  changes.push({ path: "thread", action: "dropped", note: "Each request must bring the whole conversation." });
}

function toInstructions({ system }: MessagesRequest, changes: Change[]): string {
  if (system == null) return "";
  return toBlockParts(system, "system", "input_text", changes)
    .map((part, index) => {
      if (part["type"] !== "input_text") throw refused(`system[${index}]`, "expected a block of text");
      return asString(part["text"]) ?? "";
    })
    .join("\n\n");
}

function isThinking({ thinking }: MessagesRequest): boolean {
  return thinking?.["type"] === "enabled" || thinking?.["type"] === "adaptive";
}

const MEDIUM_FROM_TOKENS = 4096;
const HIGH_FROM_TOKENS = 16_384;

const THINKING_FIELDS: ReadonlySet<string> = new Set(["type", "budget_tokens"]);
const OUTPUT_FIELDS: ReadonlySet<string> = new Set(["effort", "format"]);

function toReasoning(request: MessagesRequest, changes: Change[]): ReasoningOptions {
  const { thinking, output_config: output } = request;
  const effort = asString(output?.["effort"]);
  const budget = asNumber(thinking?.["budget_tokens"]);
  const on = isThinking(request);
  const summary = on ? { summary: "auto" } : {};
  if (thinking != null) {
    tellLeftovers(thinking, THINKING_FIELDS, "thinking", changes);
    changes.push({ path: "thinking.type", action: "emulated", note: `Thinking is ${on ? "" : "not "}shown.` });
  }
  if (output != null) tellLeftovers(output, OUTPUT_FIELDS, "output_config", changes);
  if (effort !== undefined || !on) {
    if (budget !== undefined)
      changes.push({ path: "thinking.budget_tokens", action: "dropped", note: "Something else says it already." });
    if (effort === undefined) return summary;
    const note = "max went out as xhigh, the highest there is.";
    if (effort === "max") changes.push({ path: "output_config.effort", action: "mapped", note });
    return { ...summary, effort: effort === "max" ? "xhigh" : effort };
  }
  if (budget === undefined) return summary;
  changes.push({ path: "thinking.budget_tokens", action: "mapped", note: "A budget went out as an effort." });
  return { ...summary, effort: budget < MEDIUM_FROM_TOKENS ? "low" : budget < HIGH_FROM_TOKENS ? "medium" : "high" };
}

const TOOL_FIELDS: ReadonlySet<string> = new Set(["type", "name", "description", "input_schema", "strict"]);

function toTool(tool: MessagesTool, path: string, names: ToolNames, changes: Change[]): Tool {
  const type = tool.type ?? "custom";
  if (type.startsWith("web_search_")) return toWebSearch(tool, path, changes);
  if (type !== "custom" && tool.input_schema === undefined)
    throw refused(
      `${path}.type`,
      `${wordOf(type)} is run by Anthropic's servers; declare a tool of your own with an input_schema`,
    );
  tellFields(tool, TOOL_FIELDS, path, changes);
  if (type !== "custom")
    changes.push({ path: `${path}.type`, action: "mapped", note: "It went out as a function, by its input_schema." });
  return {
    type: "function",
    name: shortenTold(names, tool.name ?? "", `${path}.name`, changes),
    ...(tool.description != null && { description: tool.description }),
    parameters: tool.input_schema ?? { type: "object", properties: {} },
    strict: tool["strict"] === true,
  };
}

const SEARCH_FIELDS: ReadonlySet<string> = new Set(["type", "name", "user_location", "allowed_domains"]);

function toWebSearch(tool: MessagesTool, path: string, changes: Change[]): Tool {
  const { user_location: location, allowed_domains: domains } = tool;
  if (location != null && !isJsonObject(location)) throw refused(`${path}.user_location`, "expected an object");
  if (domains != null && !Array.isArray(domains)) throw refused(`${path}.allowed_domains`, "expected a list");
  tellFields(tool, SEARCH_FIELDS, path, changes);
  changes.push({ path: `${path}.type`, action: "mapped", note: "It went out as web_search." });
  // The name says again what the type says.
  if (tool.name != null) changes.push(usual(`${path}.name`));
  return {
    type: "web_search",
    ...(location != null && { user_location: location }),
    ...(domains != null && { filters: { allowed_domains: domains } }),
  };
}

const CHOICE_FIELDS: ReadonlySet<string> = new Set(["type", "disable_parallel_tool_use"]);
const NAMED_CHOICE_FIELDS: ReadonlySet<string> = new Set([...CHOICE_FIELDS, "name"]);

function toChoice(choice: JsonObject | null | undefined, names: ToolNames, changes: Change[]): JsonObject {
  if (choice == null) return {};
  const { type, disable_parallel_tool_use: alone } = choice;
  tellLeftovers(choice, type === "tool" ? NAMED_CHOICE_FIELDS : CHOICE_FIELDS, "tool_choice", changes);
  const at = "tool_choice.disable_parallel_tool_use";
  if (alone === true) changes.push({ path: at, action: "mapped", note: "It became parallel_tool_calls." });
  else if (alone === false) changes.push(usual(at));
  const parallel = alone === true ? { parallel_tool_calls: false } : {};
  if (type !== "any" && type !== "tool") return { tool_choice: type, ...parallel };
  changes.push({ path: "tool_choice.type", action: "mapped", note: "The same has another name there." });
  if (type === "any") return { tool_choice: "required", ...parallel };
  const name = shortenTold(names, asString(choice["name"]) ?? "", "tool_choice.name", changes);
  return { tool_choice: { type: "function", name }, ...parallel };
}

const FORMAT_FIELDS: ReadonlySet<string> = new Set(["type", "schema", "name"]);

function toFormat(request: MessagesRequest, changes: Change[]): JsonObject | undefined {
  const { output_format: older } = request;
  const newer = request.output_config?.["format"];
  if (newer != null && older != null)
    changes.push({ path: "output_format", action: "dropped", note: "output_config.format says it already." });
  const format = newer ?? older;
  if (!isJsonObject(format)) return undefined;
  tellLeftovers(format, FORMAT_FIELDS, newer == null ? "output_format" : "output_config.format", changes);
  const name = asString(format["name"]) ?? "output";
  return { type: "json_schema", name, schema: format["schema"], strict: true };
}
