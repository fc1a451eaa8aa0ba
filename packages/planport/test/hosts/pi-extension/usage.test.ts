/** What an answer is worth. */
import { expect, it } from "vitest";
import { AnswerBuilder, emptyMessage } from "../../../src/hosts/pi/extension/answer.ts";
import type { PiListedModel } from "../../../src/hosts/pi/extension/host.ts";

const model: PiListedModel = {
  id: "gpt-5.5",
  name: "gpt-5.5",
  api: "openai-codex-responses",
  provider: "planport",
  baseUrl: "http://127.0.0.1:9",
  reasoning: true,
  input: ["text", "image"],
  cost: { input: 2, output: 10, cacheRead: 1, cacheWrite: 4 },
  contextWindow: 1,
  maxTokens: 1,
};

it("what was written to the cache is counted by itself, and has its own price", () => {
  const message = emptyMessage(model, 0);
  const usage = {
    input_tokens: 1_000,
    input_tokens_details: { cached_tokens: 100, cache_write_tokens: 300 },
    output_tokens: 50,
    total_tokens: 1_050,
  };
  const response = { id: "resp_1", status: "completed" as const, usage };
  new AnswerBuilder(message, model.cost, () => {}).take({ type: "response.completed", response });
  expect(message.usage).toMatchObject({ input: 600, cacheRead: 100, cacheWrite: 300, output: 50, totalTokens: 1_050 });
  const { total, ...costs } = message.usage.cost;
  expect(costs).toEqual({ input: 0.0012, output: 0.0005, cacheRead: 0.0001, cacheWrite: 0.0012 });
  expect(total).toBeCloseTo(0.003, 12);
});
