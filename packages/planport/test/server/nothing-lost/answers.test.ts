/** What others lose on the way, item by item: reasoning, tiers, usage, and how answers end. See also `leaves.test.ts` and `cache-key.test.ts`. */
import { describe, expect, it } from "vitest";
import type { CodexEvent } from "../../../src/protocol/responses/event.ts";
import { ALL, answer, chunksOf, functionCall, sent, text, toldOf, wholeOf } from "./kit.ts";

describe("reasoning", () => {
  it.each([
    ["chat", { reasoning_effort: "max" }, "reasoning_effort=mapped"],
    ["chat", { reasoning: { effort: "max" } }, "reasoning.effort=mapped"],
    ["responses", { reasoning: { effort: "xhigh" } }, "reasoning.effort=mapped"],
    ["messages", { output_config: { effort: "max" } }, "output_config.effort=mapped"],
  ] as const)(
    "effort of %s %j is brought within what the model lists, and that is told",
    async (dialect, fields, told) => {
      expect((await sent(dialect, { ...fields, model: "picky" }))["reasoning"]).toMatchObject({ effort: "high" });
      expect(await toldOf(dialect, { ...fields, model: "picky" })).toContain(told);
    },
  );
  it("effort that the model lists is left alone", async () => {
    expect((await sent("chat", { reasoning_effort: "low", model: "picky" }))["reasoning"]).toEqual({ effort: "low" });
  });
  it("summaries come as reasoning_content, as items and as thinking, streamed and whole", async () => {
    const thought = {
      type: "reasoning",
      id: "rs_1",
      summary: [{ type: "summary_text", text: "Hm." }],
      encrypted_content: "sealed",
    };
    const events = answer([thought, text("So.")]);
    expect(await wholeOf("chat", events)).toMatchObject({
      choices: [{ message: { reasoning_content: "Hm.", content: "So." } }],
    });
    expect(await chunksOf("chat", events)).toContainEqual(
      expect.objectContaining({ choices: [expect.objectContaining({ delta: { reasoning_content: "Hm." } })] }),
    );
    expect(await wholeOf("responses", events)).toMatchObject({ output: [thought, { type: "message" }] });
    const thinking = { type: "enabled", budget_tokens: 2000 };
    expect(await wholeOf("messages", events, { thinking })).toMatchObject({
      content: [
        { type: "thinking", thinking: "Hm." },
        { type: "text", text: "So." },
      ],
    });
  });
});

describe("the service tier", () => {
  it.each([
    ["auto", undefined],
    ["default", undefined],
    ["flex", "flex"],
    ["priority", "priority"],
    ["fast", "priority"],
  ])("%s is asked for as %s", async (service_tier, expected) => {
    for (const dialect of ["chat", "responses"] as const)
      expect((await sent(dialect, { service_tier }))["service_tier"]).toBe(expected);
  });
  it("of /v1/messages is asked for by `speed`", async () => {
    expect((await sent("messages", { speed: "fast" }))["service_tier"]).toBe("priority");
  });
  it("that served is told in every dialect, streamed and whole", async () => {
    const events = answer([text("So.")], { service_tier: "priority" });
    for (const dialect of ["chat", "responses"] as const)
      expect(await wholeOf(dialect, events)).toMatchObject({ service_tier: "priority" });
    expect(await wholeOf("messages", events)).toMatchObject({ usage: { service_tier: "priority" } });
    for (const dialect of ALL)
      expect(JSON.stringify((await chunksOf(dialect, events)).slice(-2))).toContain('"service_tier":"priority"');
  });
});

describe("usage", () => {
  const usage = {
    input_tokens: 10,
    input_tokens_details: { cached_tokens: 4 },
    output_tokens: 7,
    output_tokens_details: { reasoning_tokens: 5 },
    total_tokens: 17,
  };
  const events = answer([text("So.")], { usage });
  const inChat = {
    prompt_tokens: 10,
    completion_tokens: 7,
    total_tokens: 17,
    prompt_tokens_details: { cached_tokens: 4 },
    completion_tokens_details: { reasoning_tokens: 5 },
  };
  it("comes with the cached and the reasoning tokens", async () => {
    expect(await wholeOf("chat", events)).toMatchObject({ usage: inChat });
    expect(await wholeOf("responses", events)).toMatchObject({ usage });
    expect(await wholeOf("messages", events)).toMatchObject({
      usage: { input_tokens: 6, cache_read_input_tokens: 4, output_tokens: 7 },
    });
  });
  it("comes at the end of a chat's stream when include_usage asks for it, and else not", async () => {
    const asked = await chunksOf("chat", events, { stream_options: { include_usage: true } });
    expect(asked.at(-1)).toMatchObject({ choices: [], usage: inChat });
    expect(await chunksOf("chat", events)).not.toContainEqual(
      expect.objectContaining({ usage: expect.anything() as unknown }),
    );
    expect((await chunksOf("messages", events)).at(-2)).toMatchObject({
      type: "message_delta",
      usage: { output_tokens: 7 },
    });
  });
});

describe("why an answer ended", () => {
  const incomplete = (reason: string): CodexEvent[] => [
    ...answer([text("So.")]).slice(0, -1),
    {
      type: "response.incomplete",
      response: { id: "resp_1", status: "incomplete", incomplete_details: { reason }, output: [] },
    },
  ];
  it.each([
    ["by itself", answer([text("So.")]), "stop", "end_turn"],
    ["in a call", answer([functionCall("call_1")]), "tool_calls", "tool_use"],
    ["at its limit", incomplete("max_output_tokens"), "length", "max_tokens"],
    ["by a filter", incomplete("content_filter"), "content_filter", "refusal"],
  ])("%s", async (_how, events, chat, messages) => {
    expect(await wholeOf("chat", events)).toMatchObject({ choices: [{ finish_reason: chat }] });
    expect(JSON.stringify(await chunksOf("chat", events))).toContain(`"finish_reason":"${chat}"`);
    expect(await wholeOf("messages", events)).toMatchObject({ stop_reason: messages });
    expect(JSON.stringify(await chunksOf("messages", events))).toContain(`"stop_reason":"${messages}"`);
  });
});

describe("what the backend's own tools made", () => {
  const picture = { type: "image_generation_call", id: "ig_1", status: "completed", result: "iVBORw0KGgo=" };
  const search = { type: "web_search_call", id: "ws_1", status: "completed", action: { type: "search", query: "q" } };
  const events = answer([search, picture, text("So.")]);
  const images = [{ type: "image_url", image_url: { url: "data:image/png;base64,iVBORw0KGgo=" } }];
  it("comes to a chat's client: images as such, all else as the item that it is", async () => {
    expect(await wholeOf("chat", events)).toMatchObject({
      choices: [{ message: { content: "So.", images, output_items: [search] }, finish_reason: "stop" }],
    });
    const deltas = (await chunksOf("chat", events)).flatMap(({ choices }) => choices as { delta: object }[]);
    expect(deltas.map(({ delta }) => delta)).toEqual(
      expect.arrayContaining([{ images }, { output_items: [search] }, { content: "So." }]),
    );
  });
  it("comes to a client of /v1/responses as it is", async () => {
    expect(await wholeOf("responses", events)).toMatchObject({ output: [search, picture, { type: "message" }] });
  });
});

it("an output that the terminal event leaves empty is rebuilt from the items, streamed and whole", async () => {
  const items = [text("So."), functionCall("call_1")];
  expect(await wholeOf("responses", answer(items))).toMatchObject({ output: items });
  expect((await chunksOf("responses", answer(items))).at(-1)).toMatchObject({
    type: "response.completed",
    response: { output: items },
  });
});
