import fc from "fast-check";
import OpenAI from "openai";
import { describe, expect, it } from "vitest";
import type { CodexEvent } from "../../src/protocol/responses/event.ts";
import { peekEventType } from "../../src/protocol/responses/peek.ts";
import { createSseDecoder } from "../../src/sse/decode.ts";
import { DONE_EVENT, encodeJsonEvent } from "../../src/sse/encode.ts";
import { type ChatChunkContext, createChatChunker } from "../../src/translate/chat-chunks.ts";
import { createChatSseEncoder } from "../../src/translate/chat-sse.ts";
import { generatedStream } from "./streams.ts";

const context: ChatChunkContext = {
  id: 'chatcmpl-"content":""',
  model: "m\n",
  createdSeconds: 7,
  includeUsage: true,
};
const body = { error: { message: "cut off", type: "server_error", param: null, code: "stream_interrupted" } };

function encodeAll(events: readonly { type: string }[]): string {
  const encoder = createChatSseEncoder(context);
  const text = events.map((event) => encoder.push(event.type, JSON.stringify(event))).join("");
  return text + encoder.end();
}

describe("createChatSseEncoder", () => {
  it("writes exactly the chunker's chunks, for any stream", () => {
    fc.assert(
      fc.property(generatedStream, ({ events }) => {
        const chunker = createChatChunker(context);
        const chunks = [...events.flatMap((event) => chunker.push(event as CodexEvent)), ...chunker.end()];
        const expected = chunks.map((chunk) => encodeJsonEvent(undefined, JSON.stringify(chunk))).join("");
        expect(encodeAll(events)).toBe(expected + DONE_EVENT);
      }),
    );
  });

  it("writes the same however the backend's bytes are cut", () => {
    fc.assert(
      fc.property(generatedStream, fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1 }), ({ events }, sizes) => {
        const wire = events.map((event) => encodeJsonEvent(event.type, JSON.stringify(event))).join("");
        const bytes = new TextEncoder().encode(wire);
        const encoder = createChatSseEncoder(context);
        let text = "";
        const decoder = createSseDecoder({
          onEvent: ({ data }) => {
            text += encoder.push(peekEventType(data) ?? "", data);
          },
        });
        for (let at = 0, turn = 0; at < bytes.length; turn += 1) {
          const size = sizes[turn % sizes.length] ?? 1;
          decoder.feed(bytes.subarray(at, at + size));
          at += size;
        }
        decoder.end();
        expect(text + encoder.end()).toBe(encodeAll(events));
      }),
    );
  });

  it("believes the data's type before the event line's, and the event line's where the data has none", () => {
    const delta = { item_id: "m", delta: "a" };
    for (const [type, data] of [
      ["message", { type: "response.output_text.delta", ...delta }],
      ["response.output_text.delta", delta],
    ] as const)
      expect(createChatSseEncoder(context).push(type, JSON.stringify(data))).toContain('"content":"a"');
  });

  it("passes over what is no event, and what is malformed but no part of the answer, which it tells", () => {
    const skipped: string[] = [];
    const reporter = { failed: () => body, skipped: (type: string) => void skipped.push(type) };
    const encoder = createChatSseEncoder(context, reporter);
    expect(encoder.push("response.output_text.delta", "[1]")).toBe("");
    expect(encoder.push("", "[DONE]") + encoder.push("", "") + encoder.push("message", " ")).toBe("");
    expect(skipped).toEqual([]);
    expect(encoder.push("codex.rate_limits", "{oops") + encoder.push("keepalive", "oops")).toBe("");
    expect(skipped).toEqual(["codex.rate_limits", "keepalive"]);
  });

  it.each([
    ["response.output_text.delta", "{oops"],
    ["", '{"type":"response.output_te'],
    ["", "oops"],
    ["response.completed", "{"],
    ["x.new", "{"],
  ])("refuses to go on without what may have been a part of the answer: %s %s", (type, data) => {
    expect(() => createChatSseEncoder(context).push(type, data)).toThrow(
      expect.objectContaining({ code: "upstream_malformed" }),
    );
  });

  it("tells a failure as the reporter does, by the first event that told it", () => {
    const seen: CodexEvent[] = [];
    const told = { error: { ...body.error, code: "upstream_failed" } };
    const reporter = { failed: (event: CodexEvent) => (seen.push(event), told), skipped: () => undefined };
    const ending = `data: ${JSON.stringify(told)}\n\n${DONE_EVENT}`;
    const error = { type: "error", error: { code: "server_error" } };
    const failed = { type: "response.failed", response: { error: { code: "server_error" } } };
    for (const events of [[failed], [error, failed], [error]]) {
      const encoder = createChatSseEncoder(context, reporter);
      const text = events.map((event) => encoder.push(event.type, JSON.stringify(event))).join("");
      expect(text + encoder.fail(body)).toBe(ending);
      expect(seen.splice(0)).toEqual(events.slice(0, 1));
    }
    const whole = createChatSseEncoder(context, reporter);
    whole.push("error", JSON.stringify(error));
    whole.push("response.completed", '{"type":"response.completed","response":{}}');
    expect(whole.end() + whole.fail(body)).toBe(DONE_EVENT);
    expect(seen).toEqual([]);
  });

  it("ends a failed stream with the error and [DONE], once", () => {
    const encoder = createChatSseEncoder(context);
    expect(encoder.fail(body)).toBe(`data: ${JSON.stringify(body)}\n\n${DONE_EVENT}`);
    expect(encoder.terminated).toBe(true);
    expect(encoder.fail(body) + encoder.end() + encoder.push("response.output_text.delta", '{"delta":"x"}')).toBe("");
  });

  it("turns response.failed into an error event, and so an error event with nothing after it", () => {
    const failed = { type: "response.failed", response: { id: "r", error: { code: "x", message: "busy" } } };
    expect(encodeAll([failed])).toContain('"error":{"message":"busy","type":"server_error","param":null,"code":"x"}');
    expect(encodeAll([{ type: "error", message: "boom" } as { type: string }])).toContain('"message":"boom"');
  });

  it("tells a break after the backend's own error in the backend's words, once", () => {
    const encoder = createChatSseEncoder(context);
    encoder.push("error", '{"type":"error","code":"busy","message":"Try later."}');
    const expected = { error: { message: "Try later.", type: "server_error", param: null, code: "busy" } };
    expect(encoder.fail(body)).toBe(`data: ${JSON.stringify(expected)}\n\n${DONE_EVENT}`);
    expect(encoder.fail(body)).toBe("");
  });

  it("lets no late failure spoil a whole answer", () => {
    const encoder = createChatSseEncoder(context);
    encoder.push("response.completed", '{"type":"response.completed","response":{}}');
    expect(encoder.fail(body)).toBe(DONE_EVENT);
  });

  const clientOf = (text: string): OpenAI =>
    new OpenAI({
      apiKey: "none",
      maxRetries: 0,
      fetch: () => Promise.resolve(new Response(text, { headers: { "content-type": "text/event-stream" } })),
    });

  it("is read by the official client", async () => {
    const call = { type: "function_call", call_id: "c1", name: "f", arguments: '{"a":1}' };
    const usage = { input_tokens: 1, output_tokens: 2, total_tokens: 3 };
    const text = encodeAll([
      { type: "response.output_text.delta", output_index: 0, delta: "héllo" } as { type: string },
      { type: "response.output_item.done", output_index: 1, item: call } as { type: string },
      { type: "response.completed", response: { id: "r", output: [], usage } } as { type: string },
    ]);
    const stream = clientOf(text).chat.completions.stream({
      model: "m",
      messages: [],
      stream_options: { include_usage: true },
    });
    const completion = await stream.finalChatCompletion();
    expect(completion.choices[0]?.message.content).toBe("héllo");
    expect(completion.choices[0]?.message.tool_calls?.[0]).toMatchObject({
      id: "c1",
      function: { name: "f", arguments: '{"a":1}' },
    });
    expect(completion.choices[0]?.finish_reason).toBe("tool_calls");
    expect(completion.usage?.total_tokens).toBe(3);
  });

  it("makes the official client throw when a stream fails", async () => {
    const encoder = createChatSseEncoder(context);
    const text =
      encoder.push("response.output_text.delta", '{"type":"response.output_text.delta","delta":"a"}') +
      encoder.fail(body);
    const read = async (): Promise<void> => {
      const stream = await clientOf(text).chat.completions.create({ model: "m", messages: [], stream: true });
      for await (const chunk of stream) expect(chunk.object).toBe("chat.completion.chunk");
    };
    await expect(read()).rejects.toThrow(/cut off/);
  });
});
