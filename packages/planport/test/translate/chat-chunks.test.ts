import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { ChatCompletionChunk, ChatDelta } from "../../src/protocol/chat/chunk.ts";
import type { CodexEvent } from "../../src/protocol/responses/event.ts";
import { type ChatChunkContext, createChatChunker } from "../../src/translate/chat-chunks.ts";
import { toChatCompletion } from "../../src/translate/chat-completion.ts";
import { createResponseFolder } from "../../src/translate/fold-response.ts";
import { generatedStream } from "./streams.ts";

const context: ChatChunkContext = { id: "chatcmpl-1", model: "asked", createdSeconds: 7, includeUsage: false };

function chunksOf(events: readonly object[], fields: Partial<ChatChunkContext> = {}): ChatCompletionChunk[] {
  const chunker = createChatChunker({ ...context, ...fields });
  return [...events.flatMap((event) => chunker.push(event as CodexEvent)), ...chunker.end()];
}

function deltasOf(events: readonly object[], fields: Partial<ChatChunkContext> = {}): ChatDelta[] {
  return chunksOf(events, fields).flatMap(({ choices }) => choices.map(({ delta }) => delta));
}

const join = (deltas: ChatDelta[], key: "content" | "refusal" | "reasoning_content"): string =>
  deltas.map((delta) => delta[key] ?? "").join("");

const finishOf = (events: readonly object[]): unknown => chunksOf(events).at(-1)?.choices[0]?.finish_reason;

const completed = (fields: object = {}): object => ({
  type: "response.completed",
  response: { id: "r", output: [], ...fields },
});
const text = (delta: string, output_index = 0): object => ({
  type: "response.output_text.delta",
  output_index,
  content_index: 0,
  delta,
});
const done = (item: object, output_index = 0): object => ({ type: "response.output_item.done", output_index, item });
const added = (item: object, output_index = 0): object => ({ type: "response.output_item.added", output_index, item });
const message = (value: string): object => ({
  type: "message",
  role: "assistant",
  content: [{ type: "output_text", text: value }],
});
const call = (args: string): object => ({ type: "function_call", id: "fc", call_id: "c1", name: "f", arguments: args });
const custom = (input: string): object => ({ type: "custom_tool_call", id: "ct", call_id: "c2", name: "g", input });

describe("text", () => {
  it("follows one role chunk and ends with stop", () => {
    expect(deltasOf([text("a"), text("b"), done(message("ab")), completed()])).toEqual([
      { role: "assistant", content: "" },
      { content: "a" },
      { content: "b" },
      {},
    ]);
    expect(finishOf([text("a"), completed()])).toBe("stop");
  });

  it("is sent once when only the finished item has it, or only the terminal event", () => {
    expect(join(deltasOf([done(message("whole")), completed()]), "content")).toBe("whole");
    expect(join(deltasOf([completed({ output: [message("whole")] })]), "content")).toBe("whole");
    expect(join(deltasOf([done(message("x")), completed({ output: [message("x")] })]), "content")).toBe("x");
  });

  it("is not sent twice by servers that name no items", () => {
    const bare = (type: string, rest: object): object => ({ type, ...rest });
    const events = [
      bare("response.output_text.delta", { delta: "one " }),
      bare("response.output_item.done", { item: message("one ") }),
      bare("response.output_text.delta", { delta: "two" }),
      bare("response.output_item.done", { item: message("two") }),
      completed({ output: [message("one "), message("two")] }),
    ];
    expect(join(deltasOf(events), "content")).toBe("one two");
  });

  it("sends a part that did not stream beside one that did", () => {
    const item = {
      type: "message",
      content: [
        { type: "output_text", text: "a" },
        { type: "output_text", text: "b" },
      ],
    };
    expect(join(deltasOf([text("a"), done(item), completed()]), "content")).toBe("ab");
  });

  it("brings the pages it cites", () => {
    const annotations = [{ type: "url_citation", start_index: 0, end_index: 1, title: "t", url: "https://x.test" }];
    const item = { type: "message", content: [{ type: "output_text", text: "a", annotations }] };
    expect(deltasOf([text("a"), done(item), completed()])).toContainEqual({
      annotations: [
        { type: "url_citation", url_citation: { start_index: 0, end_index: 1, title: "t", url: "https://x.test" } },
      ],
    });
  });
});

