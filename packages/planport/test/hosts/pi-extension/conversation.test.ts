/** What pi's conversations become, and what pi is told of answers. */
import { describe, expect, it } from "vitest";
import type { PiContext, PiEvent, PiMessage } from "../../../src/hosts/pi/extension/host.ts";
import { readPartialJson } from "../../../src/hosts/pi/extension/partial-json.ts";
import { failed, overloaded, rateLimit, serverError, usageLimit, unauthorized } from "../../../src/simulator/index.ts";
import { ask, bodies, calls, modelOf, provider, saying, startWorld, type World } from "./kit.ts";

async function open(world: World, env: Record<string, string> = {}) {
  const token = world.simulator.issuePersonalAccessToken();
  return provider({ ...world.env, CODEX_ACCESS_TOKEN: token, ...env }, "codex-token");
}

const weather = {
  name: "get_weather",
  description: "Tells the weather.",
  parameters: { type: "object", properties: { city: { type: "string" } }, required: ["city"] },
};
const callWeather = 'call get_weather with {"city": "Oslo"}';

describe("a conversation", () => {
  it("keeps its prompt and its tools in both places where pi has had them", async () => {
    const world = await startWorld();
    const from = await open(world);
    const model = modelOf(from, "gpt-5.5");
    const beside: PiContext = { systemPrompt: "Be brief.", tools: [weather], messages: saying("hi").messages };
    const within: PiContext = {
      messages: [
        {
          role: "system",
          content: "Be",
          sections: { how: "brief.", gone: "?" },
          toolsAdded: [weather, { name: "old" }],
        },
        ...saying("hi").messages,
        {
          role: "system",
          content: [{ type: "text", text: "Now" }],
          sections: { gone: null },
          toolsRemoved: [{ name: "old" }],
        },
      ],
    };
    await ask(from, model, beside);
    await ask(from, model, within);
    const [first, second] = bodies(world.simulator);
    expect(first?.["instructions"]).toBe("Be brief.");
    expect(second?.["instructions"]).toBe("Be\n\nNow\n\nbrief.");
    for (const body of [first, second])
      expect(body?.["tools"]).toEqual([{ type: "function", strict: false, ...weather }]);
  });

  it("replays reasoning and tool calls on the next turn, with the result of the call", async () => {
    const world = await startWorld();
    const from = await open(world);
    const model = modelOf(from, "gpt-5.5");
    const question = saying(callWeather).messages;
    const tools = [weather];
    const first = await ask(from, model, { messages: question, tools }, { reasoning: "high" });
    expect(first.message.stopReason).toBe("toolUse");
    const call = first.message.content.find((block) => block.type === "toolCall");
    if (call?.type !== "toolCall") throw new Error("there is no call");
    expect(call).toMatchObject({ name: "get_weather", arguments: { city: "Oslo" } });
    const result: PiMessage = { role: "toolResult", toolCallId: call.id, content: [{ type: "text", text: "rain" }] };
    const second = await ask(from, model, { messages: [...question, first.message, result], tools });
    expect(second.message.stopReason).toBe("stop");
    expect(second.text).toContain("rain");
    const input = bodies(world.simulator).at(-1)?.["input"] as Record<string, unknown>[];
    expect(input.map(({ type }) => type)).toEqual(["message", "reasoning", "function_call", "function_call_output"]);
    expect(input[1]?.["encrypted_content"]).toEqual(expect.any(String));
    expect(input[3]).toMatchObject({ call_id: call.id.split("|")[0], output: "rain" });
  });

  it("sends another model's thinking to nobody, and another provider's calls with ids that the backend takes", async () => {
    const world = await startWorld();
    const from = await open(world);
    const model = modelOf(from, "gpt-5.5");
    const foreign: PiMessage = {
      ...(await ask(from, model, "hi")).message,
      provider: "anthropic",
      model: "other",
      content: [
        { type: "thinking", thinking: "hm", thinkingSignature: '{"type":"reasoning","encrypted_content":"x"}' },
        { type: "text", text: "I look." },
        { type: "toolCall", id: "toolu.1:2", name: "get_weather", arguments: { city: "Rome" } },
      ],
    };
    const result: PiMessage = { role: "toolResult", toolCallId: "toolu.1:2", content: [] };
    const { message } = await ask(from, model, { messages: [...saying("hi").messages, foreign, result] });
    expect(message.stopReason).toBe("stop");
    const input = bodies(world.simulator).at(-1)?.["input"] as Record<string, unknown>[];
    expect(input.map(({ type }) => type)).toEqual(["message", "message", "function_call", "function_call_output"]);
    expect([input[2]?.["call_id"], input[3]?.["call_id"]]).toEqual(["toolu_1_2", "toolu_1_2"]);
    expect(input[3]?.["output"]).toBe("(no output)");
  });

  it("leaves out answers that came to no end, and goes on with results whose calls are gone", async () => {
    const world = await startWorld();
    const from = await open(world);
    const model = modelOf(from, "gpt-5.5");
    const cut: PiMessage = {
      ...(await ask(from, model, "hi")).message,
      stopReason: "aborted",
      content: [{ type: "toolCall", id: "call_1|fc_1", name: "get_weather", arguments: {} }],
    };
    const result: PiMessage = {
      role: "toolResult",
      toolCallId: "call_1|fc_1",
      content: [{ type: "text", text: "late" }],
    };
    const { message } = await ask(from, model, { messages: [...saying("hi").messages, cut, result] });
    expect(message).toMatchObject({ stopReason: "stop" });
    expect(JSON.stringify(bodies(world.simulator).at(-1)?.["input"])).toContain("late");
  });

  it("shows images to models that see, and says to others that there was one", async () => {
    const world = await startWorld();
    const from = await open(world);
    const image = { type: "image" as const, data: "iVBORw0KGgo=", mimeType: "image/png" };
    const context: PiContext = { messages: [{ role: "user", content: [{ type: "text", text: "see" }, image] }] };
    await ask(from, modelOf(from, "gpt-5.5"), context);
    await ask(from, { ...modelOf(from, "gpt-5.5"), input: ["text"] }, context);
    const [seen, told] = bodies(world.simulator).map(({ input }) => JSON.stringify(input));
    expect(seen).toContain("data:image/png;base64,iVBORw0KGgo=");
    expect(told).not.toContain("iVBOR");
    expect(told).toContain("this model takes none");
  });

  it("is cached by pi's session, and other extensions may change what is sent", async () => {
    const world = await startWorld();
    const from = await open(world);
    const heard: unknown[] = [];
    await ask(from, modelOf(from, "gpt-5.5"), "hi", {
      sessionId: "0193-session",
      onPayload: (payload) => ({ ...(payload as object), instructions: "Changed." }),
      onResponse: ({ status, headers }) => heard.push(status, typeof headers["x-request-id"]),
    });
    expect(bodies(world.simulator)[0]).toMatchObject({ prompt_cache_key: "0193-session", instructions: "Changed." });
    expect(calls(world.simulator, "responses")[0]?.headers["session-id"]).toBe("0193-session");
    expect(heard).toEqual([200, "string"]);
  });
});

