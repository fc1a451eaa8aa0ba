import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseMessagesRequest } from "../../src/protocol/messages/parse.ts";
import type { MessagesOutputBlock } from "../../src/protocol/messages/message.ts";
import { fromByteString, toByteString } from "../../src/sse/byte-string.ts";
import { createSseDecoder } from "../../src/sse/decode.ts";
import { createResponseFolder } from "../../src/translate/fold-response.ts";
import {
  createMessagesSseEncoder,
  estimateInputTokens,
  type MessagesContext,
  messagesToResponses,
  toMessagesMessage,
} from "../../src/translate/messages/index.ts";
import { fromThinkingBlock, toThinkingBlock } from "../../src/translate/messages/thinking.ts";
import { generatedStream } from "./streams.ts";

const context: MessagesContext = { id: "msg_1", model: "m", toolNames: new Map(), thinking: true };

type Sent = { type: string; index?: number; [key: string]: unknown };

function encode(events: readonly { type: string }[], options: MessagesContext = context): Sent[] {
  const encoder = createMessagesSseEncoder(options);
  return read(events.map((event) => encoder.push(event.type, JSON.stringify(event))).join("") + encoder.end());
}

function read(text: string): Sent[] {
  const sent: Sent[] = [];
  const decoder = createSseDecoder({
    onEvent: ({ event, data }) => {
      const value = JSON.parse(data) as Sent;
      expect(event).toBe(value.type);
      sent.push(value);
    },
  });
  decoder.feed(new TextEncoder().encode(text));
  decoder.end();
  return sent;
}

/** What a client makes of the events, and a check that they come in the order that the API promises. */
function fold(sent: readonly Sent[]): { content: MessagesOutputBlock[]; stop: unknown } {
  const content: MessagesOutputBlock[] = [];
  let open = -1;
  let json = "";
  let stop: unknown;
  expect(sent[0]?.type).toBe("message_start");
  expect(sent.at(-1)?.type).toBe("message_stop");
  for (const event of sent) {
    const block = content[open];
    if (event.type === "content_block_start") {
      expect(open).toBe(-1);
      open = content.length;
      expect(event.index).toBe(open);
      content.push(structuredClone(event["content_block"]) as MessagesOutputBlock);
      json = "";
    } else if (event.type === "content_block_delta") {
      expect(event.index).toBe(open);
      const delta = event["delta"] as Record<string, string>;
      if (delta["type"] === "input_json_delta") json += delta["partial_json"];
      else if (block?.type === "text") block.text += delta["text"];
      else if (block?.type === "thinking" && delta["type"] === "thinking_delta") block.thinking += delta["thinking"];
      else if (block?.type === "thinking") block.signature += delta["signature"];
    } else if (event.type === "content_block_stop") {
      expect(event.index).toBe(open);
      if (block?.type === "tool_use" && json !== "") (block as { input: unknown }).input = json;
      open = -1;
    } else if (event.type === "message_delta") stop = (event["delta"] as { stop_reason: unknown }).stop_reason;
  }
  expect(open).toBe(-1);
  return { content, stop };
}