describe("refusal and reasoning", () => {
  it("streams a refusal", () => {
    const item = { type: "message", content: [{ type: "refusal", refusal: "no" }] };
    const delta = { type: "response.refusal.delta", output_index: 0, content_index: 0, delta: "no" };
    expect(join(deltasOf([delta, done(item), completed()]), "refusal")).toBe("no");
    expect(join(deltasOf([done(item), completed()]), "refusal")).toBe("no");
  });

  const summary = (delta: string, summary_index?: number): object => ({
    type: "response.reasoning_summary_text.delta",
    item_id: "rs",
    ...(summary_index !== undefined && { summary_index }),
    delta,
  });
  const item = {
    type: "reasoning",
    id: "rs",
    summary: [
      { type: "summary_text", text: "one" },
      { type: "summary_text", text: "two" },
    ],
  };

  it("parts the reasoning summary by blank lines, streamed or not, numbered or not", () => {
    const part = { type: "response.reasoning_summary_part.added", item_id: "rs" };
    const numbered = [part, summary("o", 0), summary("ne", 0), part, summary("two", 1), done(item), completed()];
    const unnumbered = [part, summary("one"), part, summary("two"), done(item), completed()];
    for (const events of [numbered, unnumbered, [done(item), completed()]])
      expect(join(deltasOf(events), "reasoning_content")).toBe("one\n\ntwo");
  });

  it("shows raw reasoning text where a model gives it", () => {
    const raw = { type: "response.reasoning_text.delta", item_id: "rs", content_index: 0, delta: "hm" };
    expect(join(deltasOf([raw, completed()]), "reasoning_content")).toBe("hm");
  });
});

describe("tool calls", () => {
  const args = (delta: string): object => ({ type: "response.function_call_arguments.delta", output_index: 0, delta });

  it("streams id and name first, then the arguments, and never sends them twice", () => {
    const events = [added(call("")), args('{"a":'), args("1}"), done(call('{"a":1}')), completed()];
    expect(deltasOf(events).flatMap(({ tool_calls }) => tool_calls ?? [])).toEqual([
      { index: 0, id: "c1", type: "function", function: { name: "f", arguments: "" } },
      { index: 0, function: { arguments: '{"a":' } },
      { index: 0, function: { arguments: "1}" } },
    ]);
    expect(finishOf(events)).toBe("tool_calls");
  });

  it.each([
    ["no deltas came", [added(call("")), done(call("{}"))]],
    ["nothing but the finished item came", [done(call("{}"))]],
    ["nothing but the terminal event came", [completed({ output: [call("{}")] })]],
    ["deltas came before the name", [args("{"), args("}"), added(call("")), done(call("{}"))]],
  ])("sends the arguments once when %s", (_case, events) => {
    const pieces = deltasOf([...events, completed()]).flatMap(({ tool_calls }) => tool_calls ?? []);
    expect(pieces[0]).toMatchObject({ index: 0, id: "c1" });
    expect(pieces.map((piece) => piece.function?.arguments).join("")).toBe("{}");
  });

  it("keeps indexes apart for parallel calls of both kinds", () => {
    const events = [
      added(call("")),
      added(custom(""), 1),
      { type: "response.custom_tool_call_input.delta", item_id: "ct", delta: "raw" },
      args("{}"),
      done(call("{}")),
      done(custom("raw"), 1),
      completed(),
    ];
    expect(deltasOf(events).flatMap(({ tool_calls }) => tool_calls ?? [])).toEqual([
      { index: 0, id: "c1", type: "function", function: { name: "f", arguments: "" } },
      { index: 1, id: "c2", type: "custom", custom: { name: "g", input: "" } },
      { index: 1, custom: { input: "raw" } },
      { index: 0, function: { arguments: "{}" } },
    ]);
  });

  it("gives shortened names back in full", () => {
    const [first] = deltasOf([done(call("{}"))], { toolNames: new Map([["f", "f_in_full"]]) }).flatMap(
      ({ tool_calls }) => tool_calls ?? [],
    );
    expect(first?.function?.name).toBe("f_in_full");
  });

  it("writes function_call for clients that asked with functions", () => {
    const events = [added(call("")), args("{}"), done(call("{}")), completed()];
    expect(deltasOf(events, { legacyFunctions: true })).toContainEqual({ function_call: { name: "f", arguments: "" } });
    expect(chunksOf(events, { legacyFunctions: true }).at(-1)?.choices[0]?.finish_reason).toBe("function_call");
  });
});

