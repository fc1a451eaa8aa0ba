/**
 * A Messages request to a Responses request.
 * @module
 */
import type { MessagesRequest, MessagesTool } from "../../protocol/messages/request.ts";
import { type JsonObject, asNumber, asString, isJsonObject } from "../../protocol/json.ts";
import type { Tool } from "../../protocol/responses/item.ts";
import type { ReasoningOptions, ResponsesRequest } from "../../protocol/responses/request.ts";
import type { Change } from "../change.ts";
import { keepParameters } from "../parameters.ts";
import { createToolNames, type ToolNames } from "../tool-names.ts";
import { refused, tellFields, toBlockParts, wordOf } from "./blocks.ts";
import { MESSAGES_PARAMETERS } from "./parameters.ts";
import { toTurnItems } from "./turns.ts";

/** What {@link messagesToResponses} gives. */
export interface MessagesTranslation {
  readonly request: ResponsesRequest;
  readonly changes: Change[];
  /** Name sent to name of the client, for tools whose names were shortened. */
  readonly toolNames: ReadonlyMap<string, string>;
  /** The client wants to see the thinking. */
  readonly thinking: boolean;
}

/**
 * Translates a request. Its argument is not altered, but parts of it (schemas) are shared with the result.
 * @throws {RequestError} `request_invalid` for what cannot be served.
 */
export function messagesToResponses(request: MessagesRequest): MessagesTranslation {
  if (Array.isArray(request["mcp_servers"]) && request["mcp_servers"].length > 0)
    throw refused("mcp_servers", "nothing is executed here for the client; connect to them from your side");
  const changes: Change[] = [];
  const names = createToolNames();
  const rest = keepParameters(request, MESSAGES_PARAMETERS, false, changes);
  const instructions = toInstructions(request, changes);
  const tools = (request.tools ?? []).map((tool, index) => toTool(tool, `tools[${index}]`, names, changes));
  const format = toFormat(request);
  const reasoning = toReasoning(request, changes);
  const result: ResponsesRequest = {
    ...rest,
    model: request.model,
    input: toTurnItems(request.messages, names, changes),
    ...(instructions !== "" && { instructions }),
    ...(tools.length > 0 && { tools }),
    ...toChoice(request.tool_choice, names),
    ...(format !== undefined && { text: { format } }),
    ...(request.max_tokens != null && { max_output_tokens: request.max_tokens }),
    reasoning,
  };
  return { request: result, changes, toolNames: names.originals, thinking: isThinking(request) };
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

function toReasoning(request: MessagesRequest, changes: Change[]): ReasoningOptions {
  const effort = asString(request.output_config?.["effort"]);
  const summary = isThinking(request) ? { summary: "auto" } : {};
  if (effort !== undefined) {
    if (effort === "max")
      changes.push({
        path: "output_config.effort",
        action: "mapped",
        note: "max went out as xhigh, the highest there is.",
      });
    return { ...summary, effort: effort === "max" ? "xhigh" : effort };
  }
  const budget = asNumber(request.thinking?.["budget_tokens"]);
  if (!isThinking(request) || budget === undefined) return summary;
  changes.push({ path: "thinking.budget_tokens", action: "mapped", note: "A budget went out as an effort." });
  return { ...summary, effort: budget < MEDIUM_FROM_TOKENS ? "low" : budget < HIGH_FROM_TOKENS ? "medium" : "high" };
}

const TOOL_FIELDS: ReadonlySet<string> = new Set([
  "type",
  "name",
  "description",
  "input_schema",
  "strict",
  "cache_control",
  "input_examples",
  "eager_input_streaming",
]);

function toTool(tool: MessagesTool, path: string, names: ToolNames, changes: Change[]): Tool {
  const type = tool.type ?? "custom";
  if (type.startsWith("web_search_")) return toWebSearch(tool, path, changes);
  if (type !== "custom" && tool.input_schema === undefined)
    throw refused(
      `${path}.type`,
      `${wordOf(type)} is run by Anthropic's servers; declare a tool of your own with an input_schema`,
    );
  tellFields(tool, TOOL_FIELDS, path, changes);
  const name = names.shorten(tool.name ?? "");
  if (name !== tool.name)
    changes.push({
      path: `${path}.name`,
      action: "emulated",
      note: "The backend takes 64 characters; it comes back in full.",
    });
  return {
    type: "function",
    name,
    ...(tool.description != null && { description: tool.description }),
    parameters: tool.input_schema ?? { type: "object", properties: {} },
    strict: tool["strict"] === true,
  };
}

const SEARCH_FIELDS: ReadonlySet<string> = new Set([
  "type",
  "name",
  "user_location",
  "allowed_domains",
  "cache_control",
]);

function toWebSearch(tool: MessagesTool, path: string, changes: Change[]): Tool {
  tellFields(tool, SEARCH_FIELDS, path, changes);
  return {
    type: "web_search",
    ...(isJsonObject(tool["user_location"]) && { user_location: tool["user_location"] }),
    ...(Array.isArray(tool["allowed_domains"]) && { filters: { allowed_domains: tool["allowed_domains"] } }),
  };
}

function toChoice(choice: JsonObject | null | undefined, names: ToolNames): JsonObject {
  if (choice == null) return {};
  const parallel = choice["disable_parallel_tool_use"] === true ? { parallel_tool_calls: false } : {};
  switch (choice["type"]) {
    case "any":
      return { tool_choice: "required", ...parallel };
    case "tool":
      return { tool_choice: { type: "function", name: names.shorten(asString(choice["name"]) ?? "") }, ...parallel };
    default:
      return { tool_choice: choice["type"], ...parallel };
  }
}

function toFormat(request: MessagesRequest): JsonObject | undefined {
  const format = request.output_config?.["format"] ?? request["output_format"];
  if (!isJsonObject(format)) return undefined;
  return { type: "json_schema", name: "output", schema: format["schema"], strict: true };
}
