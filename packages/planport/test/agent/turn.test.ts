import { describe, expect, it } from "vitest";
import type { AgentThread, DynamicToolCall, LocalTool } from "../../src/agent/index.ts";
import { answersOf, eventsOf, newThread, runTurn, setUp, storyOf, untilTold } from "./stage.ts";

const ECHO: LocalTool = {
  wire: { type: "function", name: "echo", parameters: { type: "object", properties: { text: { type: "string" } } } },
  run: ({ input }) => Promise.resolve({ output: `echoed ${input}` }),
};

/** Asks before it does anything. */
const GUARDED: LocalTool = {
  wire: { type: "function", name: "guarded", parameters: { type: "object", properties: {} } },
  async run({ callId }, context) {
    const item = {
      type: "commandExecution" as const,
      id: callId,
      command: "guarded",
      commandActions: [],
      cwd: context.cwd,
      processId: null,
      source: "agent" as const,
      status: "inProgress" as const,
      aggregatedOutput: null,
      exitCode: null,
      durationMs: null,
      pluginId: null,
      scriptPath: null,
      startedAtMs: context.now(),
      completedAtMs: null,
    };
    const asked = { kind: "command", reason: null, commandActions: [], proposedExecpolicyAmendment: [] } as const;
    const outcome = await context.approve({ ...asked, item, availableDecisions: ["accept", "cancel"] });
    const status = outcome === "accept" ? "completed" : outcome === "failed" ? "failed" : "declined";
    context.completed({ ...item, status });
    return { output: status };
  },
};

describe("a turn", () => {
  it("tells of itself in the order in which Codex does, and ends with what the model said", async () => {
    const stage = await setUp();
    const turn = await runTurn(stage, newThread(stage), "Reply with exactly: pong");
    expect(turn.status).toBe("completed");
    expect(turn.items).toMatchObject([{ type: "agentMessage", text: "pong" }]);
    expect(storyOf(stage).filter((line) => !line.endsWith("reasoning"))).toEqual([
      "thread/status/changed",
      "turn/started",
      "item/started userMessage",
      "item/completed userMessage",
      "item/started agentMessage",
      "item/agentMessage/delta",
      "item/completed agentMessage",
      "thread/tokenUsage/updated",
      "account/rateLimits/updated",
      "thread/readState/changed",
      "thread/status/changed",
      "turn/completed",
    ]);
  });

  it("sends what was said before along with the next turn, and adds up what was used", async () => {
    const stage = await setUp();
    const thread = newThread(stage);
    await runTurn(stage, thread, "Reply with exactly: one");
    const { totalTokens } = thread.usage.total;
    await runTurn(stage, thread, "Reply with exactly: two");
    const bodies = stage.simulator.requests.filter(({ target }) => target === "responses").map(({ body }) => body);
    expect(JSON.stringify(bodies[1])).toContain("Reply with exactly: one");
    expect(thread.usage.total.totalTokens).toBe(totalTokens + thread.usage.last.totalTokens);
  });

  it("runs what the model calls, one call after the other, and gives it the results", async () => {
    const stage = await setUp({ tools: [ECHO] });
    const turn = await runTurn(
      stage,
      newThread(stage),
      'call echo with {"text":"a"}, then call echo with {"text":"b"}',
    );
    expect(turn.status).toBe("completed");
    const last = JSON.stringify(stage.simulator.requests.at(-1)?.body);
    expect(last.match(/echoed /g)).toHaveLength(2);
    expect(last.match(/function_call_output/g)).toHaveLength(2);
  });

  it("tells the model of a call that nobody serves, and goes on", async () => {
    const stage = await setUp({ tools: [{ ...ECHO, run: () => Promise.reject(new Error("out of order")) }] });
    const turn = await runTurn(stage, newThread(stage), 'call echo with {"text":"a"}');
    expect(turn.status).toBe("completed");
    expect(JSON.stringify(stage.simulator.requests.at(-1)?.body)).toContain("echo failed: out of order");
  });

  it("has the parent program run its own tools", async () => {
    const stage = await setUp();
    const calls: DynamicToolCall[] = [];
    stage.callTool = (call) => {
      calls.push(call);
      return Promise.resolve({ contentItems: [{ type: "inputText", text: "sunny" }], success: true });
    };
    const inputSchema = { type: "object", properties: { city: { type: "string" } } };
    const dynamicTools = [{ name: "get_weather", namespace: null, description: "weather", inputSchema }];
    await runTurn(stage, newThread(stage, { dynamicTools }), 'call get_weather with {"city":"Oslo"}');
    expect(calls).toMatchObject([{ tool: "get_weather", arguments: { city: "Oslo" } }]);
    const told = eventsOf(stage, "item/completed").map(({ item }) => item);
    expect(told).toContainEqual(
      expect.objectContaining({ type: "dynamicToolCall", status: "completed", success: true }),
    );
    expect(JSON.stringify(stage.simulator.requests.at(-1)?.body)).toContain('"output":"sunny"');
  });

  it("says a failed dynamic call to the model when the parent program does not answer", async () => {
    const stage = await setUp();
    const dynamicTools = [{ name: "get_weather", namespace: null, description: "weather", inputSchema: {} }];
    await runTurn(stage, newThread(stage, { dynamicTools }), 'call get_weather with {"city":"Oslo"}');
    const told = eventsOf(stage, "item/completed").map(({ item }) => item);
    expect(told).toContainEqual(expect.objectContaining({ type: "dynamicToolCall", status: "failed", success: false }));
  });
});

