/** What goes onto the wire for a conversation, and what its answer is worth. */
import { describe, expect, it } from "vitest";
import { AnswerBuilder, emptyMessage } from "../../../src/hosts/pi/extension/answer.ts";
import type { PiContext, PiListedModel, PiMessage } from "../../../src/hosts/pi/extension/host.ts";
import { toRequest } from "../../../src/hosts/pi/extension/request.ts";

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
/** An emoji, and what is left of it when a tool cuts it in half. */
const WHOLE = "😀";
const HALF = WHOLE.slice(0, 1);
const MENDED = "\u{FFFD}";

describe("half an emoji is replaced, and a whole one left,", () => {
  const text = `${WHOLE} ${HALF} ${WHOLE.slice(1)}`;
  const mended = `${WHOLE} ${MENDED} ${MENDED}`;
  const parts = [{ type: "text" as const, text }];

  it.each<[string, PiMessage, unknown]>([
    ["in what the person says", { role: "user", content: text }, { content: [{ type: "input_text", text: mended }] }],
    ["in parts", { role: "user", content: parts }, { content: [{ type: "input_text", text: mended }] }],
    ["in a result", { role: "toolResult", toolCallId: "call_1", content: parts }, { output: mended }],
    [
      "in an answer",
      { ...emptyMessage(model, 0), content: parts },
      { content: [{ type: "output_text", text: mended }] },
    ],
    [
      "in what a tool is called with",
      {
        ...emptyMessage(model, 0),
        content: [{ type: "toolCall", id: "call_1", name: "write", arguments: { files: [{ text, size: 1 }] } }],
      },
      { arguments: JSON.stringify({ files: [{ text: mended, size: 1 }] }) },
    ],
  ])("%s", (_where, message, expected) => {
    expect(toRequest(model, { messages: [message] }, {}).input).toEqual([expect.objectContaining(expected as object)]);
  });

  it("in the prompt, wherever pi has it", () => {
    const within: PiContext = { messages: [{ role: "system", content: text, sections: { how: text } }] };
    expect(toRequest(model, { systemPrompt: text, messages: [] }, {}).instructions).toBe(mended);
    expect(toRequest(model, within, {}).instructions).toBe(`${mended}\n\n${mended}`);
  });
});

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