describe("the effort is", () => {
  it("PI-15: pi's level by the model's own name for it; what the model lacks is fitted, and off is as little as it has", async () => {
    const world = await startWorld();
    const from = await open(world);
    const model = modelOf(from, "gpt-5.5");
    expect(model.thinkingLevelMap).toMatchObject({ low: "low", high: "high", minimal: null });
    for (const reasoning of ["low", "high", "minimal", undefined] as const) await ask(from, model, "hi", { reasoning });
    const efforts = bodies(world.simulator).map(({ reasoning }) => (reasoning as { effort: string }).effort);
    expect(efforts).toEqual(["low", "high", "low", "low"]);
    expect(bodies(world.simulator)[0]?.["reasoning"]).toMatchObject({ summary: "auto" });
  });
});

describe("pi is told", () => {
  it("of each part when it begins, grows and ends, with one end to it all", async () => {
    const world = await startWorld();
    const from = await open(world);
    const context = { messages: saying(callWeather).messages, tools: [weather] };
    const { events, message } = await ask(from, modelOf(from, "gpt-5.5"), context, { reasoning: "high" });
    const kinds = events.map(({ type }) => type).filter((type, index, all) => type !== all[index - 1]);
    expect(kinds).toEqual([
      "start",
      "thinking_start",
      "thinking_delta",
      "thinking_end",
      "toolcall_start",
      "toolcall_delta",
      "toolcall_end",
      "done",
    ]);
    const done = events.at(-1) as Extract<PiEvent, { type: "done" }>;
    expect(done.message).toBe(message);
    expect(message.usage.totalTokens).toBe(message.usage.input + message.usage.cacheRead + message.usage.output);
    expect(message.usage.totalTokens).toBeGreaterThan(0);
  });

  it("all of an answer of which only the finished parts came, and of one that says nothing else", async () => {
    const world = await startWorld();
    const from = await open(world);
    const done = (index: number, item: object) =>
      `data: ${JSON.stringify({ type: "response.output_item.done", output_index: index, item })}\n\n`;
    const whole =
      done(0, {
        type: "message",
        id: "msg_1",
        role: "assistant",
        content: [{ type: "output_text", text: "at once" }],
      }) +
      done(1, { type: "function_call", call_id: "call_1", name: "get_weather", arguments: "{}" }) +
      `data: ${JSON.stringify({ type: "response.completed", response: { id: "resp_1", status: "completed" } })}\n\n`;
    const headers = { "content-type": "text/event-stream" };
    world.simulator.script.push("responses", { kind: "http", status: 200, headers, body: whole });
    const { text, message } = await ask(from, modelOf(from, "gpt-5.5"), "hi");
    expect(text).toBe("at once");
    expect(message).toMatchObject({ stopReason: "toolUse", responseId: "resp_1" });
  });

  it("that an answer was cut short", async () => {
    const world = await startWorld();
    const from = await open(world);
    world.simulator.script.push("responses", { kind: "fail", afterEvents: 3, reason: "max_output_tokens" });
    const { message, events } = await ask(from, modelOf(from, "gpt-5.5"), "hi");
    expect(message.stopReason).toBe("length");
    expect(events.at(-1)).toMatchObject({ type: "done", reason: "length" });
  });

  it.each([
    ["content_filter", /content filter/],
    ["timeout 503", /it says/],
  ])(
    "that an answer was broken off for another reason (%s), which is a failure that lasts",
    async (reason, expected) => {
      const world = await startWorld();
      const from = await open(world);
      world.simulator.script.push("responses", { kind: "fail", afterEvents: 3, reason });
      const { message, events } = await ask(from, modelOf(from, "gpt-5.5"), "hi");
      expect(message.stopReason).toBe("error");
      expect(message.errorMessage).toMatch(expected);
      expect(message.errorMessage).not.toMatch(TRIES_AGAIN);
      expect(events.at(-1)).toEqual({ type: "error", reason: "error", error: message });
    },
  );
});