describe("createMessagesSseEncoder", () => {
  it("gives every text, call and sealed reasoning item once, in well-formed blocks, for any stream", () => {
    fc.assert(
      fc.property(generatedStream, (stream) => {
        const { content, stop } = fold(encode(stream.events));
        const text = content.flatMap((block) => (block.type === "text" ? block.text : [])).join("");
        expect(text).toBe(stream.text);
        const calls = content.flatMap((block) =>
          block.type === "tool_use" ? [{ id: block.id, input: block.input }] : [],
        );
        expect(calls).toEqual(
          stream.calls.map(({ call_id, arguments: given, custom }) => {
            // Freeform calls have one argument, which is their input.
            const input = custom ? JSON.stringify({ input: given }) : given;
            return { id: call_id, input: input === "" ? {} : input };
          }),
        );
        expect(stop).toBe(stream.calls.length > 0 ? "tool_use" : "end_turn");
        const seals = content.flatMap((block) => {
          const item =
            block.type === "thinking" || block.type === "redacted_thinking" ? fromThinkingBlock(block) : null;
          return item === null ? [] : [item["id"]];
        });
        const done = stream.events.flatMap((event) => {
          const item = event["item"] as { type?: string; id?: string } | undefined;
          return event.type === "response.output_item.done" && item?.type === "reasoning" ? [item.id] : [];
        });
        expect(seals).toEqual(done);
      }),
    );
  });

  it("writes calls that stream side by side one after the other, whole", () => {
    const added = (index: number): object => ({
      type: "response.output_item.added",
      output_index: index,
      item: { type: "function_call", call_id: `c${index}`, name: "f", arguments: "" },
    });
    const piece = (index: number, delta: string): object => ({
      type: "response.function_call_arguments.delta",
      output_index: index,
      delta,
    });
    const done = (index: number, text: string): object => ({
      type: "response.output_item.done",
      output_index: index,
      item: { type: "function_call", call_id: `c${index}`, name: "f", arguments: text },
    });
    const events = [
      added(0),
      piece(0, '{"a"'),
      added(1),
      piece(1, '{"b":2}'),
      piece(0, ":1}"),
      done(1, '{"b":2}'),
      done(0, '{"a":1}'),
      { type: "response.completed", response: { status: "completed" } },
    ];
    const { content } = fold(encode(events as { type: string }[]));
    expect(content).toEqual([
      { type: "tool_use", id: "c0", name: "f", input: '{"a":1}' },
      { type: "tool_use", id: "c1", name: "f", input: '{"b":2}' },
    ]);
  });

  it("passes chunks of plain deltas in the same bytes that push gives", () => {
    const events = ["a", 'é "x"', "😀\n"].map((delta, index) => ({
      type: "response.output_text.delta",
      sequence_number: index,
      item_id: "i",
      output_index: 0,
      content_index: 0,
      delta,
    }));
    const slow = createMessagesSseEncoder(context);
    const fast = createMessagesSseEncoder(context);
    const [first, ...rest] = events;
    expect(fast.pass("data: {}\n\n")).toBeNull();
    slow.push("", JSON.stringify(first));
    fast.push("", JSON.stringify(first));
    const wire = rest.map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`).join("");
    const passed = fast.pass(toByteString(wire));
    expect(passed).not.toBeNull();
    expect(new TextDecoder().decode(fromByteString(passed ?? ""))).toBe(
      rest.map((event) => slow.push("", JSON.stringify(event))).join(""),
    );
  });

  it("ends a failed stream with an error event of Anthropic's, and says nothing after it", () => {
    const encoder = createMessagesSseEncoder(context);
    const body = { error: { message: "cut", type: "rate_limit_error", param: null, code: "rate_limited" } };
    expect(read(encoder.fail(body))).toEqual([{ type: "error", error: { type: "rate_limit_error", message: "cut" } }]);
    expect(encoder.fail(body) + encoder.end()).toBe("");
    expect(encoder.terminated).toBe(true);
  });

  it("marks an answer that never came to its end as cut short", () => {
    expect(fold(encode([{ type: "response.output_text.delta", delta: "x" } as never])).stop).toBe("max_tokens");
  });

  it("shows no thinking to a client that did not ask for it", () => {
    fc.assert(
      fc.property(generatedStream, ({ events }) => {
        const { content } = fold(encode(events, { ...context, thinking: false }));
        expect(content.filter(({ type }) => type.includes("thinking"))).toEqual([]);
      }),
    );
  });
});

describe("toMessagesMessage", () => {
  it("has the same text, calls and stop reason as the stream, for any stream whose items came", () => {
    fc.assert(
      fc.property(generatedStream, ({ events }) => {
        const folder = createResponseFolder();
        for (const event of events) folder.push(event);
        const whole = toMessagesMessage(folder.result(), context);
        const streamed = fold(encode(events));
        const texts = (blocks: readonly MessagesOutputBlock[]): string =>
          blocks.flatMap((block) => (block.type === "text" ? block.text : [])).join("");
        const ids = (blocks: readonly MessagesOutputBlock[]): string[] =>
          blocks.flatMap((block) => (block.type === "tool_use" ? block.id : []));
        expect(texts(whole.content)).toBe(texts(streamed.content));
        expect(ids(whole.content)).toEqual(ids(streamed.content));
        expect(whole.stop_reason).toBe(streamed.stop);
      }),
    );
  });

  it("counts cached input beside the rest, not within it", () => {
    const usage = { input_tokens: 10, input_tokens_details: { cached_tokens: 4 }, output_tokens: 2 };
    const message = toMessagesMessage(
      { id: "r", object: "response", output: [], status: "completed", usage } as never,
      context,
    );
    expect(message.usage).toMatchObject({ input_tokens: 6, cache_read_input_tokens: 4, output_tokens: 2 });
  });
});

describe("thinking blocks", () => {
  it("bring a reasoning item back unchanged, whatever it holds", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), fc.boolean(), (text, summed) => {
        const summary = summed ? [{ type: "summary_text", text }] : [];
        const item = { type: "reasoning", id: "rs", summary, encrypted_content: text };
        expect(fromThinkingBlock(toThinkingBlock(item))).toEqual(JSON.parse(JSON.stringify(item)));
      }),
    );
  });

  it("of other servers, or altered on the way, are not taken for ours", () => {
    for (const signature of ["EqQBCgIYAhIM1gbcDa9GJwZA2b3h", "planport.1.####", "planport.1.e30="])
      expect(fromThinkingBlock({ type: "thinking", thinking: "x", signature })).toBeNull();
  });
});

const PNG = "iVBORw0KGgo=";

describe("messagesToResponses", () => {
  it("carries over a whole conversation: text, images, files, calls, results and thinking, in their order", () => {
    const reasoning = { type: "reasoning", id: "rs_1", summary: [], encrypted_content: "sealed" };
    const { request, changes, thinking } = messagesToResponses(
      parseMessagesRequest({
        model: "m",
        max_tokens: 100,
        system: [{ type: "text", text: "Be brief.", cache_control: { type: "ephemeral" } }],
        thinking: { type: "enabled", budget_tokens: 5000 },
        messages: [
          {
            role: "user",
            content: [
              { type: "text", text: "look" },
              { type: "image", source: { type: "base64", media_type: "image/png", data: PNG } },
              {
                type: "document",
                title: "a.pdf",
                source: { type: "base64", media_type: "application/pdf", data: "AA==" },
              },
            ],
          },
          {
            role: "assistant",
            content: [
              toThinkingBlock(reasoning),
              { type: "text", text: "let me see" },
              { type: "tool_use", id: "t1", name: "f", input: { a: 1 } },
            ],
          },
          {
            role: "user",
            content: [
              { type: "tool_result", tool_use_id: "t1", is_error: true, content: [{ type: "text", text: "no" }] },
              { type: "text", text: "again" },
            ],
          },
        ],
        tools: [{ name: "f", description: "d", input_schema: { type: "object" } }],
        tool_choice: { type: "any", disable_parallel_tool_use: true },
      }),
    );
    expect(thinking).toBe(true);
    expect(request).toEqual({
      model: "m",
      instructions: "Be brief.",
      max_output_tokens: 100,
      input: [
        {
          type: "message",
          role: "user",
          content: [
            { type: "input_text", text: "look" },
            { type: "input_image", image_url: `data:image/png;base64,${PNG}`, detail: "auto" },
            { type: "input_file", filename: "a.pdf", file_data: "data:application/pdf;base64,AA==" },
          ],
        },
        reasoning,
        { type: "message", role: "assistant", content: [{ type: "output_text", text: "let me see" }] },
        { type: "function_call", call_id: "t1", name: "f", arguments: '{"a":1}' },
        {
          type: "function_call_output",
          call_id: "t1",
          output: [
            { type: "input_text", text: "Error:" },
            { type: "input_text", text: "no" },
          ],
        },
        { type: "message", role: "user", content: [{ type: "input_text", text: "again" }] },
      ],
      tools: [{ type: "function", name: "f", description: "d", parameters: { type: "object" }, strict: false }],
      tool_choice: "required",
      parallel_tool_calls: false,
      reasoning: { summary: "auto", effort: "medium" },
    });
    expect(changes.map(({ path, action }) => `${path}=${action}`)).toEqual([
      "system[0].cache_control=default",
      "thinking.type=emulated",
      "thinking.budget_tokens=mapped",
      "messages[2].content[0].is_error=mapped",
      "tool_choice.disable_parallel_tool_use=mapped",
      "tool_choice.type=mapped",
    ]);
  });

  it("tells what it cannot carry over, and drops thinking of other servers", () => {
    const { request, changes } = messagesToResponses(
      parseMessagesRequest({
        model: "m",
        max_tokens: 1,
        temperature: 0.5,
        top_k: 3,
        stop_sequences: ["x"],
        messages: [
          { role: "user", content: "hi" },
          { role: "assistant", content: [{ type: "thinking", thinking: "hm", signature: "abc" }] },
          { role: "user", content: [{ type: "text", text: "x", citations: [{}] }] },
        ],
      }),
    );
    expect(request.input).toHaveLength(2);
    expect(changes.map(({ path }) => path).sort()).toEqual([
      "messages[1].content[0]",
      "messages[2].content[0].citations",
      "stop_sequences",
      "temperature",
      "top_k",
    ]);
  });

  it("asks for output that fits a schema, and for the effort that is named", () => {
    const schema = { type: "object", properties: {}, additionalProperties: false };
    const output = { effort: "max", format: { type: "json_schema", schema } };
    const { request } = messagesToResponses(
      parseMessagesRequest({
        model: "m",
        max_tokens: 1,
        messages: [{ role: "user", content: "x" }],
        output_config: output,
      }),
    );
    expect(request.text).toEqual({ format: { type: "json_schema", name: "output", schema, strict: true } });
    expect(request.reasoning).toEqual({ effort: "xhigh" });
  });

  it.each([
    [{ messages: [] }, "messages"],
    [{ messages: [{ role: "robot", content: "x" }] }, "messages[0].role"],
    [{ messages: [{ role: "user", content: 5 }] }, "messages[0].content"],
    [{ messages: [{ role: "user", content: [{ type: "image" }] }] }, "messages[0].content[0].source"],
    [
      { messages: [{ role: "user", content: [{ type: "tool_use", id: "x", name: "f" }] }] },
      "messages[0].content[0].input",
    ],
    [{ max_tokens: undefined }, "max_tokens"],
    [{ tools: [{ name: "f" }] }, "tools[0].input_schema"],
    [{ tools: [{ name: "bash", type: "bash_20250124" }] }, "tools[0].type"],
    [{ tool_choice: { type: "some" } }, "tool_choice.type"],
    [{ messages: [{ role: "user", content: [{ type: "video" }] }] }, "messages[0].content[0]"],
    [
      { messages: [{ role: "user", content: [{ type: "image", source: { type: "file", file_id: "f" } }] }] },
      "messages[0].content[0].source.type",
    ],
    [{ mcp_servers: [{ url: "x" }] }, "mcp_servers"],
  ])("refuses %j and names %s", (fields, param) => {
    const request = { model: "m", max_tokens: 1, messages: [{ role: "user", content: "x" }], ...fields };
    expect(() => messagesToResponses(parseMessagesRequest(request))).toThrow(
      expect.objectContaining({ code: "request_invalid", cause: { param } }) as Error,
    );
  });
});

describe("estimateInputTokens", () => {
  it("grows with every part of a request", () => {
    const base = {
      model: "m",
      input: [{ type: "message", role: "user", content: [{ type: "input_text", text: "hello" }] }],
    };
    const small = estimateInputTokens(base);
    expect(small).toBeGreaterThan(0);
    const image = { type: "input_image", image_url: `data:image/png;base64,${PNG}` };
    for (const more of [
      { instructions: "a long line of instructions" },
      { tools: [{ type: "function", name: "f", parameters: { type: "object" } }] },
      { input: [...base.input, { type: "message", role: "user", content: [image] }] },
    ])
      expect(estimateInputTokens({ ...base, ...more })).toBeGreaterThan(small);
  });
});