describe("a question to a person", () => {
  const QUESTION = "call guarded with {}";

  it.each([
    ["accept", ["waiting", "item/started", "running", "item/completed"], "completed"],
    ["decline", ["waiting", "item/started", "item/completed", "running"], "completed"],
    ["cancel", ["waiting", "item/started", "item/completed", "running"], "interrupted"],
    ["failed", ["waiting", "item/started", "item/completed", "running"], "completed"],
  ] as const)("%s is told in Codex's order", async (outcome, order, status) => {
    const stage = await setUp({ tools: [GUARDED] });
    stage.approve = () => Promise.resolve(outcome);
    const turn = await runTurn(stage, newThread(stage), QUESTION);
    const told = stage.events.flatMap((event) => {
      if (event.type === "thread/status/changed" && event.fields.status.type === "active")
        return [event.fields.status.activeFlags.length > 0 ? "waiting" : "running"];
      const isCommand = "item" in event.fields && event.fields.item.type === "commandExecution";
      return isCommand ? [event.type] : [];
    });
    expect(told.slice(1)).toEqual(order);
    expect(turn.status).toBe(status);
  });

  it("is over when the turn is interrupted", async () => {
    const stage = await setUp({ tools: [GUARDED] });
    const thread = newThread(stage);
    stage.approve = (signal) =>
      new Promise((resolve) => {
        signal.addEventListener("abort", () => resolve("failed"), { once: true });
        void thread.interrupt(thread.turn?.id ?? "");
      });
    expect((await runTurn(stage, thread, QUESTION)).status).toBe("interrupted");
    expect((await runTurn(stage, thread, "Reply with exactly: still here")).status).toBe("completed");
  });
});

describe("a turn that runs", () => {
  it("takes in what is said meanwhile: the answer is cut, its text dropped, and the model asked again", async () => {
    const stage = await setUp();
    stage.simulator.script.push("responses", { kind: "stall", afterEvents: 8 });
    const thread = newThread(stage);
    const ended = runTurn(stage, thread, "count to 100");
    await untilTold(stage, "item/agentMessage/delta");
    const turn = thread.startTurn([{ type: "text", text: "Reply with exactly: enough" }], {}, { outputSchema: null });
    thread.steer(turn.id, [{ type: "text", text: "Reply with exactly: really enough" }]);
    expect((await ended).id).toBe(turn.id);
    expect(answersOf(stage)).toEqual(["really enough"]);
    expect(eventsOf(stage, "turn/started")).toHaveLength(1);
  });

  it("ends at once when it is interrupted, and the next one knows nothing of the half answer", async () => {
    const stage = await setUp();
    stage.simulator.script.push("responses", { kind: "stall", afterEvents: 8 });
    const thread = newThread(stage);
    const ended = runTurn(stage, thread, "count to 100");
    await untilTold(stage, "item/agentMessage/delta");
    await thread.interrupt(thread.turn?.id ?? "");
    expect(await ended).toMatchObject({ status: "interrupted", error: null, items: [] });
    await runTurn(stage, thread, "Reply with exactly: next");
    expect(answersOf(stage)).toEqual(["next"]);
  });

  it("is waited for by the next one, which can be interrupted in its turn", async () => {
    const stage = await setUp();
    const thread = newThread(stage);
    const start = (text: string): ReturnType<AgentThread["startTurn"]> =>
      thread.startTurn([{ type: "text", text }], {}, { outputSchema: null });
    const first = start("count to 500");
    await untilTold(stage, "turn/started");
    void thread.interrupt(first.id);
    const second = start("count to 500");
    await first.done;
    expect(thread.turn).toBe(second);
    await thread.interrupt(second.id);
    const told = stage.events.flatMap(({ type, fields }) =>
      type === "turn/started" || type === "turn/completed" ? [[type, fields.turn.id]] : [],
    );
    const lives = [first, second].flatMap(({ id }) => [
      ["turn/started", id],
      ["turn/completed", id],
    ]);
    expect(told).toEqual(lives);
    expect(thread.turn).toBeNull();
  });

  it("refuses to be steered or interrupted under another turn's name", async () => {
    const stage = await setUp();
    const thread = newThread(stage);
    expect(() => thread.interrupt("x")).toThrow("no active turn to interrupt");
    const ended = runTurn(stage, thread, "Reply with exactly: pong");
    const id = thread.turn?.id ?? "";
    expect(() => thread.steer("x", [])).toThrow(`expected active turn id \`x\` but found \`${id}\``);
    await ended;
    expect(() => thread.steer(id, [])).toThrow("no active turn to steer");
  });
});
