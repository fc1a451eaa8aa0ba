/**
 * What a transport tells of an answer, and of one that fails.
 */
import { describe, expect, it } from "vitest";
import type { TransportEvent } from "../../src/hosts/transport/index.ts";
import type { JsonObject } from "../../src/protocol/json.ts";
import { type Answer, call, completed, created, events, plain, stream, text } from "./support/answers.ts";
import { all, build, endOf, HELLO, told } from "./support/transport-kit.ts";

describe("events", () => {
  it("AX-08: text comes in the pieces in which it was written, and one end", async () => {
    const list = await told(...["Hel", "lo", " ", "wor", "ld"].map(text), completed({ usage: { input_tokens: 3 } }));
    expect(list.slice(0, 5)).toEqual(
      ["Hel", "lo", " ", "wor", "ld"].map((delta) => ({ type: "text_delta", index: 0, delta })),
    );
    expect(list.slice(5)).toEqual([
      {
        type: "iteration_end",
        iteration: 0,
        stopReason: "end_turn",
        usage: { inputTokens: 3, outputTokens: 0, cachedInputTokens: 0, reasoningTokens: 0 },
        model: expect.any(String) as string,
        reasoning: [],
      },
    ]);
  });

  it("AX-08: a call begins with its name and id, and its input comes under that id", async () => {
    const list = await told(...call(1, "call_a", "add", '{"a":', "1}"), completed());
    expect(list.slice(0, -1)).toEqual([
      { type: "tool_use_start", index: 1, toolUseId: "call_a", name: "add" },
      { type: "tool_input_delta", index: 1, toolUseId: "call_a", partialJson: '{"a":' },
      { type: "tool_input_delta", index: 1, toolUseId: "call_a", partialJson: "1}" },
    ]);
    expect(endOf(list).stopReason).toBe("tool_use");
  });

  it("calls at the same time keep apart", async () => {
    const list = await told(...call(0, "a", "f", "{}"), ...call(1, "b", "g", "[", "]"), completed());
    const inputs = list.filter((event) => event.type === "tool_input_delta");
    expect(inputs.map(({ toolUseId, partialJson }) => toolUseId + partialJson)).toEqual(["a{}", "b[", "b]"]);
  });

  it("a call's input that came in no piece, or not all of it, is told when the call is done", async () => {
    const [added, , , done] = call(0, "a", "f", "{}") as [JsonObject, JsonObject, JsonObject, JsonObject];
    const list = await told(added, done, completed());
    expect(list[1]).toEqual({ type: "tool_input_delta", index: 0, toolUseId: "a", partialJson: "{}" });
    const onlyDone = await told(done, completed());
    expect(onlyDone.map(({ type }) => type)).toEqual(["tool_use_start", "tool_input_delta", "iteration_end"]);
  });

  it("AX-08: input of a call that did not begin comes under the id it has", async () => {
    const delta = { type: "response.function_call_arguments.delta", item_id: "fc_strange", delta: "{" };
    const [first] = await told(delta, completed());
    expect(first).toEqual({ type: "tool_input_delta", index: 0, toolUseId: "fc_strange", partialJson: "{" });
  });

  it("AX-08: reasoning comes before text, and sealed with the end", async () => {
    const item = { type: "reasoning", id: "rs_1", summary: [], encrypted_content: "sealed" };
    const list = await told(
      { type: "response.reasoning_summary_text.delta", delta: "Hmm." },
      { type: "response.output_item.done", output_index: 0, item },
      text("Yes."),
      completed(),
    );
    expect(list.slice(0, 2)).toEqual([
      { type: "reasoning_delta", index: 0, delta: "Hmm." },
      { type: "text_delta", index: 0, delta: "Yes." },
    ]);
    expect(endOf(list).reasoning).toEqual([item]);
  });

  it("AX-07: what is not known says nothing, and neither does [DONE]", async () => {
    const { transport } = build([
      () =>
        stream(
          [created, { type: "response.something_new", x: 1 }, text("a"), completed()]
            .map((event) => `data: ${JSON.stringify(event)}\r\n\r\n`)
            .join("") + "data: [DONE]\n\n",
          1,
        ),
    ]);
    expect((await all(transport.stream(HELLO))).map(({ type }) => type)).toEqual(["text_delta", "iteration_end"]);
  });

  it.each([
    ["completed", { status: "completed" }, "end_turn"],
    ["a status of a later backend", { status: "finished_otherwise" }, "end_turn"],
    ["no status", { status: null }, "end_turn"],
    ["max_output_tokens", { status: "max_output_tokens" }, "max_tokens"],
    ["length", { status: "length" }, "max_tokens"],
    ["a call in the output alone", { output: [{ type: "function_call", call_id: "a" }] }, "tool_use"],
    ["an output without calls", { output: [{ type: "message" }] }, "end_turn"],
  ])("AX-09: the stop reason of %s", async (_what, fields, stopReason) => {
    expect(endOf(await told(text("a"), completed(fields))).stopReason).toBe(stopReason);
  });

  it.each([
    ["max_output_tokens", "max_tokens"],
    ["content_filter", "content_filter"],
    ["something else", "end_turn"],
  ])("AX-09: an answer that is incomplete by %s ends with %s", async (reason, stopReason) => {
    const response = { id: "r", status: "incomplete", incomplete_details: { reason }, output: [] };
    expect(endOf(await told(text("a"), { type: "response.incomplete", response })).stopReason).toBe(stopReason);
  });

  it("AX-10: usage that is missing counts as 0", async () => {
    const usage = {
      input_tokens: 7,
      output_tokens: 5,
      input_tokens_details: { cached_tokens: 2 },
      output_tokens_details: { reasoning_tokens: 1 },
    };
    expect(endOf(await told(text("a"), completed({ usage }))).usage).toEqual({
      inputTokens: 7,
      outputTokens: 5,
      cachedInputTokens: 2,
      reasoningTokens: 1,
    });
    expect(endOf(await told(text("a"), completed({ usage: null }))).usage).toMatchObject({ inputTokens: 0 });
  });
});

