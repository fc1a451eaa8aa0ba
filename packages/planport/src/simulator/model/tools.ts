/**
 * The tools a request offers, wherever it puts them.
 * @module
 */
import { isJsonObject, type Item, type JsonObject } from "../../protocol/index.ts";
import { asString } from "../../protocol/json.ts";

/** A tool the model can call. */
export interface ToolSpec {
  readonly kind: "function" | "custom";
  readonly name: string;
  readonly namespace: string | null;
  readonly description: string;
  /** JSON Schema of a function's arguments. */
  readonly parameters: unknown;
}

/** What `tool_choice` demands. */
export interface ToolDemand {
  /** The tools that may be called. */
  readonly tools: readonly ToolSpec[];
  /** A call must be made. */
  readonly required: boolean;
}

/** All tools of `tools` and of `additional_tools` items, namespaces opened. Built-in tools are left out. */
export function collectTools(body: JsonObject, items: readonly Item[]): ToolSpec[] {
  const found: ToolSpec[] = [];
  addAll(found, body["tools"], null);
  for (const item of items) if (item.type === "additional_tools") addAll(found, item["tools"], null);
  return found;
}

function addAll(found: ToolSpec[], tools: unknown, namespace: string | null): void {
  if (!Array.isArray(tools)) return;
  for (const tool of tools.filter(isJsonObject)) {
    const name = asString(tool["name"]);
    if (name === undefined) continue;
    if (tool["type"] === "namespace") addAll(found, tool["tools"], name);
    else if (tool["type"] === "function" || tool["type"] === "custom")
      found.push({
        kind: tool["type"],
        name,
        namespace,
        description: asString(tool["description"]) ?? "",
        parameters: tool["parameters"],
      });
  }
}

/** Applies `tool_choice`. */
export function demandOf(choice: unknown, tools: readonly ToolSpec[]): ToolDemand {
  if (choice === "none") return { tools: [], required: false };
  if (choice === "required") return { tools, required: tools.length > 0 };
  if (!isJsonObject(choice)) return { tools, required: false };
  if (choice["type"] === "allowed_tools") {
    const allowed = Array.isArray(choice["tools"]) ? choice["tools"].filter(isJsonObject) : [];
    const some = tools.filter((tool) => allowed.some((one) => one["name"] === tool.name));
    return { tools: some, required: choice["mode"] === "required" && some.length > 0 };
  }
  const forced = tools.filter((tool) => tool.name === choice["name"]);
  return { tools: forced, required: forced.length > 0 };
}