describe("the end", () => {
  it.each([
    [{ reason: "max_output_tokens" }, "length"],
    [{ reason: "content_filter" }, "content_filter"],
    [{ reason: "interrupted" }, "stop"],
  ])("names why an incomplete answer stopped: %j", (incomplete_details, reason) => {
    expect(finishOf([text("a"), { type: "response.incomplete", response: { incomplete_details } }])).toBe(reason);
  });

  it("marks an answer whose terminal event never came as cut short", () => {
    expect(finishOf([text("a")])).toBe("length");
  });

  it("tells the usage in a chunk without choices, and null before it, only when asked", () => {
    const usage = {
      input_tokens: 10,
      input_tokens_details: { cached_tokens: 4 },
      output_tokens: 5,
      output_tokens_details: { reasoning_tokens: 2 },
      total_tokens: 15,
    };
    const events = [text("a"), completed({ usage })];
    expect(chunksOf(events).some((chunk) => "usage" in chunk)).toBe(false);
    const chunks = chunksOf(events, { includeUsage: true });
    expect(chunks.slice(0, -1).every((chunk) => chunk.usage === null)).toBe(true);
    expect(chunks.at(-1)).toMatchObject({
      choices: [],
      usage: {
        prompt_tokens: 10,
        completion_tokens: 5,
        total_tokens: 15,
        prompt_tokens_details: { cached_tokens: 4 },
        completion_tokens_details: { reasoning_tokens: 2 },
      },
    });
  });

  it("names the model and tier that served", () => {
    const created = { type: "response.created", response: { id: "r", model: "served" } };
    const chunks = chunksOf([created, text("a"), completed({ service_tier: "priority" })]);
    expect(chunks.map(({ model }) => model)).toEqual(["served", "served", "served"]);
    expect(chunks.map(({ service_tier }) => service_tier)).toEqual([undefined, undefined, "priority"]);
    expect(chunksOf([text("a")])[0]?.model).toBe("asked");
  });

  it("reports a failure and makes no finish chunk of it", () => {
    const chunker = createChatChunker(context);
    const error = { code: "server_is_overloaded", message: "busy" };
    expect(chunker.push({ type: "response.failed", response: { id: "r", error } })).toEqual([]);
    expect(chunker.terminated).toBe(true);
    expect(chunker.failure).toMatchObject(error);
    expect(chunker.end()).toEqual([]);
  });
});

describe("for any stream", () => {
  it("the chunks add up to the completion of the folded response", () => {
    fc.assert(
      fc.property(generatedStream, ({ events, text: full, calls }) => {
        const folder = createResponseFolder();
        for (const event of events) folder.push(event);
        const completion = toChatCompletion(folder.result(), context).choices[0];
        const deltas = deltasOf(events);
        expect(join(deltas, "content")).toBe(full);
        expect(completion?.message.content ?? "").toBe(full);
        expect(completion?.message.reasoning_content ?? "").toBe(join(deltas, "reasoning_content"));
        expect(completion?.finish_reason).toBe(finishOf(events));
        for (const name of ["images", "output_items"] as const)
          expect(completion?.message[name] ?? []).toEqual(deltas.flatMap((delta) => delta[name] ?? []));

        const pieces = deltas.flatMap(({ tool_calls }) => tool_calls ?? []);
        const streamed = calls.map((_, index) => pieces.filter((piece) => piece.index === index));
        expect(
          streamed.map((of) => ({
            call_id: of[0]?.id,
            name: of[0]?.function?.name ?? of[0]?.custom?.name,
            arguments: of.map((piece) => piece.function?.arguments ?? piece.custom?.input).join(""),
            custom: of[0]?.type === "custom",
          })),
        ).toEqual(calls);
        expect(completion?.message.tool_calls?.length ?? 0).toBe(calls.length);
      }),
    );
  });

  it("unknown events change nothing", () => {
    const noise = fc.record({
      type: fc.oneof(
        fc.string().map((name) => `x.${name}`),
        fc.constantFrom("toString", "__proto__", "response.done"),
      ),
      item: fc.jsonValue(),
      delta: fc.jsonValue(),
      output_index: fc.nat(),
    });
    fc.assert(
      fc.property(generatedStream, noise, fc.nat(20), ({ events }, event, at) => {
        expect(chunksOf(events.toSpliced(at, 0, event))).toEqual(chunksOf(events));
      }),
    );
  });

  it("known events with strange fields never throw", () => {
    const type = fc.constantFrom(
      "response.created",
      "response.output_item.added",
      "response.output_item.done",
      "response.output_text.delta",
      "response.refusal.delta",
      "response.reasoning_summary_text.delta",
      "response.function_call_arguments.delta",
      "response.custom_tool_call_input.delta",
      "response.completed",
      "response.failed",
      "error",
    );
    const strange = fc.record(
      {
        type,
        item: fc.jsonValue(),
        delta: fc.jsonValue(),
        output_index: fc.jsonValue(),
        response: fc.jsonValue(),
        error: fc.jsonValue(),
      },
      { requiredKeys: ["type"] },
    );
    fc.assert(
      fc.property(fc.array(strange), (events) => {
        expect(chunksOf(events)).toBeInstanceOf(Array);
        const folder = createResponseFolder();
        for (const event of events) folder.push(event);
        expect(folder.result()).toHaveProperty("output");
      }),
    );
  });
});
