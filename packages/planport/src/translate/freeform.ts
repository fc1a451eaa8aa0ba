/**
 * Calls of freeform tools for dialects that have none. A client of `/v1/messages` cannot ask for one, but Codex's own tools
 * (`tool_schema_mode`) may hold one: its calls come as calls with one argument, `input`, and go back as what they were.
 * @module
 */
import { asString, isJsonObject, type JsonObject, tryParseJson } from "../protocol/json.ts";
import type { Item, Tool } from "../protocol/responses/item.ts";

/** An item, with a freeform call as the call of a function. */
export function fromFreeform(item: JsonObject): JsonObject {
  if (item["type"] !== "custom_tool_call") return item;
  const { input, ...rest } = item;
  return { ...rest, type: "function_call", arguments: JSON.stringify({ input: asString(input) ?? "" }) };
}

/**
 * The other way round: calls of functions by the names of freeform tools, with `input` as their one argument, and their results.
 * @param tools Those that are sent.
 * @returns The items; the very list when there is nothing of the kind.
 */
export function toFreeform(items: Item[], tools: readonly Tool[]): Item[] {
  const names = new Set<unknown>(tools.filter(({ type }) => type === "custom").map(({ name }) => name));
  const ids = new Set<unknown>();
  const restored = items.map((item) => {
    const input = names.has(item["name"]) ? soleInput(item) : undefined;
    if (input !== undefined) {
      ids.add(item["call_id"]);
      const { arguments: _written, ...rest } = item;
      return { ...rest, type: "custom_tool_call", input };
    }
    const isResult = item.type === "function_call_output" && ids.has(item["call_id"]);
    return isResult ? { ...item, type: "custom_tool_call_output" } : item;
  });
  return ids.size === 0 ? items : restored;
}

/** The argument `input` of a call that has no other. */
function soleInput(item: Item): string | undefined {
  if (item.type !== "function_call") return undefined;
  const args = tryParseJson(asString(item["arguments"]) ?? "");
  return isJsonObject(args) && Object.keys(args).length === 1 ? asString(args["input"]) : undefined;
}
