import type { ServerResponse } from "node:http";
import { describe, expect, it } from "vitest";
import { Secret } from "../../src/secret.ts";
import { resolveEndpoints } from "../../src/upstream/endpoints.ts";
import { httpClient } from "../net/support.ts";
import {
  COMPLETED,
  CREATED,
  answerWith,
  collect,
  delta,
  failureOf,
  grant,
  startBackend,
  testClient,
  tokenSource,
} from "./support.ts";

const HELLO = { model: "m", input: "hello" };
const ok = (response: ServerResponse): void => answerWith(response, CREATED, delta("hi"), COMPLETED);

describe("where a call goes", () => {
  const accounts = (origin: string, override: string): string =>
    JSON.stringify({
      accounts: [{ id: "account-1", workspace_backend_origin: origin, account_routing_override: override }],
    });

  function routed(origin: string): { endpoints: ReturnType<typeof resolveEndpoints> } {
    return { endpoints: resolveEndpoints({ chatgptBaseUrl: `${origin}/backend-api` }) };
  }

  it("is found out once and remembered, with the override header it asks for", async () => {
    const backend = await startBackend(ok, (request, response) => {
      if (request.url !== "/backend-api/wham/accounts/check") return false;
      response.end(accounts("NO_CONSTRAINT", "us"));
      return true;
    });
    const { client } = testClient(backend.origin, routed(backend.origin));
    for (let i = 0; i < 2; i++) await collect((await client.send(HELLO)).events);
    expect(backend.lines).toEqual([
      "GET /backend-api/wham/accounts/check",
      "GET /backend-api/codex/models?client_version=0.169.0",
      "POST /backend-api/codex/responses",
      "POST /backend-api/codex/responses",
    ]);
    expect(backend.calls[0]?.headers["x-openai-account-routing-override"]).toBe("us");
  });

  it("is not asked when the base is explicit", async () => {
    const backend = await startBackend(ok);
    (await testClient(backend.origin).client.send(HELLO)).body.cancel();
    expect(backend.lines.filter((line) => line.includes("accounts"))).toEqual([]);
  });

  it("is asked again when it could not be found, and then fails in words", async () => {
    let asked = 0;
    const backend = await startBackend(ok, (request, response) => {
      if (request.url?.includes("accounts") === true) asked++;
      else return false;
      response.writeHead(404).end();
      return true;
    });
    const { client } = testClient(backend.origin, routed(backend.origin));
    const error = await failureOf(client.send(HELLO));
    expect(error.code).toBe("routing_failed");
    expect(error.message).toMatch(/which server serves this workspace.*HTTP 404/);
    expect([asked, backend.calls.length]).toEqual([5, 0]);
    expect((await client.models()).models.map((model) => model.slug)).toEqual(["m"]);
  });

  it("is asked again with a new bearer after a 401", async () => {
    const backend = await startBackend(ok, (request, response) => {
      if (request.url?.includes("accounts") !== true) return false;
      if (request.headers.authorization === "Bearer token-1") response.writeHead(401).end();
      else response.end(accounts("NO_CONSTRAINT", "NO_CONSTRAINT"));
      return true;
    });
    const tokens = tokenSource(grant(), grant({ bearer: new Secret("token-2") }));
    const { client, delays } = testClient(backend.origin, { ...routed(backend.origin), tokens });
    (await client.send(HELLO)).body.cancel();
    expect([tokens.rejected.length, delays]).toEqual([1, []]);
  });

  it("is never api.openai.com for a plan's token, not even when discovery says so", async () => {
    const { client } = testClient("https://api.openai.com/v1");
    for (const work of [client.send(HELLO), client.models(), client.usage()])
      await expect(failureOf(work)).resolves.toMatchObject({ code: "credential_wrong_route" });
    const backend = await startBackend(ok, (_request, response) => {
      response.end(accounts("https://api.openai.com", "NO_CONSTRAINT"));
      return true;
    });
    const misled = testClient(backend.origin, routed(backend.origin)).client;
    await expect(failureOf(misled.send(HELLO))).resolves.toMatchObject({ code: "credential_wrong_route" });
  });

  it("is never the Codex backend for an API key: nothing is sent", async () => {
    const backend = await startBackend(ok);
    const tokens = tokenSource(grant({ kind: "apiKey" }));
    const { client } = testClient(backend.origin, { tokens });
    for (const work of [client.send(HELLO), client.models(), client.usage()])
      await expect(failureOf(work)).resolves.toMatchObject({ code: "credential_wrong_route" });
    expect(backend.lines).toEqual([]);
  });
});

describe("usage", () => {
  it.each([
    ["no JSON", "<html>", 200, "upstream_malformed"],
    ["a failure", "{}", 500, "upstream_failed"],
  ])("that is %s is an error", async (_name, text, status, code) => {
    const backend = await startBackend(ok, (_request, response) => {
      response.writeHead(status).end(text);
      return true;
    });
    await expect(failureOf(testClient(backend.origin).client.usage())).resolves.toMatchObject({ code });
  });
});

describe("the list of models", () => {
  it("says that it is the account's", async () => {
    const backend = await startBackend(ok);
    await expect(testClient(backend.origin).client.models()).resolves.toMatchObject({ live: true, error: null });
  });

  it("says that it is the built-in one, and why", async () => {
    const backend = await startBackend(ok, (_request, response) => {
      response.writeHead(500).end();
      return true;
    });
    const list = await testClient(backend.origin).client.models();
    expect(list).toMatchObject({ live: false, error: { code: "upstream_failed", cause: { status: 500 } } });
    expect(list.models.length).toBeGreaterThan(0);
  });
});

describe("the conversation of a call", () => {
  it("is the key of the prompt cache, unless the request names one or there is no conversation", async () => {
    const backend = await startBackend(ok);
    const { client } = testClient(backend.origin);
    for (const [request, threadId] of [
      [HELLO, "thread-1"],
      [{ ...HELLO, prompt_cache_key: "own" }, "thread-1"],
      [HELLO, undefined],
    ] as const)
      await collect((await client.send(request, { threadId })).events);
    expect(backend.calls.map(({ body }) => body["prompt_cache_key"])).toEqual(["thread-1", "own", undefined]);
  });
});

describe("closing", () => {
  it.each(["models", "usage"] as const)("ends a call of %s that is under way", async (call) => {
    let asked: () => void = () => {};
    const isAsked = new Promise<void>((resolve) => (asked = resolve));
    const backend = await startBackend(ok, () => {
      asked();
      return true; // And never answers.
    });
    const { client } = testClient(backend.origin, { http: httpClient() });
    const work: Promise<unknown> = client[call]().catch((error: unknown) => error);
    await isAsked;
    await client.close();
    await expect(work).resolves.toMatchObject(
      call === "usage" ? { code: "cancelled" } : { live: false, error: { code: "cancelled" } },
    );
  });

  it("lets running calls go on and takes no new ones", async () => {
    let finish: () => void = () => {};
    const backend = await startBackend((response) => {
      response.writeHead(200).write(`data: ${JSON.stringify(delta("a"))}\n\n`);
      finish = () => response.end(`data: ${JSON.stringify(COMPLETED)}\n\n`);
    });
    const { client } = testClient(backend.origin, { http: httpClient(), retry: { maxRetries: 0 } });
    const response = await client.send(HELLO);
    const closed = client.close();
    await expect(failureOf(client.send(HELLO))).resolves.toMatchObject({ code: "upstream_unreachable" });
    finish();
    await expect(collect(response.events)).resolves.toEqual([delta("a"), COMPLETED]);
    await closed;
  });
});
