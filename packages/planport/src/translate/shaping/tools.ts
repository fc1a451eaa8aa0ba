/**
 * Whose tools a request goes out with (`tool_schema_mode`).
 * @module
 */
import { RequestError } from "../../errors.ts";
import type { ToolSchemaMode } from "../../protocol/capabilities.ts";
import { asString, isJsonObject } from "../../protocol/json.ts";
import type { ModelInfo } from "../../protocol/models.ts";
import type { Tool } from "../../protocol/responses/item.ts";
import type { ResponsesRequest } from "../../protocol/responses/request.ts";
import type { Change } from "../change.ts";
import { toFreeform } from "../freeform.ts";
import { codexTools } from "./codex-tools.ts";

/**
 * Settles `request.tools`, in place. A request with an item of type `additional_tools` is one that Codex made: it brings
 * Codex's tools, and stays as it is.
 * @throws {RequestError} `request_invalid` when `tool_choice` names a tool that is not sent.
 */
export function shapeTools(
  request: ResponsesRequest,
  model: ModelInfo | null,
  mode: ToolSchemaMode,
  changes: Change[],
): void {
  const { input } = request;
  if (mode === "custom_only" || (typeof input !== "string" && input.some(({ type }) => type === "additional_tools")))
    return;
  const own = request.tools ?? [];
  const offered = codexTools(model);
  if (mode === "merge_custom") {
    const taken = new Set(own.map(nameOf));
    const added = offered.filter((tool) => !taken.has(nameOf(tool)));
    if (added.length === 0) return;
    request.tools = [...own, ...added];
    request.input = restored(request, added);
    changes.push({ path: "tools", action: "mapped", note: `Codex's ${listed(added)} went out beside them.` });
    return;
  }
  const names = new Set(offered.map(nameOf));
  // Shaped before: a second time changes nothing.
  if (own.length === offered.length && own.every((tool, index) => isSame(tool, offered[index]))) return;
  own.forEach((_, index) => {
    const note = "Codex's tools went out in its place (tool_schema_mode).";
    changes.push({ path: `tools[${index}]`, action: "dropped", note });
  });
  checkChoice(request.tool_choice, names);
  request.tools = [...offered];
  request.input = restored(request, offered);
  changes.push({ path: "tools", action: "emulated", note: `Codex's ${listed(offered)} went out.` });
}

/** The conversation, with the calls of Codex's freeform tools as such, whichever dialect it came by. */
function restored({ input }: ResponsesRequest, added: readonly Tool[]): ResponsesRequest["input"] {
  return typeof input === "string" ? input : toFreeform(input, added);
}

function isSame(one: Tool, other: Tool | undefined): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

/** Built-in tools have no name; two of one type would be one too many. */
function nameOf(tool: Tool): string {
  return asString(tool["name"]) ?? `(${tool.type})`;
}

function listed(tools: readonly Tool[]): string {
  return tools.map(nameOf).join(", ");
}

function checkChoice(choice: unknown, names: ReadonlySet<string>): void {
  if (!isJsonObject(choice)) return;
  const wanted = Array.isArray(choice["tools"]) ? (choice["tools"] as unknown[]) : [choice];
  for (const one of wanted) {
    const name = isJsonObject(one) ? asString(one["name"]) : undefined;
    if (name === undefined || names.has(name)) continue;
    throw new RequestError(
      "request_invalid",
      `tool_choice: names a tool that is not sent, since tool_schema_mode is codex_default; there are ${[...names].join(", ")}.`,
      { cause: { param: "tool_choice" } },
    );
  }
}
