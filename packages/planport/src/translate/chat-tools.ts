/**
 * Tools and the choice among them, from Chat Completions to Responses.
 * @module
 */
import type { ChatRequest, ChatTool } from "../protocol/chat/request.ts";
import { type JsonObject, asString, isJsonObject } from "../protocol/json.ts";
import type { Tool } from "../protocol/responses/item.ts";
import type { Change } from "./change.ts";
import { flattened, tellLeftovers } from "./leftovers.ts";
import { shortenTold, type ToolNames } from "./tool-names.ts";

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
    const flat: ChatTool = { ...tool, name: shortenTold(names, name, `${path}.name`, changes) };
    const format = flat["format"];
    if (tool.type === "custom" && isJsonObject(format))
      return { ...flat, format: toCustomFormat(format, `${path}.format`, changes) };
    if (tool.type !== "function") return flat;
    return { ...flat, parameters: tool["parameters"] ?? NO_PARAMETERS, strict: tool["strict"] ?? false };
  }
  tellLeftovers(tool, new Set(["type", tool.type]), path, changes);
  const at = `${path}.${tool.type}`;
  return tool.type === "function" ? toFunctionTool(inner, at, names, changes) : toCustomTool(inner, at, names, changes);
}

const NO_PARAMETERS: JsonObject = { type: "object", properties: {} };

function toFunctionTool(entry: JsonObject, path: string, names: ToolNames, changes: Change[]): Tool {
  tellLeftovers(entry, FUNCTION_FIELDS, path, changes);
  return {
    type: "function",
    name: shortenTold(names, asString(entry["name"]) ?? "", `${path}.name`, changes),
    ...(entry["description"] != null && { description: entry["description"] }),
    parameters: entry["parameters"] ?? NO_PARAMETERS,
    // Left out, it means false in Chat Completions and true in Responses.
    strict: entry["strict"] ?? false,
  };
}

function toCustomTool(entry: JsonObject, path: string, names: ToolNames, changes: Change[]): Tool {
  tellLeftovers(entry, CUSTOM_FIELDS, path, changes);
  const given = entry["format"];
  const format = isJsonObject(given) ? { format: toCustomFormat(given, `${path}.format`, changes) } : {};
  return {
    type: "custom",
    name: shortenTold(names, asString(entry["name"]) ?? "", `${path}.name`, changes),
    ...(entry["description"] != null && { description: entry["description"] }),
    ...format,
  };
}

/** Chat holds syntax and definition within `grammar`, Responses beside the type. */
function toCustomFormat(format: JsonObject, path: string, changes: Change[]): JsonObject {
  const { grammar, ...rest } = format;
  return isJsonObject(grammar) ? flattened(grammar, `${path}.grammar`, rest, changes) : format;
}

const SIZE_FIELD: ReadonlySet<string> = new Set(["search_context_size"]);
const SEARCH_FIELDS: ReadonlySet<string> = new Set(["search_context_size", "user_location"]);

const LOCATION_FIELDS: ReadonlySet<string> = new Set(["type", "approximate"]);

function toWebSearch(options: JsonObject, changes: Change[]): Tool {
  const { user_location: location } = options;
  const approximate = isJsonObject(location) && isJsonObject(location["approximate"]) ? location["approximate"] : null;
  const known = approximate === null ? SIZE_FIELD : SEARCH_FIELDS;
  tellLeftovers(options, known, "web_search_options", changes);
  if (approximate !== null)
    tellLeftovers(location as JsonObject, LOCATION_FIELDS, "web_search_options.user_location", changes);
  return {
    type: "web_search",
    ...(options["search_context_size"] != null && { search_context_size: options["search_context_size"] }),
    ...(approximate !== null && { user_location: { ...approximate, type: "approximate" } }),
  };
}

/** The choice in the Responses way; undefined when there is none. */
export function toToolChoice(request: ChatRequest, names: ToolNames, changes: Change[]): unknown {
  const legacy = request.function_call;
  if (request.tool_choice != null) {
    if (legacy != null)
      changes.push({ path: "function_call", action: "dropped", note: "tool_choice says it already." });
    return toChoice(request.tool_choice, names, changes);
  }
  if (legacy == null) return undefined;
  changes.push({ path: "function_call", action: "mapped", note: "function_call was sent as tool_choice." });
  if (!isJsonObject(legacy)) return legacy;
  tellLeftovers(legacy, NAME_FIELD, "function_call", changes);
  const name = shortenTold(names, asString(legacy["name"]) ?? "", "function_call.name", changes);
  return { type: "function", name };
}

const NAME_FIELD: ReadonlySet<string> = new Set(["name"]);
const ALLOWED_FIELDS: ReadonlySet<string> = new Set(["type", "allowed_tools"]);

function toChoice(choice: string | JsonObject, names: ToolNames, changes: Change[]): unknown {
  if (typeof choice === "string") return choice;
  const allowed = choice["allowed_tools"];
  if (choice["type"] !== "allowed_tools" || !isJsonObject(allowed))
    return toNamed(choice, names, "tool_choice", changes);
  tellLeftovers(choice, ALLOWED_FIELDS, "tool_choice", changes);
  const at = "tool_choice.allowed_tools.tools";
  const tools = Array.isArray(allowed["tools"])
    ? allowed["tools"].map((tool, index) => toNamed(tool, names, `${at}[${index}]`, changes))
    : allowed["tools"];
  return { ...allowed, type: "allowed_tools", tools };
}

/** `{type, function: {name}}` to `{type, name}`; what is flat already stays. */
function toNamed(value: unknown, names: ToolNames, path: string, changes: Change[]): unknown {
  if (!isJsonObject(value)) return value;
  const type = asString(value["type"]);
  const inner = type === "function" || type === "custom" ? value[type] : undefined;
  if (type !== undefined && isJsonObject(inner)) {
    tellLeftovers(value, new Set(["type", type]), path, changes);
    tellLeftovers(inner, NAME_FIELD, `${path}.${type}`, changes);
    const name = asString(inner["name"]);
    return name === undefined ? value : { type, name: shortenTold(names, name, `${path}.${type}.name`, changes) };
  }
  const name = asString(value["name"]);
  return name === undefined ? value : { ...value, name: shortenTold(names, name, `${path}.name`, changes) };
}
