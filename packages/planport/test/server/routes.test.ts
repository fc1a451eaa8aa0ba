import { describe, expect, it, vi } from "vitest";
import { createGateway } from "../../src/server/app.ts";
import { UpstreamError } from "../../src/errors.ts";
import type { Logger } from "../../src/observe/index.ts";
import type { ModelInfo } from "../../src/protocol/models.ts";
import { completed, created, delta, done, errorOf, fakeClient, readAnswer, send, serve, startRequest } from "./kit.ts";

const chat = (extra: object = {}): string =>
  JSON.stringify({ model: "gpt-x", messages: [{ role: "user", content: "hi" }], ...extra });

describe("POST /v1/chat/completions", () => {
  it("streams chunks and ends with [DONE]", async () => {
    const client = fakeClient((call) => {
      call.events(created, delta("hel"), delta("lo"), done("hello"), completed);
      return { changes: [{ path: "temperature", action: "dropped", note: "." }] };
    });
    const at = await serve({ client, newId: () => "id-1", now: () => 5000 });
    const answer = await send(at, "/v1/chat/completions", { body: chat({ stream: true, store: true }) });
    expect(answer.status).toBe(200);
    expect(answer.headers["content-type"]).toBe("text/event-stream; charset=utf-8");
    expect(answer.headers["x-planport-changes"]).toBe("store=dropped, temperature=dropped");
    expect(answer.text.endsWith("data: [DONE]\n\n")).toBe(true);
    const chunks = answer.text
      .split("\n\n")
      .filter((part) => part.startsWith("data: {"))
      .map(
        (part) =>
          JSON.parse(part.slice(6)) as { id: string; created: number; choices: { delta: { content?: string } }[] },
      );
    expect(chunks.every(({ id, created }) => id === "chatcmpl-id-1" && created === 5)).toBe(true);
    expect(chunks.map(({ choices }) => choices[0]?.delta.content ?? "").join("")).toBe("hello");
    expect(client.calls[0]?.request.input).toMatchObject([{ type: "message", role: "user" }]);
  });

  it("reports a failure in mid-stream as an error event and [DONE]", async () => {
    const client = fakeClient();
    const at = await serve({ client });
    const { head } = startRequest(at, "/v1/chat/completions", { body: chat({ stream: true }) });
    const call = await client.call();
    call.events(created, delta("a"));
    const message = await head;
    call.fail(new UpstreamError("stream_idle", "Nothing came."));
    const answer = await readAnswer(message);
    expect(answer.text).toMatch(/data: \{"error":\{"message":"Nothing came\.".*\}\}\n\ndata: \[DONE\]\n\n$/);
    expect(answer.complete).toBe(true);
  });

  it("gives a whole completion without stream", async () => {
    const client = fakeClient((call) => {
      call.events(created, done("hello"), completed);
      return {};
    });
    const answer = await send(await serve({ client }), "/v1/chat/completions", { body: chat() });
    expect(answer.status).toBe(200);
    expect(JSON.parse(answer.text)).toMatchObject({
      object: "chat.completion",
      choices: [{ message: { role: "assistant", content: "hello" }, finish_reason: "stop" }],
    });
  });

  it("names the field of a bad request", async () => {
    const at = await serve();
    for (const [param, value] of [
      ["n", 2],
      ["temperature", "hot"],
    ] as const) {
      const answer = await send(at, "/v1/chat/completions", { body: chat({ [param]: value }) });
      expect([answer.status, errorOf(answer)]).toMatchObject([400, { code: "request_invalid", param }]);
    }
  });

  it("names the field `model` when the backend does not know the model", async () => {
    const client = fakeClient(() => {
      throw new UpstreamError("model_not_found", "There is no such model.");
    });
    const at = await serve({ client });
    for (const stream of [true, false]) {
      const answer = await send(at, "/v1/chat/completions", { body: chat({ stream }) });
      expect([answer.status, errorOf(answer)]).toMatchObject([400, { code: "model_not_found", param: "model" }]);
    }
  });
});

const model = (slug: string, visibility: string): ModelInfo => ({
  slug,
  display_name: slug,
  visibility,
  supported_in_api: true,
  priority: 1,
  supported_reasoning_levels: [],
});

