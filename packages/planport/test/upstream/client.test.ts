import type { ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { describe, expect, it } from "vitest";
import type { CodexEvent } from "../../src/protocol/responses/event.ts";
import { Secret } from "../../src/secret.ts";
import {
  COMPLETED,
  CREATED,
  answerWith,
  collect,
  delta,
  failWith,
  failureOf,
  grant,
  startBackend,
  testClient,
  tokenSource,
} from "./support.ts";

const HELLO = { model: "m", input: "hello" };
const OVERLOADED: CodexEvent = {
  type: "response.failed",
  response: { id: "r", status: "failed", error: { code: "server_is_overloaded", message: "busy" } },
};
const ok = (response: ServerResponse): void => answerWith(response, CREATED, delta("hi"), COMPLETED);

describe("a model call", () => {
  it("carries the translated request, the bearer and the conversation, and gives head and events", async () => {
    const backend = await startBackend((response) => {
      response.setHeader("openai-model", "m-served");
      response.setHeader("x-codex-primary-used-percent", "5");
      response.setHeader("set-cookie", ["a=1", "b=2"]);
      ok(response);
    });
    const { client } = testClient(backend.origin);
    const response = await client.send({ ...HELLO, temperature: 0.2 }, { threadId: "thread-1", turnState: "turn" });
    expect(backend.calls[0]?.body).toMatchObject({
      model: "m",
      store: false,
      stream: true,
      input: [{ type: "message", role: "user", content: [{ type: "input_text", text: "hello" }] }],
    });
    expect(backend.calls[0]?.headers).toMatchObject({
      authorization: "Bearer token-1",
      "chatgpt-account-id": "account-1",
      "thread-id": "thread-1",
      "x-codex-turn-state": "turn",
      accept: "text/event-stream",
      version: "0.169.0",
    });
    expect(response).toMatchObject({
      status: 200,
      requestId: "req-1",
      servedModel: "m-served",
      accountId: "account-1",
      lite: false,
      usage: { primary: { usedPercent: 5 } },
    });
    expect(response.changes.map((change) => change.path)).toContain("temperature");
    expect(response.headers).not.toHaveProperty("set-cookie");
    await expect(collect(response.events)).resolves.toEqual([CREATED, delta("hi"), COMPLETED]);
  });

  it("goes out in Responses-Lite shape, and says so, when the catalogue says the model takes it", async () => {
    const backend = await startBackend(ok, (request, response) => {
      if (request.url?.includes("/models") !== true) return false;
      response.end('{"models":[{"slug":"m","use_responses_lite":true}]}');
      return true;
    });
    const response = await testClient(backend.origin).client.send(HELLO);
    response.body.cancel();
    expect(response.lite).toBe(true);
    expect(backend.calls[0]?.headers["x-openai-internal-codex-responses-lite"]).toBe("true");
    expect(backend.calls[0]?.body).toMatchObject({ parallel_tool_calls: false });
  });

  it("goes out by the built-in catalogue when the backend has none", async () => {
    const backend = await startBackend(ok, (_request, response) => {
      response.writeHead(500).end();
      return true;
    });
    const { client } = testClient(backend.origin);
    const response = await client.send({ ...HELLO, model: "gpt-6-sol" });
    response.body.cancel();
    expect(response.lite).toBe(true);
    expect((await client.models()).models.map((model) => model.slug)).toContain("gpt-5.5");
  });

  it("fetches the catalogue again after an answer names another etag", async () => {
    const backend = await startBackend(
      (response) => {
        response.setHeader("x-models-etag", '"new"');
        ok(response);
      },
      (request, response) => {
        if (request.url?.includes("/models") !== true) return false;
        response.setHeader("etag", '"old"');
        response.end('{"models":[{"slug":"m"}]}');
        return true;
      },
    );
    const { client } = testClient(backend.origin);
    await collect((await client.send(HELLO)).events);
    await client.models();
    expect(backend.lines.filter((line) => line.startsWith("GET"))).toHaveLength(2);
  });

  it("of a model that the account does not have names those it has", async () => {
    const backend = await startBackend((response) =>
      failWith(response, 400, { detail: "The 'x' model is not supported when using Codex with a ChatGPT account." }),
    );
    const error = await failureOf(testClient(backend.origin).client.send({ ...HELLO, model: "x" }));
    expect([error.code, error.status]).toEqual(["model_not_found", 400]);
    expect(error.message).toMatch(/"x".*Valid: m;/);
    expect(backend.calls).toHaveLength(0);
  });

  it("of a model that the backend refuses although it is listed names those there are", async () => {
    const backend = await startBackend((response) =>
      failWith(response, 400, { detail: "The 'm' model is not supported when using Codex with a ChatGPT account." }),
    );
    const error = await failureOf(testClient(backend.origin).client.send(HELLO));
    expect([error.code, error.status]).toEqual(["model_not_found", 400]);
    expect(error.message).toMatch(/"m".*Models of this account: m\.$/);
  });
});

describe("retries", () => {
  it("are told before each wait", async () => {
    const backend = await startBackend((response, index) => {
      if (index < 2) response.writeHead(500).end();
      else ok(response);
    });
    const told: [string, number][] = [];
    const { client } = testClient(backend.origin);
    const onRetry = (error: { readonly code: string }, delayMs: number): void => void told.push([error.code, delayMs]);
    (await client.send(HELLO, { onRetry })).body.cancel();
    expect(told).toEqual([
      ["upstream_failed", 200],
      ["upstream_failed", 400],
    ]);
  });

  it("repeat a failed call with the same body and growing waits", async () => {
    const backend = await startBackend((response, index) =>
      index < 3 ? failWith(response, 500, { error: { message: "boom" } }) : ok(response),
    );
    const { client, delays } = testClient(backend.origin);
    await expect(collect((await client.send(HELLO)).events)).resolves.toHaveLength(3);
    expect(delays).toEqual([200, 400, 800]);
    expect(new Set(backend.calls.map((call) => JSON.stringify(call.body))).size).toBe(1);
    expect(new Set(backend.calls.map((call) => call.headers["thread-id"])).size).toBe(1);
  });

  it("end with the error after the last one", async () => {
    const backend = await startBackend((response) => failWith(response, 503, {}));
    const { client } = testClient(backend.origin, { retry: { maxRetries: 2 } });
    await expect(failureOf(client.send(HELLO))).resolves.toMatchObject({ code: "upstream_overloaded" });
    expect(backend.calls).toHaveLength(3);
  });

  it("wait as long as Retry-After says", async () => {
    const backend = await startBackend((response, index) =>
      index === 0 ? failWith(response, 429, {}, { "retry-after": "7" }) : ok(response),
    );
    const { client, delays } = testClient(backend.origin);
    (await client.send(HELLO)).body.cancel();
    expect(delays).toEqual([7000]);
  });

  it.each<[string, number, unknown, Record<string, string>, string]>([
    ["a long Retry-After", 429, {}, { "retry-after": "3600" }, "rate_limited"],
    ["a usage limit", 429, { error: { type: "usage_limit_reached", resets_in_seconds: 5 } }, {}, "usage_limit_reached"],
    ["a bad request", 400, { detail: "no" }, {}, "upstream_invalid_request"],
    ["a refusal", 403, { detail: "no" }, {}, "access_denied"],
  ])("do not happen for %s", async (_name, status, body, headers, code) => {
    const backend = await startBackend((response) => failWith(response, status, body, headers));
    const { client, delays } = testClient(backend.origin);
    await expect(failureOf(client.send(HELLO))).resolves.toMatchObject({ code });
    expect([backend.calls.length, delays]).toEqual([1, []]);
  });

  it("lift an overload out of a 200 and try again", async () => {
    const backend = await startBackend((response, index) =>
      index === 0
        ? answerWith(response, CREATED, { type: "response.in_progress", response: { id: "r" } }, OVERLOADED)
        : ok(response),
    );
    const { client, delays } = testClient(backend.origin);
    await expect(collect((await client.send(HELLO)).events)).resolves.toEqual([CREATED, delta("hi"), COMPLETED]);
    expect(delays).toEqual([200]);
  });

  it("give the lifted failure its status when they are used up", async () => {
    const backend = await startBackend((response) => answerWith(response, CREATED, OVERLOADED));
    const error = await failureOf(testClient(backend.origin).client.send(HELLO));
    expect([error.code, error.status, backend.calls.length]).toEqual(["upstream_overloaded", 503, 5]);
  });

  it.each<[string, (response: ServerResponse) => void, string]>([
    ["is empty", (response) => answerWith(response), "stream_interrupted"],
    ["ends after the preamble", (response) => answerWith(response, CREATED), "stream_interrupted"],
    [
      "is cut off",
      (response) => (response.writeHead(200).write(": x\n\n"), setImmediate(() => response.destroy())),
      "stream_interrupted",
    ],
    ["is a JSON error", (response) => failWith(response, 200, { error: { message: "m" } }), "upstream_failed"],
  ])("happen when a 200's stream %s before it says anything", async (_name, answer, code) => {
    const backend = await startBackend((response, index) => (index === 0 ? answer(response) : ok(response)));
    const { client, delays } = testClient(backend.origin);
    (await client.send(HELLO)).body.cancel();
    expect(delays).toHaveLength(1);
    const once = await startBackend(answer);
    const error = await failureOf(testClient(once.origin, { retry: { maxRetries: 0 } }).client.send(HELLO));
    expect(error.code).toBe(code);
  });

  it.each<[string, (response: ServerResponse) => void, RegExp]>([
    [
      "a redirect, which is not followed",
      (response) => response.writeHead(307, { location: "/elsewhere" }).end(),
      /redirect \(HTTP 307\), which is not followed\.$/,
    ],
    [
      "a web page",
      (response) => response.setHeader("content-type", "text/html").end("<html>log in</html>"),
      /answered with a web page: [^?]*\.$/,
    ],
  ])("do not happen for %s", async (_name, answer, words) => {
    const backend = await startBackend(answer);
    const error = await failureOf(testClient(backend.origin).client.send(HELLO));
    expect(error.code).toBe("upstream_malformed");
    expect(error.message).toMatch(words);
    expect(backend.calls).toHaveLength(1);
  });

  it("say what cut a stream off in words", async () => {
    const backend = await startBackend((response) => {
      response.writeHead(200).write(": x\n\n");
      setImmediate(() => (response.socket as Socket).resetAndDestroy());
    });
    const error = await failureOf(testClient(backend.origin, { retry: { maxRetries: 0 } }).client.send(HELLO));
    expect(error.code).toBe("stream_interrupted");
    expect(error.message).not.toMatch(/[A-Z]{4,}|_/);
  });

  it("happen for a server that cannot be reached", async () => {
    const { client, delays } = testClient("http://127.0.0.1:1");
    const error = await failureOf(client.send(HELLO));
    expect(error.code).toBe("upstream_unreachable");
    expect(delays).toHaveLength(4);
  });
});

describe("a rejected bearer", () => {
  const unauthorized = (response: ServerResponse): void => failWith(response, 401, { detail: "Unauthorized" });

  it("is replaced once, and the call repeated at once", async () => {
    const backend = await startBackend((response, index) => (index === 0 ? unauthorized(response) : ok(response)));
    const tokens = tokenSource(grant(), grant({ bearer: new Secret("token-2") }));
    const { client, delays } = testClient(backend.origin, { tokens });
    (await client.send(HELLO)).body.cancel();
    expect(backend.calls.map((call) => call.headers.authorization)).toEqual(["Bearer token-1", "Bearer token-2"]);
    expect([tokens.rejected.length, delays]).toEqual([1, []]);
  });

  it("is not replaced a second time in the same call, retries included", async () => {
    const backend = await startBackend((response, index) =>
      index === 1 ? failWith(response, 500, {}) : unauthorized(response),
    );
    const tokens = tokenSource(grant(), grant({ bearer: new Secret("token-2") }));
    const { client } = testClient(backend.origin, { tokens });
    await expect(failureOf(client.send(HELLO))).resolves.toMatchObject({ code: "credential_rejected", status: 401 });
    expect([backend.calls.length, tokens.rejected.length]).toEqual([3, 1]);
  });

  it("stands when there is no other, with what to do about it", async () => {
    const backend = await startBackend(unauthorized);
    const tokens = tokenSource(grant({ kind: "personalAccessToken" }));
    const error = await failureOf(testClient(backend.origin, { tokens }).client.send(HELLO));
    expect(error.code).toBe("credential_rejected");
    expect(error.message).toMatch(/Mint a new Codex access token/);
    expect(backend.calls).toHaveLength(1);
  });

  it("is replaced for models and usage too", async () => {
    const backend = await startBackend(ok, (request, response) => {
      if (request.headers.authorization === "Bearer token-1") response.writeHead(401).end();
      else
        response.end(request.url?.includes("usage") === true ? '{"plan_type":"plus"}' : '{"models":[{"slug":"live"}]}');
      return true;
    });
    const replacement = grant({ bearer: new Secret("token-2") });
    const models = testClient(backend.origin, { tokens: tokenSource(grant(), replacement) }).client;
    expect((await models.models()).models.map((model) => model.slug)).toEqual(["live"]);
    const usage = testClient(backend.origin, { tokens: tokenSource(grant(), replacement) }).client;
    await expect(usage.usage()).resolves.toEqual({ plan_type: "plus" });
    expect(backend.lines.at(-1)).toBe("GET /backend-api/wham/usage");
  });
});
