/** The gateway, the real client and the simulator of the backend: all that lies between two sockets. */
import OpenAI from "openai";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { Grant } from "../../src/auth/token-source.ts";
import { createHttpClient, type HttpClient } from "../../src/net/index.ts";
import { Secret } from "../../src/secret.ts";
import type { Listening } from "../../src/server/types.ts";
import {
  type Effect,
  htmlChallenge,
  overloadedInStream,
  type Simulator,
  startSimulator,
  usageLimit,
} from "../../src/simulator/index.ts";
import { createCodexClient, resolveEndpoints } from "../../src/upstream/index.ts";
import { type Answer, errorOf, send, serve, startRequest } from "./kit.ts";

let simulator: Simulator;
let http: HttpClient;
beforeAll(async () => {
  simulator = await startSimulator({ seed: "gateway" });
  http = createHttpClient({ env: {} });
});
afterEach(() => simulator.reset());
afterAll(async () => {
  await http.close();
  await simulator.close();
});

async function gateway(): Promise<Listening> {
  const grant: Grant = {
    kind: "chatgpt",
    bearer: new Secret(simulator.issueTokens().accessToken),
    accountId: simulator.accounts.default.id,
    fedramp: false,
    email: null,
    planType: null,
    userId: null,
    expiresAtMs: null,
  };
  const client = createCodexClient({
    tokens: { get: () => Promise.resolve(grant), recover: () => Promise.resolve(null) },
    http,
    endpoints: resolveEndpoints({ baseUrl: simulator.codexBaseUrl }),
    sleep: () => Promise.resolve(),
  });
  return serve({ client });
}
const sdk = (at: Listening) => new OpenAI({ baseURL: `${at.url}/v1`, apiKey: "anything", maxRetries: 2 });

