/** With an API key the dialects keep what OpenAI's plain API takes beyond the Codex backend, and ask for nothing of their own accord. */
import { expect, it } from "vitest";
import type { JsonObject } from "../../src/protocol/json.ts";
import { completed, created, done, fakeClient, send, serve } from "./kit.ts";

async function pass(
  path: string,
  body: object,
): Promise<{ readonly sent: JsonObject; readonly told: string | undefined }> {
  const client = fakeClient((call) => {
    call.events(created, done("hello"), completed);
    return {};
  });
  const at = await serve({ client: Object.assign(client, { route: "platform" as const }) });
  const answer = await send(at, path, { body: JSON.stringify({ model: "gpt-4o", ...body }) });
  expect(answer.status, answer.text).toBe(200);
  return { sent: client.calls[0]?.request ?? {}, told: answer.headers["x-planport-changes"] as string | undefined };
}

const messages = [{ role: "user", content: "hi" }];

it("/v1/messages keeps temperature, top_p and max_tokens, is not stored, and reasons only when asked", async () => {
  const asked = { messages, max_tokens: 50, temperature: 0.2, top_p: 0.9, top_k: 4 };
  const { sent, told } = await pass("/v1/messages", asked);
  expect(sent).toMatchObject({ max_output_tokens: 50, temperature: 0.2, top_p: 0.9, store: false });
  expect(sent).not.toHaveProperty("reasoning");
  expect(sent).not.toHaveProperty("include");
  expect(told).toBe("top_k=dropped");
});

it("/v1/messages gets its thinking sealed when it is on, since the client brings it back", async () => {
  const { sent } = await pass("/v1/messages", {
    messages,
    max_tokens: 50,
    thinking: { type: "enabled", budget_tokens: 2000 },
  });
  expect(sent).toMatchObject({
    reasoning: { effort: "low", summary: "auto" },
    include: ["reasoning.encrypted_content"],
  });
});

it("/v1/completions keeps temperature, top_p and max_tokens, and asks for no reasoning", async () => {
  const { sent, told } = await pass("/v1/completions", {
    prompt: "hi",
    max_tokens: 50,
    temperature: 0.2,
    top_p: 0.9,
    seed: 1,
  });
  expect(sent).toMatchObject({ max_output_tokens: 50, temperature: 0.2, top_p: 0.9, store: false });
  expect(sent).not.toHaveProperty("reasoning");
  expect(told).toBe("seed=dropped, prompt=mapped");
});
