import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { CodexEvent } from "../../src/protocol/responses/event.ts";
import type { ResponseObject } from "../../src/protocol/responses/response.ts";
import { createResponseFolder } from "../../src/translate/fold-response.ts";
import { generatedStream } from "./streams.ts";

function fold(events: readonly object[]): ResponseObject {
  const folder = createResponseFolder();
  for (const event of events) folder.push(event as CodexEvent);
  return folder.result();
}

const created = { type: "response.created", response: { id: "resp_1", status: "in_progress", model: "m" } };
const item = (index: number, text: string): object => ({
  type: "response.output_item.done",
  output_index: index,
  item: { type: "message", id: `msg_${index}`, role: "assistant", content: [{ type: "output_text", text }] },
});

function textOf(response: ResponseObject): string {
  return (response.output ?? [])
    .filter(({ type }) => type === "message")
    .flatMap((message) => message["content"] as { text: string }[])
    .map(({ text }) => text)
    .join("");
}

describe("createResponseFolder", () => {
  it("rebuilds an empty output in output_index order", () => {
    const usage = { input_tokens: 1, output_tokens: 2, total_tokens: 3 };
    const response = fold([
      created,
      item(1, "world"),
      item(0, "hello "),
      { type: "response.completed", response: { id: "resp_1", output: [], usage } },
    ]);
    expect(textOf(response)).toBe("hello world");
    expect(response).toMatchObject({ id: "resp_1", model: "m", status: "completed", usage });
  });

  it("trusts an output that the terminal event brings", () => {
    const output = [{ type: "message", role: "assistant", content: [] }];
    expect(fold([created, item(0, "x"), { type: "response.completed", response: { id: "r", output } }]).output).toBe(
      output,
    );
  });

  it("rebuilds items that bear no index and no id", () => {
    const done = (text: string): object => ({
      type: "response.output_item.done",
      item: { type: "message", role: "assistant", content: [{ type: "output_text", text }] },
    });
    const delta = { type: "response.output_text.delta", delta: "a" };
    expect(
      textOf(fold([created, delta, done("a"), done("b"), { type: "response.completed", response: { id: "r" } }])),
    ).toBe("ab");
  });

  it("keeps the error of a failed and the reason of an incomplete response", () => {
    const error = { code: "server_is_overloaded", message: "busy" };
    expect(fold([created, { type: "response.failed", response: { id: "r", error } }])).toMatchObject({
      status: "failed",
      error,
    });
    const incomplete_details = { reason: "max_output_tokens" };
    expect(fold([{ type: "response.incomplete", response: { id: "r", incomplete_details } }])).toMatchObject({
      status: "incomplete",
      incomplete_details,
    });
  });

  it("keeps what streamed of items that were never finished", () => {
    const response = fold([
      created,
      { type: "response.output_text.delta", output_index: 0, item_id: "msg_0", delta: "par" },
      { type: "response.output_text.delta", output_index: 0, item_id: "msg_0", delta: "tial" },
      {
        type: "response.output_item.added",
        output_index: 1,
        item: { type: "function_call", id: "fc", call_id: "c", name: "f", arguments: "" },
      },
      { type: "response.function_call_arguments.delta", item_id: "fc", delta: '{"a"' },
    ]);
    expect(textOf(response)).toBe("partial");
    expect(response.output?.[1]).toMatchObject({ call_id: "c", arguments: '{"a"', status: "incomplete" });
    expect(response).toMatchObject({ status: "failed", error: { code: "stream_interrupted" } });
  });

  it("reports the stream's own error event when nothing terminal followed", () => {
    expect(fold([created, { type: "error", error: { type: "server_error", message: "boom" } }]).error).toEqual({
      code: "server_error",
      message: "boom",
    });
    expect(fold([{ type: "error", code: "c", message: "m" }]).error).toEqual({ code: "c", message: "m" });
  });

  it("gives the concatenation of the streamed text and every call, for any stream", () => {
    fc.assert(
      fc.property(generatedStream, ({ events, text, calls }) => {
        const response = fold(events);
        expect(textOf(response)).toBe(text);
        const folded = (response.output ?? [])
          .filter(({ type }) => type === "function_call" || type === "custom_tool_call")
          .map((call) => ({
            call_id: call["call_id"],
            name: call["name"],
            arguments: call["arguments"] ?? call["input"],
            custom: call.type === "custom_tool_call",
          }));
        expect(folded).toEqual(calls);
      }),
    );
  });

  it("is not moved by unknown events, whatever they hold", () => {
    const noise = fc.record({
      type: fc.string().map((name) => `x.${name}`),
      item: fc.jsonValue(),
      output_index: fc.nat(),
    });
    fc.assert(
      fc.property(generatedStream, noise, fc.nat(20), ({ events }, event, at) => {
        expect(fold(events.toSpliced(at, 0, event))).toEqual(fold(events));
      }),
    );
  });
});