/** What makes pi 0.87 try again, wherever it stands (pi-ai, utils/retry.js); the wordings of other providers left out. */
const TRIES_AGAIN =
  /overloaded|high demand|rate.?limit|too many requests|429|500|502|503|504|520|524|service.?unavailable|server.?error|internal.?error|network.?error|connection.?(error|refused|lost)|fetch failed|socket hang up|timed? out|timeout|terminated|ended without|retry delay/i;

describe("a failure", () => {
  it.each([
    [
      "a plan that is used up",
      usageLimit({ resetsInSeconds: 5_000 }),
      /usage limit of this ChatGPT .* plan is reached/,
    ],
    [
      "a plan without Codex",
      { kind: "http", status: 429, body: { error: { type: "usage_not_included" } } },
      /does not include/,
    ],
    ["a refused token", unauthorized(), /provider_access_denied/],
    ["a refused request", { kind: "http", status: 400, body: { detail: "Bad field 1500 (timeout)" } }, /Bad field/],
  ] as const)(
    "that lasts is told once, in words that pi does not try again for: %s",
    async (_what, effect, expected) => {
      const world = await startWorld();
      const from = await open(world);
      world.simulator.script.always("responses", effect);
      const { message } = await ask(from, modelOf(from, "gpt-5.5"), "hi");
      expect(message.errorMessage).toMatch(expected);
      expect(message.errorMessage).not.toMatch(TRIES_AGAIN);
      expect(calls(world.simulator, "responses")).toHaveLength(1);
    },
  );

  it.each([
    ["too many requests", rateLimit({ retryAfterSeconds: 1 })],
    ["a busy backend", overloaded()],
    ["a broken backend", serverError(500)],
    ["an answer that was cut off", { kind: "drop", afterEvents: 4 }],
  ] as const)("that passes is told in words that pi tries again for: %s", async (_what, effect) => {
    const world = await startWorld();
    const from = await open(world);
    world.simulator.script.push("responses", effect);
    const { message } = await ask(from, modelOf(from, "gpt-5.5"), "hi");
    expect(message.stopReason).toBe("error");
    expect(message.errorMessage).toMatch(TRIES_AGAIN);
  });

  it("for want of room is told in words by which pi makes the conversation shorter", async () => {
    const world = await startWorld();
    const from = await open(world);
    world.simulator.script.push("responses", failed("context_length_exceeded"));
    const { message } = await ask(from, modelOf(from, "gpt-5.5"), "hi");
    expect(message.errorMessage).toMatch(/^The input exceeds the context window/);
    expect(message.errorMessage).not.toMatch(TRIES_AGAIN);
  });

  it("of a setting names the variable", async () => {
    const world = await startWorld();
    const from = await open(world, { PLANPORT_MODEL_ALIASES: "nonsense" });
    const { message } = await ask(from, modelOf(from, "gpt-5.5"), "hi");
    expect(message.errorMessage).toMatch(/^PLANPORT_MODEL_ALIASES must be/);
  });
});

it("arguments that are on their way are shown as far as they make sense", () => {
  expect(readPartialJson('{"path": "a.txt", "text": "one\\ntw')).toEqual({ path: "a.txt", text: "one\ntw" });
  expect(readPartialJson('{"path": "a.txt", "te')).toEqual({ path: "a.txt", te: null });
  expect(readPartialJson('{"list": [1, {"a": "\\u00')).toEqual({ list: [1, { a: "" }] });
  expect(readPartialJson('{"a": 1,')).toEqual({ a: 1 });
  expect(readPartialJson('{"a":')).toEqual({ a: null });
  expect(readPartialJson("nonsense")).toBeUndefined();
});
