import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { JsonObject } from "../../src/protocol/json.ts";
import type { CodexEvent } from "../../src/protocol/responses/event.ts";
import { withToolText } from "../../src/server/tool-text.ts";
import { createSseDecoder } from "../../src/sse/decode.ts";
import { encodeJsonEvent } from "../../src/sse/encode.ts";
import { createToolTextStream, type TextFormat } from "../../src/translate/shaping/tool-text.ts";
import type { ByteSink, CodexResponse } from "../../src/upstream/types.ts";

const call = (name: string, json: string): JsonObject => ({
  type: "function_call",
  id: "fc_1",
  call_id: "call_1",
  name,
  arguments: json,
});

function textOf(item: JsonObject, format: TextFormat, names = new Map<string, string>()): unknown {
  const events = createToolTextStream(format, names).push({ type: "response.output_item.done", output_index: 0, item });
  return events.find(({ type }) => type === "response.output_text.delta")?.["delta"];
}

const EVENTS: CodexEvent[] = [
  { type: "response.created", sequence_number: 0, response: { id: "r" } },
  { type: "response.output_text.delta", sequence_number: 1, output_index: 0, delta: "Let me see. é😀" },
  { type: "response.output_item.added", sequence_number: 2, output_index: 1, item: call("f", "") },
  { type: "response.function_call_arguments.delta", sequence_number: 3, output_index: 1, delta: "{" },
  { type: "response.output_item.done", sequence_number: 4, output_index: 1, item: call("f", '{"a":"b"}') },
  {
    type: "response.completed",
    sequence_number: 5,
    response: { id: "r", output: [call("f", '{"a":"b"}'), { ...call("g", "{}"), call_id: "call_2" }] },
  },
];

describe("tool calls as text", () => {
  it("xml stays well-formed whatever the names and values are", () => {
    expect(textOf(call("f", '{"a":"x < y & \\"z\\"","n":5,"o":{"b":[1]}}'), "xml")).toBe(
      '<f>\n<a>x &lt; y &amp; "z"</a>\n<n>5</n>\n<o>{"b":[1]}</o>\n</f>',
    );
    expect(textOf(call("1st tool", '{"a b":"c"}'), "xml")).toBe(
      '<tool name="1st tool">\n<argument name="a b">c</argument>\n</tool>',
    );
    expect(textOf(call("f", ""), "xml")).toBe("<f></f>");
    expect(textOf(call("f", "not json"), "xml")).toBe("<f>\n<input>not json</input>\n</f>");
  });

  it("markdown fences are longer than any in the arguments, and a freeform tool's input is as it was", () => {
    const custom = { type: "custom_tool_call", call_id: "c", name: "apply_patch", input: "```js\nx\n```" };
    expect(textOf(custom, "markdown")).toBe("**apply\\_patch**\n\n````\n```js\nx\n```\n````");
  });

  it("summary is one line, cut at characters", () => {
    const long = "😀".repeat(100);
    const text = String(textOf(call("f", JSON.stringify({ a: "one\ntwo", b: long })), "summary"));
    expect(text).toBe(`[f a: one two, b: ${"😀".repeat(79)}…]`);
  });

  it("tools have the client's names, not the shortened ones", () => {
    expect(textOf(call("short", "{}"), "summary", new Map([["short", "a_very_long_name"]]))).toBe("[a_very_long_name]");
  });

  it("calls that only the last event has are told before it, and the numbers have no gap", () => {
    const stream = createToolTextStream("summary", new Map());
    const events = EVENTS.flatMap((event) => stream.push(event));
    expect(events.map((event) => event["sequence_number"])).toEqual(events.map((_, index) => index));
    const deltas = events.filter(({ type }) => type === "response.output_text.delta").map((event) => event["delta"]);
    expect(deltas).toEqual(["Let me see. é😀", "\n\n[f a: b]", "\n\n[g]"]);
    const { response } = events.at(-1) as unknown as { response: { output: JsonObject[] } };
    expect(response.output.map(({ type }) => type)).toEqual(["message", "message"]);
    expect(JSON.stringify(events)).not.toContain("function_call");
  });

  it("the bytes come to the same however they are cut", () => {
    const bytes = new TextEncoder().encode(
      EVENTS.map((event) => encodeJsonEvent(event.type, JSON.stringify(event))).join(""),
    );
    const read = (sizes: readonly number[]): unknown[] => {
      const seen: unknown[] = [];
      const decoder = createSseDecoder({ onEvent: ({ data }) => seen.push(JSON.parse(data)) });
      let from: ByteSink | null = null;
      const body = { pipe: (sink: ByteSink) => (from = sink) };
      const response = { body } as unknown as CodexResponse;
      const sink: ByteSink = {
        onBytes: (piece) => decoder.feed(piece),
        onEnd: () => seen.push("end"),
        onError: () => seen.push("error"),
      };
      withToolText(response, "xml", new Map()).body.pipe(sink);
      const to = from as ByteSink | null;
      for (let at = 0, turn = 0; at < bytes.length; turn += 1) {
        const size = sizes[turn % sizes.length] ?? 1;
        to?.onBytes(bytes.slice(at, at + size));
        at += size;
      }
      to?.onEnd();
      return seen;
    };
    const whole = read([bytes.length]);
    expect(whole.at(-1)).toBe("end");
    const sizes = fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(sizes, (cuts) => {
        expect(read(cuts)).toEqual(whole);
      }),
    );
  });
});
