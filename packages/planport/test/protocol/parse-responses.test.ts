import { describe, expect, it } from "vitest";
import { parseResponsesRequest } from "../../src/protocol/responses/parse.ts";

const withItem = (item: unknown): object => ({ model: "m", input: [item] });

describe("parseResponsesRequest", () => {
  it.each<[string | null, unknown]>([
    [null, "text"],
    ["model", { input: "hi" }],
    ["input", { model: "m" }],
    ["input", { model: "m", input: {} }],
    ["input[0]", withItem("hi")],
    ["input[0].type", withItem({})],
    ["input[0].type", withItem({ type: 1 })],
    ["input[0].role", withItem({ type: "message", content: "x" })],
    ["input[0].content", withItem({ role: "user" })],
    ["input[0].content[0].type", withItem({ role: "user", content: [{}] })],
    ["input[0].content[0].text", withItem({ role: "user", content: [{ type: "input_text" }] })],
    [
      "input[0].content[0].image_url",
      withItem({ role: "user", content: [{ type: "input_image", image_url: { url: "x" } }] }),
    ],
    ["input[0].call_id", withItem({ type: "function_call", name: "f", arguments: "" })],
    ["input[0].arguments", withItem({ type: "function_call", call_id: "c", name: "f", arguments: {} })],
    ["input[0].input", withItem({ type: "custom_tool_call", call_id: "c", name: "f" })],
    ["input[0].output", withItem({ type: "function_call_output", call_id: "c" })],
    ["input[0].tools", withItem({ type: "additional_tools" })],
    ["tools[0].type", { model: "m", input: "", tools: [{}] }],
    ["tools[0].name", { model: "m", input: "", tools: [{ type: "function", function: { name: "f" } }] }],
    ["instructions", { model: "m", input: "", instructions: 1 }],
    ["include", { model: "m", input: "", include: [1] }],
    ["stream", { model: "m", input: "", stream: 1 }],
    ["reasoning", { model: "m", input: "", reasoning: "high" }],
    ["temperature", { model: "m", input: "", temperature: "1" }],
    ["top_p", { model: "m", input: "", top_p: 2 }],
    ["max_output_tokens", { model: "m", input: "", max_output_tokens: 0 }],
    ["metadata", { model: "m", input: "", metadata: ["a"] }],
    ["user", { model: "m", input: "", user: 1 }],
    ["truncation", { model: "m", input: "", truncation: "some" }],
    ["background", { model: "m", input: "", background: "no" }],
    ["context_management", { model: "m", input: "", context_management: "x" }],
    ["tool_choice", { model: "m", input: "", tool_choice: "foo" }],
    ["tool_choice.name", { model: "m", input: "", tool_choice: { type: "function" } }],
  ])("names %s", (param, value) => {
    expect(() => parseResponsesRequest(value)).toThrow(
      expect.objectContaining({ code: "request_invalid", cause: { param } }),
    );
  });

  it("returns the value itself, with unknown fields, items, parts, tools and roles", () => {
    const value = {
      model: "m",
      input: [
        { role: "critic", content: [{ type: "x_part" }] },
        { type: "x_item" },
        { type: "compaction_trigger" },
        { type: "function_call_output", call_id: "c", output: [{ type: "input_image", image_url: "data:," }] },
      ],
      tools: [{ type: "namespace", name: "n", tools: [] }],
      text: null,
      x_new: 1,
    };
    expect(parseResponsesRequest(value)).toBe(value);
    const prewarm = { model: "m", input: [] };
    expect(parseResponsesRequest(prewarm)).toBe(prewarm);
  });
});
