/**
 * The Responses-Lite shape: models with `use_responses_lite` take their tools and their prompt inside `input`.
 * @module
 */
import type { Item, Tool } from "../protocol/responses/item.ts";
import type { CodexRequest } from "../protocol/responses/request.ts";
import type { Change } from "./change.ts";

/** Brings `request` (whose top level and `input` list the caller owns) into Responses-Lite shape, in place. */
export function toLiteShape(request: CodexRequest, changes: Change[]): void {
  const toolsAt = placeTools(request.input, request.tools ?? []);
  delete request.tools;
  if (request.instructions != null)
    request.input.splice(toolsAt + 1, 0, {
      type: "message",
      role: "developer",
      content: [{ type: "input_text", text: request.instructions }],
    });
  delete request.instructions;
  if (request.parallel_tool_calls === true)
    changes.push({
      path: "parallel_tool_calls",
      action: "mapped",
      note: "This model is asked without parallel tool calls; it was sent as false.",
    });
  request.parallel_tool_calls = false;
  if (typeof request.reasoning?.context !== "string")
    request.reasoning = { ...request.reasoning, context: "all_turns" };
}

/** Puts the tools into the `additional_tools` item; gives that item's index, or -1 when there is none. */
function placeTools(input: Item[], tools: Tool[]): number {
  const at = input.findIndex((item) => item.type === "additional_tools");
  const item = input[at];
  if (item === undefined) {
    if (tools.length === 0) return -1;
    input.unshift({ type: "additional_tools", role: "developer", tools });
    return 0;
  }
  if (tools.length > 0) {
    const existing = Array.isArray(item["tools"]) ? (item["tools"] as Tool[]) : [];
    input[at] = { ...item, tools: [...existing, ...tools] };
  }
  return at;
}
