/**
 * Names of tools in a Responses request that are longer than the backend takes: shortened on the way there, and written in
 * full on the way back.
 * @module
 */
import { type JsonObject, asString, isJsonObject, tryParseJson } from "../protocol/json.ts";
import type { Item, Tool } from "../protocol/responses/item.ts";
import type { ResponsesRequest } from "../protocol/responses/request.ts";
import type { Change } from "./change.ts";
import { createToolNames, MAX_TOOL_NAME_CHARS, shortenTold, type ToolNames } from "./tool-names.ts";

/** A request whose names fit. */
export interface FittedNames {
  /** The very request when all names fit. */
  readonly request: ResponsesRequest;
  readonly changes: readonly Change[];
  /** Name sent to name of the client. */
  readonly originals: ReadonlyMap<string, string>;
}

/** Shortens the names of functions and freeform tools, wherever a request has them. */
export function fitNames(request: ResponsesRequest): FittedNames {
  if (!hasLongName(request)) return { request, changes: [], originals: new Map() };
  const names = createToolNames();
  const changes: Change[] = [];
  const { tools, input, tool_choice: choice } = request;
  const fitted: ResponsesRequest = {
    ...request,
    ...(tools != null && { tools: fitList(tools, "tools", names, changes) as Tool[] }),
    ...(isJsonObject(choice) && { tool_choice: fit(choice, "tool_choice", names, changes) }),
    ...(Array.isArray(input) && { input: fitList(input, "input", names, changes) as Item[] }),
  };
  return { request: fitted, changes, originals: names.originals };
}

/** Items and tools that bear the name of a tool of the client's. */
const NAMED: ReadonlySet<unknown> = new Set(["function", "custom", "function_call", "custom_tool_call"]);

function hasLongName({ tools, input, tool_choice: choice }: ResponsesRequest): boolean {
  const isLong = (value: unknown): boolean => {
    if (Array.isArray(value)) return value.some(isLong);
    if (!isJsonObject(value)) return false;
    const name = asString(value["name"]) ?? "";
    return (NAMED.has(value["type"]) && name.length > MAX_TOOL_NAME_CHARS) || isLong(value["tools"]);
  };
  return isLong(tools) || isLong(choice) || (Array.isArray(input) && isLong(input));
}

function fitList(list: readonly unknown[], path: string, names: ToolNames, changes: Change[]): unknown[] {
  return list.map((entry, index) => (isJsonObject(entry) ? fit(entry, `${path}[${index}]`, names, changes) : entry));
}

/** Lists of tools may stand within: in namespaces, in `additional_tools`, and in a choice among allowed ones. */
function fit(value: JsonObject, path: string, names: ToolNames, changes: Change[]): JsonObject {
  const { type, name, tools } = value;
  return {
    ...value,
    ...(NAMED.has(type) && typeof name === "string" && { name: shortenTold(names, name, `${path}.name`, changes) }),
    ...(Array.isArray(tools) && { tools: fitList(tools, `${path}.tools`, names, changes) }),
  };
}

/** A value of the answer with the client's names in place of the short ones. */
export function withOriginals<T>(value: T, originals: ReadonlyMap<string, string>): T {
  return originals.size === 0 ? value : (restore(value, originals) as T);
}

/** The same for an event's JSON; the very text when no such name is in it. */
export function jsonWithOriginals(json: string, originals: ReadonlyMap<string, string>): string {
  if (![...originals.keys()].some((short) => json.includes(short))) return json;
  const value = tryParseJson(json);
  return value === undefined ? json : JSON.stringify(restore(value, originals));
}

function restore(value: unknown, originals: ReadonlyMap<string, string>): unknown {
  if (Array.isArray(value)) return value.map((entry) => restore(entry, originals));
  if (!isJsonObject(value)) return value;
  const entries = Object.entries(value).map(([key, entry]) => [
    key,
    key === "name" && typeof entry === "string" ? (originals.get(entry) ?? entry) : restore(entry, originals),
  ]);
  return Object.fromEntries(entries) as JsonObject;
}