describe("failures", () => {
  it("AX-09: an answer that ends without an end is an error, after the text that came", async () => {
    const { transport, fetch } = build([events(created, text("half"))]);
    const seen: TransportEvent[] = [];
    const read = async (): Promise<void> => {
      for await (const event of transport.stream(HELLO)) seen.push(event);
    };
    await expect(read()).rejects.toMatchObject({ code: "stream_interrupted" });
    expect(seen).toHaveLength(1);
    expect(fetch.asked).toHaveLength(1);
  });

  it("AX-08: a failed answer is an error with the backend's words", async () => {
    const error = { code: "context_length_exceeded", message: "Your input is too long." };
    const failed = { type: "response.failed", response: { id: "r", status: "failed", error } };
    await expect(told(failed)).rejects.toMatchObject({ code: "context_length_exceeded" });
  });

  it("AX-14: a 429 and a 5xx are tried again, as often as maxRetries says", async () => {
    const busy = plain(500, { error: { message: "busy" } });
    const limited = plain(429, { error: { message: "slow" } }, { "retry-after": "0" });
    const good = events(created, text("ok"), completed());
    const { transport, fetch } = build([limited, busy, good], { maxRetries: 2 });
    expect((await all(transport.stream(HELLO)))[0]).toMatchObject({ delta: "ok" });
    expect(fetch.asked).toHaveLength(3);
    const poor = build([busy], { maxRetries: 1 });
    await expect(all(poor.transport.stream(HELLO))).rejects.toMatchObject({ name: "UpstreamError" });
    expect(poor.fetch.asked).toHaveLength(2);
  });

  it("AX-14: a connection that breaks before anything was told is tried again, and not after it", async () => {
    const broken: Answer = () => {
      throw Object.assign(new TypeError("fetch failed"), {
        cause: Object.assign(new Error("reset"), { code: "ECONNRESET" }),
      });
    };
    const { transport, fetch } = build([broken, events(created, text("ok"), completed())]);
    expect(await all(transport.stream(HELLO))).toHaveLength(2);
    expect(fetch.asked).toHaveLength(2);
  });

  it("a used-up plan is told at once", async () => {
    const { transport, fetch } = build([plain(429, { error: { type: "usage_limit_reached", resets_in_seconds: 60 } })]);
    await expect(all(transport.stream(HELLO))).rejects.toMatchObject({ code: "usage_limit_reached" });
    expect(fetch.asked).toHaveLength(1);
  });

  it("AX-14: other refusals are told at once", async () => {
    const { transport, fetch } = build([plain(400, { detail: "Bad tool" })]);
    await expect(all(transport.stream(HELLO))).rejects.toMatchObject({ status: 400 });
    expect(fetch.asked).toHaveLength(1);
  });

  it("without an access token nothing is sent, and an API key never", async () => {
    const none = build([], { apiKey: "" });
    await expect(all(none.transport.stream(HELLO))).rejects.toMatchObject({ code: "credential_missing" });
    const key = build([], { apiKey: "sk-made-up" });
    await expect(all(key.transport.stream(HELLO))).rejects.toMatchObject({ code: "credential_wrong_route" });
    expect([...none.fetch.asked, ...key.fetch.asked, ...key.fetch.listed]).toEqual([]);
  });

  it("an abort ends the call, and leaving the loop does, too", async () => {
    const held: Answer = () => {
      const first = `data: ${JSON.stringify(created)}\n\ndata: ${JSON.stringify(text("a"))}\n\n`;
      const body = new ReadableStream<Uint8Array>({ start: (c) => c.enqueue(new TextEncoder().encode(first)) });
      return new Response(body, { headers: { "content-type": "text/event-stream" } });
    };
    const { transport, fetch } = build([held]);
    const abort = new AbortController();
    const read = async (): Promise<void> => {
      for await (const _event of transport.stream(HELLO, [], "", { signal: abort.signal })) abort.abort();
    };
    await expect(read()).rejects.toMatchObject({ code: "cancelled" });
    for await (const _event of transport.stream(HELLO)) break;
    await expect.poll(() => fetch.asked.map(({ signal }) => signal?.aborted)).toEqual([true, true]);
  });
});
