import { describe, expect, it } from "vitest";
import { failed, rateLimit, type Simulator } from "../../src/simulator/index.ts";
import { eventsOf, type Json, lastResponse, start, textOf, WEATHER } from "./helpers.ts";

interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly json: Json;
}

async function call(simulator: Simulator, path: string, body?: unknown, key?: string | null): Promise<Answer> {
  const bearer = key === undefined ? simulator.issueApiKey() : key;
  const response = await fetch(simulator.platformBaseUrl + path, {
    method: body === undefined ? "GET" : "POST",
    headers: {
      ...(bearer !== null && { authorization: `Bearer ${bearer}` }),
      ...(body !== undefined && { "content-type": "application/json" }),
    },
    ...(body !== undefined && { body: typeof body === "string" ? body : JSON.stringify(body) }),
  });
  const text = await response.text();
  const isJson = response.headers.get("content-type")?.startsWith("application/json") === true;
  return { status: response.status, headers: response.headers, text, json: isJson ? (JSON.parse(text) as Json) : {} };
}

const errorOf = ({ json }: Answer): Json => json["error"] as Json;
const PONG = { model: "gpt-5.5", input: "Reply with exactly: pong" };

describe("the simulator's plain API", () => {
  it("streams an answer that its last event holds whole", async () => {
    const simulator = await start();
    const { status, text, headers } = await call(simulator, "/responses", { ...PONG, stream: true });
    expect(status).toBe(200);
    const events = eventsOf(text);
    expect(textOf(events)).toBe("pong");
    const last = lastResponse(events);
    expect(last).toMatchObject({ status: "completed", store: true, output: [{ type: "message" }] });
    expect(events[0]).toMatchObject({ type: "response.created", response: { output: [] } });
    expect([...headers.keys()].filter((name) => name.startsWith("x-codex") || name === "x-models-etag")).toEqual([]);
  });

  it("answers in one document unless a stream is asked for, and repeats what was asked", async () => {
    const simulator = await start();
    const asked = { ...PONG, temperature: 0.5, max_output_tokens: 100, metadata: { a: "b" }, user: "me", store: false };
    const { json } = await call(simulator, "/responses", asked);
    expect(json).toMatchObject({
      object: "response",
      status: "completed",
      temperature: 0.5,
      max_output_tokens: 100,
      metadata: { a: "b" },
      user: "me",
      store: false,
    });
    expect(JSON.stringify(json["output"])).toContain("pong");
  });

  it("keeps what it answered, for calls that go on from it, unless store is false", async () => {
    const simulator = await start();
    const tools = [WEATHER];
    const first = await call(simulator, "/responses", { model: "gpt-5.5", input: "Call get_weather for Paris", tools });
    const made = (first.json["output"] as Json[]).find((item) => item["type"] === "function_call");
    const output = { type: "function_call_output", call_id: made?.["call_id"], output: "sunny" };
    const next = { model: "gpt-5.5", previous_response_id: first.json["id"], input: [output], tools };
    const second = await call(simulator, "/responses", next);
    expect(JSON.stringify(second.json["output"])).toContain("sunny");
    const byReference = [{ type: "item_reference", id: made?.["id"] }, output];
    expect((await call(simulator, "/responses", { model: "gpt-5.5", input: byReference, tools })).status).toBe(200);
    const unkept = await call(simulator, "/responses", { ...PONG, store: false });
    const lost = await call(simulator, "/responses", { ...PONG, previous_response_id: unkept.json["id"] });
    expect([lost.status, errorOf(lost)["code"]]).toEqual([400, "previous_response_not_found"]);
  });

  it("takes what the Codex backend refuses, and refuses what only that one knows", async () => {
    const simulator = await start();
    const plain = { ...PONG, truncation: "auto", top_p: 0.9, safety_identifier: "x", prompt_cache_key: "k" };
    expect((await call(simulator, "/responses", plain)).status).toBe(200);
    const refused = await call(simulator, "/responses", { ...PONG, client_metadata: {} });
    expect(refused.status).toBe(400);
    expect(errorOf(refused)).toEqual({
      message: "Unknown parameter: 'client_metadata'.",
      type: "invalid_request_error",
      param: "client_metadata",
      code: "unknown_parameter",
    });
  });

  it.each<[Json | string, string | null, string | null]>([
    [{ input: "x" }, "model", "missing_required_parameter"],
    [{ model: "gpt-5.5" }, "input", "missing_required_parameter"],
    [{ model: "gpt-0", input: "x" }, "model", "model_not_found"],
    [{ model: "gpt-5.5", input: 7 }, "input", "invalid_type"],
    [{ model: "gpt-5.5", input: [7] }, "input[0]", "invalid_type"],
    [{ ...PONG, stream: "yes" }, "stream", "invalid_type"],
    [{ ...PONG, temperature: 3 }, "temperature", "decimal_above_max_value"],
    [{ ...PONG, temperature: "warm" }, "temperature", "invalid_type"],
    [{ ...PONG, max_output_tokens: 5 }, "max_output_tokens", "integer_below_min_value"],
    [{ ...PONG, reasoning: { effort: "ultra" } }, "reasoning.effort", "invalid_value"],
    [{ ...PONG, background: true }, "background", "unsupported_value"],
    [{ ...PONG, conversation: "conv_1" }, "conversation", "unsupported_parameter"],
    [{ ...PONG, tools: [{ type: "function" }] }, "tools[0].name", "missing_required_parameter"],
    [{ model: "gpt-5.5", input: [{ role: "robot", content: "x" }] }, "input[0].role", "invalid_value"],
    ["{", null, null],
  ])("refuses %j and names the field", async (body, param, code) => {
    const answer = await call(await start(), "/responses", body);
    expect(answer.status).toBe(400);
    expect(errorOf(answer)).toMatchObject({ type: "invalid_request_error", param, code });
  });

  it("lists and shows models as OpenAI does", async () => {
    const simulator = await start();
    const entry = { id: "gpt-5.5", object: "model", created: expect.any(Number) as unknown, owned_by: "openai" };
    const list = await call(simulator, "/models");
    expect(list.json).toMatchObject({ object: "list", data: expect.arrayContaining([entry]) as unknown });
    expect((await call(simulator, "/models/gpt-5.5")).json).toEqual(entry);
    const unknown = await call(simulator, "/models/gpt-0");
    expect([unknown.status, errorOf(unknown)["code"]]).toEqual([404, "model_not_found"]);
  });

  it("refuses a key that is missing, unknown or revoked in OpenAI's words, and shows no key whole", async () => {
    const simulator = await start();
    const missing = await call(simulator, "/models", undefined, null);
    expect(missing.status).toBe(401);
    expect(errorOf(missing)["message"]).toMatch(/^You didn't provide an API key\./);
    const key = simulator.issueApiKey();
    expect((await call(simulator, "/models", undefined, key)).status).toBe(200);
    expect(simulator.revokeApiKey(key)).toBe(true);
    expect(simulator.revokeApiKey(key)).toBe(false);
    for (const path of ["/models", "/responses", "/nowhere"]) {
      const answer = await call(simulator, path, undefined, key);
      expect(answer.status).toBe(401);
      expect(errorOf(answer)).toMatchObject({ type: "invalid_request_error", param: null, code: "invalid_api_key" });
      expect(answer.text).toMatch(/^\{"error":\{"message":"Incorrect API key provided: sk-proj-\*+\S{4}\. /);
      expect(answer.text).not.toContain(key);
    }
  });

  it("takes no plan's token, and the Codex backend takes no API key", async () => {
    const simulator = await start();
    const tokens = [simulator.issueTokens().accessToken, simulator.issuePersonalAccessToken()];
    for (const token of tokens) expect((await call(simulator, "/models", undefined, token)).status).toBe(401);
    const response = await fetch(`${simulator.codexBaseUrl}/models`, {
      headers: { authorization: `Bearer ${simulator.issueApiKey()}` },
    });
    expect(response.status).toBe(401);
  });

  it("takes the API key that an ID token is exchanged for", async () => {
    const simulator = await start();
    const response = await fetch(`${simulator.issuer}/oauth/token`, {
      method: "POST",
      body: new URLSearchParams({
        grant_type: "urn:ietf:params:oauth:grant-type:token-exchange",
        requested_token: "openai-api-key",
        subject_token: simulator.issueTokens().idToken,
        subject_token_type: "urn:ietf:params:oauth:token-type:id_token",
      }),
    });
    const { access_token: key } = (await response.json()) as { access_token: string };
    expect((await call(simulator, "/models", undefined, key)).status).toBe(200);
  });

  it("gives out a key over HTTP", async () => {
    const simulator = await start();
    const response = await fetch(`${simulator.origin}/_simulator/issue-api-key`, {
      method: "POST",
      headers: { "content-type": "application/json" },
    });
    const { key } = (await response.json()) as { key: string };
    expect((await call(simulator, "/models", undefined, key)).status).toBe(200);
  });

  it("answers for paths and methods that there are not as OpenAI does", async () => {
    const simulator = await start();
    const nowhere = await call(simulator, "/nowhere");
    expect([nowhere.status, errorOf(nowhere)["message"]]).toEqual([404, "Invalid URL (GET /v1/nowhere)"]);
    const wrong = await call(simulator, "/models", {});
    expect([wrong.status, errorOf(wrong)["code"]]).toEqual([405, "method_not_supported"]);
  });

  it("can be scripted to fail like the rest", async () => {
    const simulator = await start();
    simulator.script.push("responses", rateLimit({ retryAfterSeconds: 1 }));
    const limited = await call(simulator, "/responses", PONG);
    expect(limited.status).toBe(429);
    expect([...limited.headers.keys()].filter((name) => name.startsWith("x-codex"))).toEqual([]);
    simulator.script.push("responses", failed("server_error"));
    const broken = await call(simulator, "/responses", PONG);
    expect([broken.status, errorOf(broken)["code"]]).toEqual([500, "server_error"]);
  });
});
