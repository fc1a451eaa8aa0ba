import OpenAI from "openai";
import { describe, expect, it } from "vitest";
import type { OpenAIErrorBody } from "../../src/protocol/error-body.ts";
import { createSseDecoder } from "../../src/sse/decode.ts";
import { createResponsesSseEncoder } from "../../src/translate/responses-passthrough.ts";

const body: OpenAIErrorBody = {
  error: { message: "cut off", type: "server_error", param: null, code: "stream_interrupted" },
};
const created =
  '{"type":"response.created","sequence_number":0,"response":{"id":"resp_9","model":"m","status":"in_progress"}}';
const done =
  '{"type":"response.output_item.done","sequence_number":4,"output_index":0,"item":{"type":"message","id":"m1"}}';

function decode(text: string): { event?: string | undefined; data: string }[] {
  const events: { event?: string | undefined; data: string }[] = [];
  createSseDecoder({ onEvent: ({ event, data }) => events.push({ event, data }) }).feed(new TextEncoder().encode(text));
  return events;
}

describe("createResponsesSseEncoder", () => {
  it("writes events as they came", () => {
    const json = '{"type":"x.new",  "b":1.0}';
    expect(createResponsesSseEncoder().push("x.new", json)).toBe(`event: x.new\ndata: ${json}\n\n`);
  });

  it("keeps data of several lines whole and a strange type out of the event line", () => {
    const json = '{\n"type":"a\\nb"}';
    expect(decode(createResponsesSseEncoder().push("a\nb", json))).toEqual([{ event: undefined, data: json }]);
  });

  it("rebuilds an empty output in the terminal event and keeps a full one byte for byte", () => {
    const completed = '{"type":"response.completed","sequence_number":5,"response":{"id":"resp_9","output":[]}}';
    const encoder = createResponsesSseEncoder();
    encoder.push("response.output_item.done", done);
    const [event] = decode(encoder.push("response.completed", completed));
    expect(JSON.parse(event?.data ?? "")).toEqual({
      type: "response.completed",
      sequence_number: 5,
      response: { id: "resp_9", output: [{ type: "message", id: "m1" }] },
    });
    expect(encoder.terminated).toBe(true);
    expect(encoder.fail(body)).toBe("");

    const full = '{"type":"response.completed","response":{"id":"resp_9","output":[{"type":"message"}]}}';
    const other = createResponsesSseEncoder();
    other.push("response.output_item.done", done);
    expect(other.push("response.completed", full)).toContain(full);
  });

  it("drops the marker that only chat streams have, and empty data", () => {
    const encoder = createResponsesSseEncoder();
    expect(encoder.push("", "[DONE]") + encoder.push("", "")).toBe("");
  });

  it("passes malformed data of no consequence on and tells of it, and stops at any other", () => {
    const skipped: string[] = [];
    const reporter = { failed: () => body, skipped: (type: string) => void skipped.push(type) };
    const encoder = createResponsesSseEncoder(reporter);
    expect(encoder.push("codex.rate_limits", "{oops")).toBe("event: codex.rate_limits\ndata: {oops\n\n");
    expect(skipped).toEqual(["codex.rate_limits"]);
    expect(() => encoder.push("response.completed", "{oops")).toThrow(
      expect.objectContaining({ code: "upstream_malformed" }),
    );
    expect(encoder.terminated).toBe(false);
    expect(encoder.pass('event: response.output_text.delta\ndata: {"type":"response.output_te\n\n')).toBe(null);
  });

  it("reports the backend's own failure, once, and passes it on unchanged", () => {
    const seen: unknown[] = [];
    const reporter = { failed: (event: unknown) => (seen.push(event), body), skipped: () => undefined };
    const error = '{"type":"error","error":{"code":"server_error","message":"x"}}';
    const failed = '{"type":"response.failed","response":{"id":"r","error":{"code":"server_error"}}}';
    const encoder = createResponsesSseEncoder(reporter);
    expect(encoder.push("error", error)).toBe(`event: error\ndata: ${error}\n\n`);
    expect(encoder.push("response.failed", failed)).toBe(`event: response.failed\ndata: ${failed}\n\n`);
    expect(seen).toEqual([JSON.parse(error)]);
  });

  it("fails with the response's id, the next sequence numbers and the items that were finished", () => {
    const encoder = createResponsesSseEncoder();
    encoder.push("response.created", created);
    encoder.push("response.output_item.done", done);
    const [error, failed] = decode(encoder.fail(body)).map(({ data }) => JSON.parse(data) as Record<string, unknown>);
    expect(error).toMatchObject({ type: "error", sequence_number: 5, code: "stream_interrupted", message: "cut off" });
    expect(failed).toMatchObject({
      type: "response.failed",
      sequence_number: 6,
      response: { id: "resp_9", status: "failed", output: [{ id: "m1" }], error: { code: "stream_interrupted" } },
    });
    expect(encoder.terminated).toBe(true);
  });

  it("makes the official client throw when a stream fails", async () => {
    const encoder = createResponsesSseEncoder();
    const text = encoder.push("response.created", created) + encoder.fail(body);
    const client = new OpenAI({
      apiKey: "none",
      maxRetries: 0,
      fetch: () => Promise.resolve(new Response(text, { headers: { "content-type": "text/event-stream" } })),
    });
    const seen: string[] = [];
    const read = async (): Promise<void> => {
      const stream = await client.responses.create({ model: "m", input: "hi", stream: true });
      for await (const event of stream) seen.push(event.type);
    };
    await expect(read()).rejects.toThrow(/cut off/);
    expect(seen).toEqual(["response.created"]);
  });
});
