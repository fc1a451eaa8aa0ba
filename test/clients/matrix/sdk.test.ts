/**
 * Client libraries on conversations of several turns with tools, an image and a schema, against `planport serve`.
 */
import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect } from "vitest";
import { type Simulator, startSimulator } from "../../../packages/planport/src/simulator/index.ts";
import { type Conversation, proofs, proveRow, runScenario, sentSince } from "../support/matrix.ts";
import { entryOf } from "../support/roster.ts";
import { signedInHome, startGateway } from "../support/stack.ts";

const QUESTIONS = JSON.parse(
  readFileSync(new URL("../scenarios/questions.json", import.meta.url), "utf8"),
) as readonly string[];

let simulator: Simulator;
let url: string;

beforeAll(async () => {
  simulator = await startSimulator();
  url = new URL((await startGateway(simulator, signedInHome(simulator))).baseURL).origin;
});
afterAll(() => simulator.close());

function held(id: string, script: string, model: string, variant?: string): () => Promise<Conversation> {
  return async () => {
    const from = simulator.requests.length;
    const options = { url, model, ...(variant !== undefined && { variant }) };
    const outcome = await runScenario(entryOf(id), script, options);
    return { outcome, sent: sentSince(simulator, from) };
  };
}

describe("OpenAI's library", () => {
  proveRow("openai-6-chat", QUESTIONS, held("openai-6-chat", "openai-chat.mjs", "gpt-5.5"));
  proveRow("openai-6-responses", QUESTIONS, held("openai-6-responses", "openai-responses.mjs", "gpt-5.5", "items"));
  proveRow("openai-7-chat", QUESTIONS, held("openai-7-chat", "openai-chat.mjs", "gpt-6.1-sol"));
  proveRow("openai-7-responses", QUESTIONS, held("openai-7-responses", "openai-responses.mjs", "gpt-6.1-sol", "chain"));
});

describe("AI SDK", () => {
  const { reasoning } = proofs(QUESTIONS);
  // On Chat Completions it has no place for reasoning, so that it can show none.
  const unseen = {
    reasoning: (conversation: Conversation) =>
      reasoning({ ...conversation, outcome: { ...conversation.outcome, shownReasoning: null } }),
  };
  proveRow("ai-6-chat", QUESTIONS, held("ai-6-chat", "ai-sdk.mjs", "gpt-5.5", "chat"), unseen);
  proveRow("ai-6-responses", QUESTIONS, held("ai-6-responses", "ai-sdk.mjs", "gpt-5.5", "responses"));
  proveRow("ai-7-chat", QUESTIONS, held("ai-7-chat", "ai-sdk.mjs", "gpt-6.1-sol", "chat"), unseen);
  proveRow("ai-7-responses", QUESTIONS, held("ai-7-responses", "ai-sdk.mjs", "gpt-6.1-sol", "responses"));
});

describe("Anthropic's library", () => {
  const conversation = held("anthropic", "anthropic.mjs", "gpt-5.5");
  const usual = proofs(QUESTIONS);
  proveRow("anthropic", QUESTIONS, conversation, {
    "multi-turn": (held) => {
      usual["multi-turn"](held);
      // More than the words alone: tools, calls and results count, too.
      expect(held.outcome.countedTokens).toBeGreaterThan(QUESTIONS.join(" ").length / 4);
    },
  });
});
