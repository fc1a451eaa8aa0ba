import OpenAI from "openai";
import { afterEach, describe, expect, it } from "vitest";
import { openMemory } from "../../src/memory/index.ts";
import { startSimulator, type Simulator } from "../../src/simulator/index.ts";
import { errorOf, fakeClient, send, serve } from "./kit.ts";
import { clientOf } from "./on-simulator.ts";

const open: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of open.splice(0).toReversed()) await close();
});

async function simulated(): Promise<{ simulator: Simulator; sdk: OpenAI; url: string }> {
  const simulator = await startSimulator();
  const { client } = await clientOf(simulator);
  const memory = openMemory({ place: "process", onWarning: () => {} });
  open.push(
    () => simulator.close(),
    () => client.close(),
    () => memory.close(),
  );
  const { url } = await serve({ client, memory });
  return { simulator, url, sdk: new OpenAI({ baseURL: `${url}/v1`, apiKey: "unused", maxRetries: 0 }) };
}

describe("GET /v1/usage", () => {
  it("names the plan's windows by their lengths, tells which one blocks, and gives the backend's words in raw", async () => {
    const { simulator, url } = await simulated();
    const resetsAtMs = Date.now() + 3_600_000;
    simulator.accounts.setUsage({
      primary: { usedPercent: 12, windowMinutes: 300, resetsAtMs },
      secondary: { usedPercent: 100, windowMinutes: 10_080, resetsAtMs },
      credits: { hasCredits: true, unlimited: false, balance: "12.5" },
    });
    const body = (await (await fetch(`${url}/v1/usage`)).json()) as Record<string, unknown>;
    const weekly = { name: "weekly", window_minutes: 10_080, used_percent: 100, blocks: true };
    expect(body).toMatchObject({
      object: "usage",
      allowed: false,
      blocked_by: { ...weekly, resets_at: Math.floor(resetsAtMs / 1000) },
      limits: [{ id: "codex", windows: [{ name: "5-hour", used_percent: 12, blocks: false }, weekly] }],
      credits: { has_credits: true, unlimited: false, balance: "12.5" },
      raw: { rate_limit: { secondary_window: { used_percent: 100, limit_window_seconds: 604_800 } } },
    });
  });

  it("says for an API key that there is no plan", async () => {
    const simulator = await startSimulator();
    open.push(() => simulator.close());
    const { client } = await clientOf(simulator, "apiKey");
    open.push(() => client.close());
    const answer = await send(await serve({ client }), "/v1/usage");
    expect(answer.status).toBe(501);
    expect(errorOf(answer)).toMatchObject({ code: "not_supported", message: expect.stringContaining("has no plan") });
  });
});

describe("POST /v1/responses/compact", () => {
  it("gives OpenAI's client the user's words and one sealed item, with which the conversation goes on", async () => {
    const { simulator, sdk } = await simulated();
    const compacted = await sdk.responses.compact({
      model: "gpt-5.5",
      input: [
        { role: "user", content: "My name is Ada." },
        { role: "assistant", content: "Hello Ada." },
        { role: "user", content: [{ type: "input_text", text: "I like rivers." }] },
      ],
    });
    expect(compacted.object).toBe("response.compaction");
    expect(compacted.usage.total_tokens).toBeGreaterThan(0);
    expect(compacted.output.map(({ type }) => type)).toEqual(["message", "message", "compaction"]);
    expect(compacted.output[0]).toMatchObject({
      role: "user",
      content: [{ type: "input_text", text: "My name is Ada." }],
    });
    const sent = simulator.requests.findLast(({ target }) => target === "responses")?.body as { input: unknown[] };
    expect(sent.input.at(-1)).toEqual({ type: "compaction_trigger" });
    const next = await sdk.responses.create({
      model: "gpt-5.5",
      input: [...(compacted.output as never[]), { role: "user", content: "Reply with exactly: going on" }],
    });
    expect(next.output_text).toBe("going on");
  });

  it("compacts an earlier response that the gateway keeps", async () => {
    const { sdk } = await simulated();
    const first = await sdk.responses.create({ model: "gpt-5.5", input: "Remember the word heron." });
    const compacted = await sdk.responses.compact({ model: "gpt-5.5", previous_response_id: first.id });
    expect(compacted.output).toMatchObject([
      { type: "message", role: "user", content: [{ text: "Remember the word heron." }] },
      { type: "compaction", encrypted_content: expect.any(String) },
    ]);
  });

  it("fails in words when the backend answers without a compacted item", async () => {
    const client = fakeClient((call) => {
      queueMicrotask(() => {
        call.events({
          type: "response.completed",
          response: { id: "resp_1", status: "completed", output: [], usage: null },
        });
        call.end();
      });
      return {};
    });
    const at = await serve({ client });
    const answer = await send(at, "/v1/responses/compact", { body: JSON.stringify({ model: "gpt-x", input: "hi" }) });
    expect(answer.status).toBe(502);
    expect(errorOf(answer)).toMatchObject({ code: "upstream_malformed" });
  });
});

describe("what a plan's backend does not have", () => {
  it.each([
    ["POST", "/v1/embeddings", /local embedding model/],
    ["POST", "/v1/audio/speech", /API key/],
    ["POST", "/v1/audio/transcriptions", /API key/],
    ["POST", "/v1/moderations", /API key/],
    ["GET", "/v1/files", /file_data/],
    ["POST", "/v1/batches", /one by one/],
    ["POST", "/v1/fine_tuning/jobs", /fine-tuned/],
    ["POST", "/v1/assistants", /previous_response_id/],
    ["POST", "/v1/threads/t/runs", /previous_response_id/],
    ["GET", "/v1/vector_stores/vs_1", /texts that matter/],
    ["POST", "/v1/realtime/sessions", /stream: true/],
    ["POST", "/embeddings", /local embedding model/],
    ["POST", "/v1/responses/input_tokens", /count_tokens/],
    ["POST", "/v1/responses/resp_1/cancel", /close the connection/],
  ])("%s %s is a 501 with OpenAI's error body that says what to use", async (method, path, hint) => {
    const answer = await send(await serve(), path, { method });
    expect(answer.status).toBe(501);
    expect(errorOf(answer)).toEqual({
      message: expect.stringMatching(hint),
      type: "invalid_request_error",
      param: null,
      code: "not_supported",
    });
    expect(answer.headers["x-should-retry"]).toBe("false");
  });

  it("is told to a WebSocket for realtime sessions, too", async () => {
    const headers = { connection: "Upgrade", upgrade: "websocket" };
    const answer = await send(await serve(), "/v1/realtime", { headers });
    expect(answer.status).toBe(501);
    expect(errorOf(answer)).toMatchObject({ code: "not_supported" });
  });
});
