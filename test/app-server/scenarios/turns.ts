/**
 * Turns: what is told, how they fail, how they are joined and cut short.
 */
import {
  failed,
  overloadedInStream,
  rateLimit,
  serverError,
  usageLimit,
} from "../../../packages/planport/src/simulator/index.ts";
import type { Effect } from "../../../packages/planport/src/simulator/script/effect.ts";
import type { Scenario, Session } from "../session.ts";

const HELLO = "Reply with exactly: hello";
const LONG = "count to 300";
const NOBODY = "00000000-0000-7000-8000-000000000000";

/** One turn whose first calls meet these. */
const meeting = (...each: (readonly Effect[])[]): Scenario => ({
  run: async (s) => {
    await s.thread();
    for (const effects of each) s.simulator.script.push("responses", ...effects);
    await s.turn(HELLO);
  },
});

const many = (count: number, effect: Effect): (readonly Effect[])[] => Array.from({ length: count }, () => [effect]);

/** A turn that speaks, slowly, and how it is joined or ended. */
async function speaking(s: Session): Promise<string> {
  await s.thread();
  s.simulator.script.push("responses", { kind: "slow", delayMs: 20 });
  const turnId = await s.startTurn(LONG);
  await s.driver.heard("item/agentMessage/delta");
  return turnId;
}

const input = (text: string): readonly object[] => [{ type: "text", text, text_elements: [] }];

export const turnScenarios: Readonly<Record<string, Scenario>> = {
  "turn: two in a row": {
    run: async (s) => {
      await s.thread();
      await s.turn(HELLO);
      await s.turn("Reply with exactly: again");
    },
  },
  "turn: with reasoning that is told": {
    config: 'model_reasoning_summary = "detailed"',
    run: async (s) => {
      await s.thread();
      await s.turn(HELLO, { effort: "high", summary: "detailed" });
    },
  },
  "turn: with an image": {
    run: async (s) => {
      await s.thread();
      const from = s.driver.told.length;
      const url =
        "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";
      await s.ask("turn/start", { threadId: s.threadId, input: [...input(HELLO), { type: "image", url }] });
      await s.driver.heard("turn/completed", from);
    },
  },
  "turn: interrupted, after what cannot be": {
    run: async (s) => {
      const turnId = await speaking(s);
      await s.ask("turn/interrupt", { threadId: s.threadId, turnId: NOBODY });
      await s.ask("turn/interrupt", { threadId: "nope", turnId });
      await s.ask("turn/interrupt", { threadId: NOBODY, turnId });
      await s.ask("turn/interrupt", { threadId: s.threadId, turnId });
      await s.driver.heard("turn/completed");
      await s.ask("turn/interrupt", { threadId: s.threadId, turnId });
      await s.turn(HELLO);
    },
  },
  "turn: steered": {
    run: async (s) => {
      const expectedTurnId = await speaking(s);
      await s.ask("turn/steer", { threadId: s.threadId, expectedTurnId: NOBODY, input: input("no") });
      await s.ask("turn/steer", { threadId: s.threadId, expectedTurnId, input: input(HELLO) });
      await s.driver.heard("turn/completed");
    },
  },
  "turn: started while one runs": {
    run: async (s) => {
      await speaking(s);
      await s.startTurn(HELLO);
      await s.driver.heard("turn/completed");
    },
  },
  "turn: steered where none runs": {
    run: async (s) => {
      await s.thread();
      await s.ask("turn/steer", { threadId: s.threadId, expectedTurnId: NOBODY, input: input("no") });
    },
  },
  "turn: of threads that are not there": {
    run: async (s) => {
      await s.begin();
      await s.ask("turn/start", { threadId: NOBODY, input: input(HELLO) });
      await s.ask("turn/start", { threadId: "nope", input: input(HELLO) });
      await s.ask("turn/start", { input: input(HELLO) });
      await s.ask("turn/start", { threadId: NOBODY });
    },
  },
  "turn: two threads at once": {
    run: async (s) => {
      await s.thread();
      const first = s.threadId;
      await s.turn(HELLO, {}, first);
      const second = await s.startThread();
      await s.turn(HELLO, {}, second);
      await s.turn(HELLO, {}, first);
    },
  },
  "turn: the backend fails once, and then answers": meeting([serverError()]),
  "turn: the stream is cut once": meeting([{ kind: "drop", afterEvents: 3 }]),
  "turn: the stream ends too early once": meeting([{ kind: "end", afterEvents: 3 }]),
  "turn: the request is refused": meeting([
    { kind: "http", status: 400, body: { error: { message: "no such thing", type: "invalid_request_error" } } },
  ]),
  "turn: there is no such place": meeting(...many(20, { kind: "http", status: 404, body: "not here" })),
  "turn: too many requests, for ever": meeting(...many(20, rateLimit())),
  "turn: the plan is used up": meeting([usageLimit({ resetsInSeconds: 60 })]),
  "turn: the plan does not have it": meeting([
    { kind: "http", status: 429, body: { error: { type: "usage_not_included", message: "m" } } },
  ]),
  "turn: the context is too long": meeting([failed("context_length_exceeded")]),
  "turn: the backend is overloaded, within the stream": meeting([overloadedInStream()]),
  "turn: the model is asked too often, within the stream": meeting(...many(20, failed("rate_limit_exceeded"))),
  "turn: the quota is used up, within the stream": meeting([failed("insufficient_quota")]),
  "turn: the prompt is refused, within the stream": meeting([failed("invalid_prompt")]),
  "turn: the answer is incomplete": meeting(...many(20, { kind: "fail", reason: "content_filter" })),
  "turn: an event that nobody knows": meeting([
    { kind: "inject", afterEvents: 2, event: { type: "response.brand_new", x: 1 } },
  ]),
  "turn: an event that is none": meeting([{ kind: "malformed", afterEvents: 2 }]),
};