describe("from an OpenAI client to the backend and back", () => {
  it("answers both dialects, streamed and whole, with the same text", async () => {
    const openai = sdk(await gateway());
    const model = "gpt-5.5";
    const whole = (await openai.responses.create({ model, input: "Say something." })).output_text;
    expect(whole).not.toBe("");
    let streamed = "";
    for await (const event of await openai.responses.create({ model, input: "Say something.", stream: true }))
      if (event.type === "response.output_text.delta") streamed += event.delta;
    const messages = [{ role: "user" as const, content: "Say something." }];
    const chat = await openai.chat.completions.create({ model, messages });
    let chunks = "";
    for await (const chunk of await openai.chat.completions.create({ model, messages, stream: true }))
      chunks += chunk.choices[0]?.delta.content ?? "";
    expect([streamed, chat.choices[0]?.message.content, chunks]).toEqual([whole, whole, whole]);
    expect(simulator.completedResponses).toBe(4);
  });

  it("lists the plan's models", async () => {
    const openai = sdk(await gateway());
    const ids: string[] = [];
    for await (const model of openai.models.list()) ids.push(model.id);
    expect(ids).toContain("gpt-5.5");
  });

  it("tells a used-up plan once, in both dialects, streamed or not", async () => {
    const at = await gateway();
    const openai = sdk(at);
    const model = "gpt-5.5";
    const messages = [{ role: "user" as const, content: "hi" }];
    for (const call of [
      () => openai.responses.create({ model, input: "hi", stream: true }),
      () => openai.responses.create({ model, input: "hi" }),
      () => openai.chat.completions.create({ model, messages, stream: true }),
      () => openai.chat.completions.create({ model, messages }),
    ]) {
      simulator.reset();
      simulator.script.push("responses", usageLimit({ resetsInSeconds: 60 }));
      const error = await call().then(
        () => null,
        (thrown: unknown) => thrown,
      );
      expect(error).toBeInstanceOf(OpenAI.RateLimitError);
      expect(error).toMatchObject({ code: "usage_limit_reached", type: "usage_limit_reached" });
      expect(simulator.requests.filter(({ target }) => target === "responses")).toHaveLength(1);
    }
  });

  it("answers a failure that a 200 hides, and a browser challenge, with a status", async () => {
    const at = await gateway();
    const body = JSON.stringify({ model: "gpt-5.5", input: "hi", stream: true });
    for (let i = 0; i < 20; i += 1) simulator.script.push("responses", overloadedInStream());
    const overloaded = await send(at, "/v1/responses", { body });
    expect(overloaded.status).toBe(503);
    expect(overloaded.text).toContain('"code":"upstream_overloaded"');
    simulator.reset();
    for (let i = 0; i < 20; i += 1) simulator.script.push("responses", htmlChallenge());
    const challenged = await send(at, "/v1/responses", { body });
    expect(challenged.status).toBe(502);
    expect(challenged.text).toContain('"code":"upstream_challenged"');
    expect(challenged.text).not.toContain("<html");
  });

  /** Both answers of an endpoint to the same thing going wrong in mid-answer. */
  async function bothWays(at: Listening, path: string, request: object, effect: Effect): Promise<[Answer, Answer]> {
    const answers: Answer[] = [];
    for (const stream of [true, false]) {
      simulator.script.push("responses", effect);
      answers.push(await send(at, path, { body: JSON.stringify({ model: "gpt-5.5", ...request, stream }) }));
    }
    return answers as [Answer, Answer];
  }
  const messages = [{ role: "user" as const, content: "Say something." }];

  it("tells a chat client the same of a failure in mid-answer, streamed or not", async () => {
    const at = await gateway();
    for (const code of ["server_error", "rate_limit_exceeded", "context_length_exceeded", "x_new"]) {
      const effect: Effect = { kind: "fail", afterEvents: 6, error: { code, message: "Gone." } };
      const [streamed, whole] = await bothWays(at, "/v1/chat/completions", { messages }, effect);
      expect(streamed.text).toContain('"content":');
      // They are two calls, each with an id of its own.
      const [one, other] = [streamed.text, whole.text].map((text) => text.replaceAll(/"request_id":"[^"]+"/g, ""));
      expect(one?.endsWith(`\n\ndata: ${other}\n\ndata: [DONE]\n\n`)).toBe(true);
      expect(errorOf(whole)).not.toMatchObject({ code: "server_error" });
    }
  });

  it("passes the backend's own failure on to a Responses client, with the backend's code", async () => {
    const effect: Effect = { kind: "fail", afterEvents: 6, error: { code: "server_error", message: "Gone." } };
    const [streamed, whole] = await bothWays(await gateway(), "/v1/responses", { input: "hi" }, effect);
    const last = streamed.text.trimEnd().split("\n").at(-1) ?? "";
    expect(JSON.parse(last.slice("data: ".length))).toMatchObject({
      type: "response.failed",
      response: { error: { code: "server_error", message: "Gone." } },
    });
    expect([whole.status, errorOf(whole)]).toMatchObject([502, { code: "upstream_failed" }]);
  });

  it("does not pass off as whole an answer of which a part could not be read", async () => {
    const at = await gateway();
    const effect: Effect = { kind: "malformed", afterEvents: 6 };
    const chat = await bothWays(at, "/v1/chat/completions", { messages }, effect);
    expect(chat[0].text).toMatch(/"code":"upstream_malformed"\}\}\n\ndata: \[DONE\]\n\n$/);
    const responses = await bothWays(at, "/v1/responses", { input: "hi" }, effect);
    expect(responses[0].text).toMatch(
      /event: error\ndata: .*\n\nevent: response\.failed\ndata: .*"upstream_malformed".*\n\n$/,
    );
    for (const [streamed, whole] of [chat, responses]) {
      expect([streamed.status, streamed.complete]).toEqual([200, true]);
      expect([whole.status, errorOf(whole)]).toMatchObject([502, { code: "upstream_malformed" }]);
    }
  });

  it("answers with a status when already the first event cannot be read", async () => {
    const at = await gateway();
    const effect: Effect = { kind: "malformed", afterEvents: 0 };
    const chat = await bothWays(at, "/v1/chat/completions", { messages }, effect);
    const responses = await bothWays(at, "/v1/responses", { input: "hi" }, effect);
    for (const answer of [...chat, ...responses])
      expect([answer.status, errorOf(answer)]).toMatchObject([502, { code: "upstream_malformed" }]);
  });

  it("is not disturbed by empty data, a [DONE], or a malformed event beside the answer", async () => {
    const at = await gateway();
    const text = "data:\n\ndata: [DONE]\n\nevent: codex.rate_limits\ndata: {oops\n\nevent: keepalive\ndata: \n\n";
    const effect: Effect = { kind: "malformed", afterEvents: 6, text };
    const chat = await bothWays(at, "/v1/chat/completions", { messages }, effect);
    const responses = await bothWays(at, "/v1/responses", { input: "hi" }, effect);
    expect(chat[0].text).toMatch(/"finish_reason":"stop"[^\n]*\n\ndata: \[DONE\]\n\n$/);
    expect(responses[0].text).toContain("event: response.completed\n");
    expect([...chat, ...responses].map(({ status }) => status)).toEqual([200, 200, 200, 200]);
  });

  it("ends the backend's stream when the client leaves", async () => {
    const at = await gateway();
    simulator.script.push("responses", { kind: "stall", afterEvents: 6 });
    const { request, head } = startRequest(at, "/v1/responses", {
      body: JSON.stringify({ model: "gpt-5.5", input: "hi", stream: true }),
    });
    await head;
    expect(simulator.openResponses).toBe(1);
    request.destroy();
    while (simulator.openResponses > 0) await new Promise((resolve) => setImmediate(resolve));
    expect(simulator.completedResponses).toBe(0);
  });
});
