/**
 * Tools and the choice among them, from Chat Completions to Responses.
 * @module
 */
import type { ChatRequest, ChatTool } from "../protocol/chat/request.ts";
import { type JsonObject, asString, isJsonObject } from "../protocol/json.ts";
import type { Tool } from "../protocol/responses/item.ts";
import type { Change } from "./change.ts";
import { tellLeftovers } from "./leftovers.ts";
import type { ToolNames } from "./tool-names.ts";

const TOOL_FIELDS: ReadonlySet<string> = new Set(["type", "function", "custom"]);
const FUNCTION_FIELDS: ReadonlySet<string> = new Set(["name", "description", "parameters", "strict"]);
const CUSTOM_FIELDS: ReadonlySet<string> = new Set(["name", "description", "format"]);

/** All tools of a request, the legacy `functions` and the search that `web_search_options` asks for among them. */
export function toTools(request: ChatRequest, names: ToolNames, changes: Change[]): Tool[] | undefined {
  const functions = request.functions ?? [];
  const search = request["web_search_options"];
  if (request.tools == null && functions.length === 0 && !isJsonObject(search)) return undefined;
  const tools = (request.tools ?? []).map((tool, index) => toTool(tool, `tools[${index}]`, names, changes));
  functions.forEach((entry, index) => tools.push(toFunctionTool(entry, `functions[${index}]`, names, changes)));
  if (functions.length > 0)
    changes.push({ path: "functions", action: "mapped", note: "functions were sent as tools." });
  if (isJsonObject(search)) {
    tools.push(toWebSearch(search, changes));
    changes.push({ path: "web_search_options", action: "mapped", note: "The search was sent as a web_search tool." });
  }
  return tools;
}

/** Built-in tools and tools in the Responses way go as they are. */
function toTool(tool: ChatTool, path: string, names: ToolNames, changes: Change[]): Tool {
  const inner = tool.type === "function" || tool.type === "custom" ? tool[tool.type] : undefined;
  if (!isJsonObject(inner)) {
    const name = asString(tool["name"]);
    if (name === undefined) return tool;
    const flat = { ...tool, name: shorten(name, `${path}.name`, names, changes) };
    return tool.type === "function" ? { strict: false, parameters: NO_PARAMETERS, ...flat } : flat;
  }
  tellLeftovers(tool, TOOL_FIELDS, path, changes);
  const at = `${path}.${tool.type}`;
  return tool.type === "function" ? toFunctionTool(inner, at, names, changes) : toCustomTool(inner, at, names, changes);
}

const NO_PARAMETERS: JsonObject = { type: "object", properties: {} };

function toFunctionTool(entry: JsonObject, path: string, names: ToolNames, changes: Change[]): Tool {
  tellLeftovers(entry, FUNCTION_FIELDS, path, changes);
  return {
    type: "function",
    name: shorten(asString(entry["name"]) ?? "", `${path}.name`, names, changes),
    ...(entry["description"] != null && { description: entry["description"] }),
    parameters: entry["parameters"] ?? NO_PARAMETERS,
    // Left out, it means false in Chat Completions and true in Responses.
    strict: entry["strict"] ?? false,
  };
}

function toCustomTool(entry: JsonObject, path: string, names: ToolNames, changes: Change[]): Tool {
  tellLeftovers(entry, CUSTOM_FIELDS, path, changes);
  const format = isJsonObject(entry["format"]) ? { format: toCustomFormat(entry["format"]) } : {};
  return {
    type: "custom",
    name: shorten(asString(entry["name"]) ?? "", `${path}.name`, names, changes),
    ...(entry["description"] != null && { description: entry["description"] }),
    ...format,
  };
}

/** Chat holds syntax and definition within `grammar`, Responses beside the type. */
function toCustomFormat(format: JsonObject): JsonObject {
  const { grammar, ...rest } = format;
  return isJsonObject(grammar) ? { ...rest, ...grammar } : format;
}

const SEARCH_FIELDS: ReadonlySet<string> = new Set(["search_context_size", "user_location"]);

function toWebSearch(options: JsonObject, changes: Change[]): Tool {
  tellLeftovers(options, SEARCH_FIELDS, "web_search_options", changes);
  const location = options["user_location"];
  const approximate = isJsonObject(location) ? location["approximate"] : undefined;
  return {
    type: "web_search",
    ...(options["search_context_size"] != null && { search_context_size: options["search_context_size"] }),
    ...(isJsonObject(approximate) && { user_location: { type: "approximate", ...approximate } }),
  };
}

/** The choice in the Responses way; undefined when there is none. */
export function toToolChoice(request: ChatRequest, names: ToolNames, changes: Change[]): unknown {
  const legacy = request.function_call;
  if (request.tool_choice != null) {
    if (legacy != null)
      changes.push({ path: "function_call", action: "dropped", note: "tool_choice says it already." });
    return toChoice(request.tool_choice, names);
  }
  if (legacy == null) return undefined;
  changes.push({ path: "function_call", action: "mapped", note: "function_call was sent as tool_choice." });
  if (!isJsonObject(legacy)) return legacy;
  return { type: "function", name: names.shorten(asString(legacy["name"]) ?? "") };
}

function toChoice(choice: string | JsonObject, names: ToolNames): unknown {
  if (typeof choice === "string") return choice;
  const allowed = choice["allowed_tools"];
  if (choice["type"] === "allowed_tools" && isJsonObject(allowed)) {
    const { tools, ...rest } = allowed;
    return {
      type: "allowed_tools",
      ...rest,
      tools: Array.isArray(tools) ? tools.map((tool) => toNamed(tool, names)) : [],
    };
  }
  return toNamed(choice, names);
}

/** `{type, function: {name}}` to `{type, name}`; what is flat already stays. */
function toNamed(value: unknown, names: ToolNames): unknown {
  if (!isJsonObject(value)) return value;
  const type = asString(value["type"]);
  const inner = type === "function" || type === "custom" ? value[type] : undefined;
  const name = asString(isJsonObject(inner) ? inner["name"] : value["name"]);
  if (name === undefined) return value;
  return isJsonObject(inner) ? { type, name: names.shorten(name) } : { ...value, name: names.shorten(name) };
}

function shorten(name: string, path: string, names: ToolNames, changes: Change[]): string {
  const short = names.shorten(name);
  if (short !== name)
    changes.push({ path, action: "emulated", note: "The backend takes 64 characters; the name comes back in full." });
  return short;
}
