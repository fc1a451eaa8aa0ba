import { describe, expect, it } from "vitest";
import type { ResponseObject } from "../../src/protocol/responses/response.ts";
import { toChatCompletion } from "../../src/translate/chat-completion.ts";

const context = { id: "chatcmpl-1", model: "asked", createdSeconds: 7 };
const call = { type: "function_call", call_id: "c1", name: "short", arguments: "{}" };
const response = (fields: object): ResponseObject => ({ id: "r", status: "completed", ...fields });

describe("toChatCompletion", () => {
  it("brings text, refusal, reasoning, calls of both kinds, images, all other items, usage, model and tier", () => {
    const output = [
      {
        type: "reasoning",
        summary: [
          { type: "summary_text", text: "one" },
          { type: "summary_text", text: "two" },
        ],
      },
      {
        type: "message",
        content: [
          { type: "output_text", text: "a" },
          { type: "refusal", refusal: "no" },
        ],
      },
      { type: "message", content: [{ type: "output_text", text: "b" }] },
      call,
      { type: "custom_tool_call", call_id: "c2", name: "g", input: "raw" },
      { type: "image_generation_call", id: "ig_1", status: "completed", result: "iVBORw0KGgo=" },
      { type: "x_new" },
    ];
    const usage = {
      input_tokens: 3,
      output_tokens: 4,
      total_tokens: 7,
      output_tokens_details: { reasoning_tokens: 1 },
    };
    const completion = toChatCompletion(response({ output, usage, model: "served", service_tier: "priority" }), {
      ...context,
      toolNames: new Map([["short", "long"]]),
    });
    expect(completion).toEqual({
      id: "chatcmpl-1",
      object: "chat.completion",
      created: 7,
      model: "served",
      service_tier: "priority",
      choices: [
        {
          index: 0,
          logprobs: null,
          finish_reason: "tool_calls",
          message: {
            role: "assistant",
            content: "ab",
            refusal: "no",
            reasoning_content: "one\n\ntwo",
            tool_calls: [
              { id: "c1", type: "function", function: { name: "long", arguments: "{}" } },
              { id: "c2", type: "custom", custom: { name: "g", input: "raw" } },
            ],
            images: [{ type: "image_url", image_url: { url: "data:image/png;base64,iVBORw0KGgo=" } }],
            output_items: [{ type: "x_new" }],
          },
        },
      ],
      usage: {
        prompt_tokens: 3,
        completion_tokens: 4,
        total_tokens: 7,
        prompt_tokens_details: { cached_tokens: 0 },
        completion_tokens_details: { reasoning_tokens: 1 },
      },
    });
  });

  it("has null content beside calls and empty text for an empty answer", () => {
    const content = (output: object[]): unknown =>
      toChatCompletion(response({ output }), context).choices[0]?.message.content;
    expect(content([call])).toBeNull();
    expect(content([])).toBe("");
  });

  it("writes function_call for clients that asked with functions", () => {
    const choice = toChatCompletion(response({ output: [call] }), { ...context, legacyFunctions: true }).choices[0];
    expect(choice?.message.function_call).toEqual({ name: "short", arguments: "{}" });
    expect(choice?.message.tool_calls).toBeUndefined();
    expect(choice?.finish_reason).toBe("function_call");
  });

  it("says that an answer was cut short", () => {
    const cut = response({ status: "incomplete", incomplete_details: { reason: "max_output_tokens" }, output: [] });
    expect(toChatCompletion(cut, context).choices[0]?.finish_reason).toBe("length");
  });

  it("never lets a failed response pass for an empty answer", () => {
    const failed = response({ status: "failed", error: { code: "server_error", message: "boom" } });
    expect(() => toChatCompletion(failed, context)).toThrow(
      expect.objectContaining({ code: "upstream_failed", message: "boom" }),
    );
  });
});