describe("GET /v1/models", () => {
  const client = fakeClient();
  client.catalogue = async () => ({ models: [model("gpt-x", "list"), model("vendor/inner", "hide")] });

  it("answers SDKs and Codex in one body, and offers no hidden model", async () => {
    const answer = await send(await serve({ client }), "/v1/models?client_version=1.0.0");
    expect(answer.status).toBe(200);
    expect(JSON.parse(answer.text)).toEqual({
      object: "list",
      data: [{ id: "gpt-x", object: "model", created: 0, owned_by: "openai" }],
      models: [model("gpt-x", "list"), model("vendor/inner", "hide")],
    });
  });

  it("gives one model, hidden ones and ones with a slash too, and 404 for an unknown one", async () => {
    const at = await serve({ client });
    expect(JSON.parse((await send(at, "/v1/models/gpt-x")).text)).toEqual({
      id: "gpt-x",
      object: "model",
      created: 0,
      owned_by: "openai",
    });
    expect((await send(at, "/v1/models/vendor/inner")).status).toBe(200);
    expect((await send(at, "/v1/models/vendor%2Finner")).status).toBe(200);
    const unknown = await send(at, "/v1/models/gpt-0");
    expect(unknown.status).toBe(404);
    expect(errorOf(unknown)).toEqual({
      message: 'The model "gpt-0" is not in your plan\'s catalogue; GET /v1/models lists what is.',
      type: "invalid_request_error",
      param: "model",
      code: "model_not_found",
    });
  });

  it("says to client and log when the list is not the account's own", async () => {
    const warned: unknown[] = [];
    const note = (event: string, fields: object = {}): void => void warned.push({ event, ...fields });
    const client = fakeClient();
    const error = new UpstreamError("upstream_unreachable", "No connection.");
    client.catalogue = async () => ({ models: [model("gpt-x", "list")], live: false, error });
    const logger = { debug: () => {}, info: () => {}, warn: note, error: note };
    const at = await serve({ client, logger, newId: () => "id-1" });
    for (const path of ["/v1/models", "/v1/models/gpt-x", "/v1/models/gpt-0"])
      expect((await send(at, path)).headers["x-planport-models"]).toBe("built-in");
    const line = { event: "http.models_built_in", requestId: "id-1", errorCode: "upstream_unreachable", error };
    expect(warned).toEqual([line, line, line]);
    client.catalogue = async () => ({ models: [model("gpt-x", "list")] });
    expect((await send(at, "/v1/models")).headers["x-planport-models"]).toBeUndefined();
    expect(warned).toHaveLength(3);
  });

  it("answers HEAD without a body", async () => {
    const answer = await send(await serve({ client }), "/v1/models", { method: "HEAD" });
    expect([answer.status, answer.text]).toEqual([200, ""]);
    expect(Number(answer.headers["content-length"])).toBeGreaterThan(2);
  });
});

describe("the rest", () => {
  it("answers the health check without asking the backend", async () => {
    const client = fakeClient(() => {
      throw new Error("asked");
    });
    let nowMs = 1000;
    const at = await serve({ client, now: () => nowMs });
    nowMs = 8500;
    const answer = await send(at, "/healthz");
    expect(JSON.parse(answer.text)).toEqual({ status: "ok", version: "1.2.3", uptimeSeconds: 7 });
  });

  it("names the path that is not there, and the right one where it can tell", async () => {
    const at = await serve();
    const message = async (path: string) => {
      const answer = await send(at, path, { body: "{}" });
      expect([answer.status, errorOf(answer)]).toMatchObject([
        404,
        { code: "not_found", param: null, type: "invalid_request_error" },
      ]);
      return (errorOf(answer) as { message: string }).message;
    };
    expect(await message("/v1/nothing?key=abc")).toBe("There is no /v1/nothing here.");
    expect(await message("/chat/completions")).toBe(
      "There is no /chat/completions here; did you mean /v1/chat/completions? Base URLs end in /v1.",
    );
    expect(await message("/v1/v1/responses")).toBe("There is no /v1/v1/responses here; did you mean /v1/responses?");
  });

  it("names the methods that are possible", async () => {
    const at = await serve();
    for (const [method, path, allow] of [
      ["GET", "/v1/responses", "POST"],
      ["DELETE", "/v1/models", "GET, HEAD"],
      ["OPTIONS", "/v1/responses", "POST"],
      ["TRACE", "/healthz", "GET, HEAD"],
    ] as const) {
      const answer = await send(at, path, { method });
      expect([method, answer.status, answer.headers["allow"]]).toEqual([method, 405, allow]);
      expect(errorOf(answer)).toEqual({
        message: `${method} is not possible on ${path}; use ${allow.split(", ").join(" or ")}.`,
        type: "invalid_request_error",
        param: null,
        code: "method_not_allowed",
      });
    }
  });

  it("echoes a sane request id and makes one in place of any other", async () => {
    const at = await serve({ newId: () => "made" });
    for (const [given, got] of [
      ["abc-1.2:3_4", "abc-1.2:3_4"],
      ["a b", "made"],
      ["x".repeat(129), "made"],
    ] as const)
      expect((await send(at, "/healthz", { headers: { "x-request-id": given } })).headers["x-request-id"]).toBe(got);
    expect((await send(at, "/nowhere")).headers["x-request-id"]).toBe("made");
  });
});

describe("the header x-planport-account", () => {
  const body = JSON.stringify({ model: "gpt-x", input: "hi" });
  const post = (at: Parameters<typeof send>[0], account: string) =>
    send(at, "/v1/responses", { body, headers: { "x-planport-account": account } });

  it("is refused, and not passed over, by a gateway that has one account", async () => {
    const client = fakeClient();
    const answer = await post(await serve({ client }), "work");
    expect(answer.status).toBe(400);
    expect(errorOf(answer)).toMatchObject({ code: "request_invalid", param: "x-planport-account" });
    expect(client.calls).toEqual([]);
  });

  it("picks the client of the account for all of a request, and says so in the log", async () => {
    const usual = fakeClient();
    const other = fakeClient((call) => {
      call.events(created, done("hello"), completed);
      return {};
    });
    const lines: object[] = [];
    const log = (event: string, fields: object = {}): number => lines.push({ event, ...fields });
    const logger = { debug: log, info: log, warn: log, error: log } as unknown as Logger;
    const accounts = { client: async (name: string) => (name === "work" ? other : usual) };
    const at = await serve({ client: usual, accounts, logger });
    expect((await post(at, "work")).status).toBe(200);
    expect((await send(at, "/v1/models", { headers: { "x-planport-account": "work" } })).status).toBe(200);
    expect([usual.calls.length, other.calls.length]).toEqual([0, 1]);
    await vi.waitFor(() =>
      expect(lines).toContainEqual(expect.objectContaining({ event: "http.request", account: "work", status: 200 })),
    );
  });

  it("does not matter to a health check", async () => {
    const accounts = { client: () => Promise.reject(new Error("not to be asked")) };
    const answer = await send(await serve({ accounts }), "/healthz", { headers: { "x-planport-account": "work" } });
    expect(answer.status).toBe(200);
  });
});

describe("fetch", () => {
  const post = (body: string, init: RequestInit = {}) =>
    new Request("http://localhost/v1/responses", {
      method: "POST",
      body,
      headers: { "content-type": "application/json" },
      ...init,
    });
  const body = JSON.stringify({ model: "gpt-x", input: "hi", stream: true });

  it("answers in process as over a socket: streams, refusals and all", async () => {
    const client = fakeClient((call) => {
      call.events(created, delta("hello"), completed);
      return {};
    });
    const gateway = createGateway({ client, version: "1.2.3", maxBodyBytes: 1000 });
    const answer = await gateway.fetch(post(body));
    expect([answer.status, answer.headers.get("content-type")]).toEqual([200, "text/event-stream; charset=utf-8"]);
    expect(await answer.text()).toContain("event: response.completed\n");
    expect((await gateway.fetch(post("x".repeat(2000)))).status).toBe(413);
    expect((await gateway.fetch(new Request("http://evil.example/healthz"))).status).toBe(403);
    expect((await gateway.fetch(new Request("http://localhost:1234/healthz"))).status).toBe(200);
  });

  it("cancels the backend when the reader cancels, and pauses it while nobody reads", async () => {
    const client = fakeClient((call) => {
      call.events(created);
      return {};
    });
    const gateway = createGateway({ client, version: "1.2.3" });
    const answer = await gateway.fetch(post(body));
    const call = await client.call();
    call.events(delta("x".repeat(100_000)));
    expect(call.paused).toBe(true);
    const reader = answer.body?.getReader();
    await reader?.read();
    await reader?.read();
    await new Promise((resolve) => setImmediate(resolve));
    expect(call.paused).toBe(false);
    await reader?.cancel();
    expect(call.cancelled).toBe(true);
  });

  it("aborts the call with the request's signal", async () => {
    const client = fakeClient(() => new Promise(() => {}));
    const gateway = createGateway({ client, version: "1.2.3" });
    const abort = new AbortController();
    void gateway.fetch(post(body, { signal: abort.signal }));
    const call = await client.call();
    abort.abort();
    await call.stopped;
    expect(call.options.signal?.aborted).toBe(true);
  });
});
