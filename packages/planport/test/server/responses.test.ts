import { describe, expect, it } from "vitest";
import { CredentialError, UpstreamError } from "../../src/errors.ts";
import { toConnectionError } from "../../src/net/index.ts";
import {
  ask,
  completed,
  created,
  delta,
  done,
  errorOf,
  fakeClient,
  readAnswer,
  readUntil,
  send,
  serve,
  sse,
  startRequest,
} from "./kit.ts";

describe("POST /v1/responses, streamed", () => {
  it("passes the events on with a stream's headers, and ends with the terminal event", async () => {
    const client = fakeClient(() => ({
      headers: {
        "x-codex-primary-used-percent": "12.5",
        "x-codex-bengalfox-primary-reset-at": "99",
        "set-cookie": "upstream=secret",
        "cf-ray": "abc",
      },
      servedModel: "gpt-x-2026",
    }));
    const at = await serve({ client });
    const { head } = startRequest(at, "/v1/responses", { body: ask(true), headers: { "x-request-id": "mine-1" } });
    const call = await client.call();
    call.events(created, delta("hel"), delta("lo"));
    const message = await head;
    expect(message.statusCode).toBe(200);
    expect(message.headers).toMatchObject({
      "content-type": "text/event-stream; charset=utf-8",
      "cache-control": "no-cache, no-transform",
      "x-accel-buffering": "no",
      "x-request-id": "mine-1",
      "x-codex-primary-used-percent": "12.5",
      "x-codex-bengalfox-primary-reset-at": "99",
      "openai-model": "gpt-x-2026",
    });
    expect(message.headers["set-cookie"]).toBeUndefined();
    expect(message.headers["cf-ray"]).toBeUndefined();
    call.events(done("hello"), completed);
    const answer = await readAnswer(message);
    expect(answer.complete).toBe(true);
    expect(answer.text.startsWith(sse(created) + sse(delta("hel")) + sse(delta("lo")) + sse(done("hello")))).toBe(true);
    expect(answer.text).toContain("event: response.completed\n");
  });

  it("writes nothing before the backend's first event, so that a failure is a status", async () => {
    const client = fakeClient(() => {
      throw new UpstreamError("rate_limited", "Slow down.", { retryAfterMs: 1500 });
    });
    const at = await serve({ client });
    const answer = await send(at, "/v1/responses", { body: ask(true) });
    expect(answer.status).toBe(429);
    expect(answer.headers["retry-after"]).toBe("2");
    expect(answer.headers["x-should-retry"]).toBeUndefined();
    expect(answer.headers["content-type"]).toBe("application/json; charset=utf-8");
    expect(errorOf(answer)).toEqual({
      message: "Slow down.",
      type: "rate_limit_error",
      param: null,
      code: "rate_limited",
    });
  });

  it("turns a break before the first event into a status, and one after it into the dialect's error and an end", async () => {
    const client = fakeClient();
    const at = await serve({ client });
    const first = startRequest(at, "/v1/responses", { body: ask(true) });
    (await client.call(0)).fail(new Error("socket hang up"));
    const early = await readAnswer(await first.head);
    expect(early.status).toBe(502);
    expect(errorOf(early)).toMatchObject({ code: "stream_interrupted" });

    const second = startRequest(at, "/v1/responses", { body: ask(true) });
    const call = await client.call(1);
    call.events(created, delta("a"));
    const message = await second.head;
    call.fail(new UpstreamError("stream_idle", "Nothing came for 5 minutes."));
    const late = await readAnswer(message);
    expect(late.status).toBe(200);
    expect(late.complete).toBe(true);
    expect(late.text).toContain("event: error\n");
    expect(late.text).toMatch(/event: response\.failed\ndata: \{.*"code":"stream_idle".*\}\n\n$/);
    expect(call.cancelled).toBe(true);
  });

  it("says so when the backend ends without a terminal event", async () => {
    const client = fakeClient();
    const at = await serve({ client });
    const { head } = startRequest(at, "/v1/responses", { body: ask(true) });
    const call = await client.call();
    call.events(created);
    call.end();
    expect((await readAnswer(await head)).text).toContain('"code":"stream_interrupted"');
  });

  it("ends a stream that the backend ended by an error of its own with the backend's words, once", async () => {
    const client = fakeClient();
    const at = await serve({ client });
    const error = { type: "error", sequence_number: 7, code: "server_overloaded", message: "Try later.", param: null };
    for (const [index, ending] of (["end", "break"] as const).entries()) {
      const { head } = startRequest(at, "/v1/responses", { body: ask(true) });
      const call = await client.call(index);
      call.events(created, delta("a"), error);
      if (ending === "end") call.end();
      else call.fail(new Error("socket hang up"));
      const { text, complete } = await readAnswer(await head);
      expect(complete).toBe(true);
      expect(text.split("event: error\n")).toHaveLength(2);
      expect(text).not.toContain("stream_interrupted");
      const last = JSON.parse(text.trimEnd().split("data: ").at(-1) ?? "") as unknown;
      expect(last).toMatchObject({
        type: "response.failed",
        sequence_number: 8,
        response: { status: "failed", error: { code: "server_overloaded", message: "Try later." } },
      });
    }
  });

  it("cancels the backend when the client leaves in mid-stream", async () => {
    const client = fakeClient();
    const at = await serve({ client });
    const { request, head } = startRequest(at, "/v1/responses", { body: ask(true) });
    const call = await client.call();
    call.events(created);
    await head;
    expect(call.cancelled).toBe(false);
    request.destroy();
    await call.stopped;
    expect(call.cancelled).toBe(true);
  });

  it("aborts the call when the client leaves before the backend has answered, and cancels an answer that comes after", async () => {
    let answer: () => void = () => {};
    const client = fakeClient(() => new Promise((resolve) => (answer = () => resolve({}))));
    const at = await serve({ client });
    const { request } = startRequest(at, "/v1/responses", { body: ask(true) });
    const call = await client.call();
    request.destroy();
    await call.stopped;
    expect(call.options.signal?.aborted).toBe(true);
    answer();
    await new Promise((resolve) => setImmediate(resolve));
    expect(call.cancelled).toBe(true);
  });

  it("pauses the backend while the client does not read, bounded, and goes on when it does, losing nothing", async () => {
    const client = fakeClient();
    const at = await serve({ client });
    const { head } = startRequest(at, "/v1/responses", { body: ask(true) });
    const call = await client.call();
    call.events(created);
    const message = await head;
    message.pause();
    const text = "x".repeat(64 * 1024);
    let sent = 0;
    let resumed: () => void = () => {};
    call.onResume = () => resumed();
    // Feeds whenever the gateway lets it, until that has said stop for good: the kernel's buffers take some megabytes first.
    for (let stopped = 0; stopped < 500; stopped += 1) {
      if (!call.paused && sent < 2000) {
        call.events(delta(text));
        sent += 1;
        stopped = 0;
      }
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(call.paused).toBe(true);
    expect(sent).toBeLessThan(2000);
    const goesOn = new Promise<void>((resolve) => (resumed = resolve));
    const rest = readAnswer(message);
    await goesOn;
    expect(call.paused).toBe(false);
    call.events(completed);
    expect((await rest).text.split("response.output_text.delta").length - 1).toBe(sent * 2);
  });

  it("keeps a silent stream alive with comments", async () => {
    const client = fakeClient();
    const at = await serve({ client, keepAliveMs: 20 });
    const { head } = startRequest(at, "/v1/responses", { body: ask(true) });
    const call = await client.call();
    call.events(created);
    const message = await head;
    const text = await readUntil(message, (sofar) => sofar.split(": keep-alive\n\n").length > 2);
    expect(text.replaceAll(": keep-alive\n\n", "")).toBe(sse(created));
  });

  it("gives Codex an event in place of a comment, since only events keep it awake", async () => {
    const client = fakeClient();
    const at = await serve({ client, keepAliveMs: 20 });
    const { head } = startRequest(at, "/v1/responses", { body: ask(true), headers: { originator: "codex_cli_rs" } });
    (await client.call()).events(created);
    const event = 'event: keepalive\ndata: {"type":"keepalive"}\n\n';
    const text = await readUntil(await head, (sofar) => sofar.split(event).length > 2);
    expect(text.replaceAll(event, "")).toBe(sse(created));
  });

  it("cuts off a client that leaves its stream unread for too long, and frees the backend", async () => {
    const client = fakeClient();
    const at = await serve({ client, keepAliveMs: 20, unreadLimitMs: 40 });
    const { head } = startRequest(at, "/v1/responses", { body: ask(true) });
    const call = await client.call();
    call.events(created);
    (await head).pause();
    const feed = (): void => {
      if (!call.paused) call.events(delta("x".repeat(64 * 1024)));
      if (!call.cancelled) setImmediate(feed);
    };
    feed();
    await call.stopped;
    expect(call.cancelled).toBe(true);
  });

  it("begins by itself when the backend thinks for long, and then reports a failure inside the stream", async () => {
    let refuse: (error: Error) => void = () => {};
    const client = fakeClient(() => new Promise((_, reject) => (refuse = reject)));
    const at = await serve({ client, commitAfterMs: 20, keepAliveMs: 20 });
    const { head } = startRequest(at, "/v1/responses", { body: ask(true) });
    const message = await head;
    expect(message.statusCode).toBe(200);
    refuse(new UpstreamError("upstream_overloaded", "The model is at capacity."));
    const { text, complete } = await readAnswer(message);
    expect(text).toMatch(/^: keep-alive\n\n/);
    expect(text).toContain("event: error\n");
    expect(text).toContain('"code":"upstream_overloaded"');
    expect(complete).toBe(true);
  });

  it("passes on events that nobody knows yet", async () => {
    const client = fakeClient();
    const at = await serve({ client });
    const { head } = startRequest(at, "/v1/responses", { body: ask(true) });
    const call = await client.call();
    const future = { type: "response.hologram.delta", delta: { deep: [1] } };
    call.events(created, future, completed);
    expect((await readAnswer(await head)).text).toContain(sse(future));
  });

  it("answers several requests on one connection", async () => {
    const client = fakeClient((call) => {
      call.events(created, completed);
      return {};
    });
    const at = await serve({ client });
    for (let i = 0; i < 3; i += 1) expect((await send(at, "/v1/responses", { body: ask(true) })).status).toBe(200);
    expect(client.calls.every((call) => !call.cancelled)).toBe(true);
  });
});

describe("POST /v1/responses, whole", () => {
  it("folds the events into one response object", async () => {
    const client = fakeClient(() => ({ headers: { "x-codex-active-limit": "codex" } }));
    const at = await serve({ client });
    const { head } = startRequest(at, "/v1/responses", { body: ask(false), headers: { "session-id": "thread-7" } });
    const call = await client.call();
    expect(call.request).toEqual({ model: "gpt-x", input: "hi", stream: false });
    expect(call.options.threadId).toBe("thread-7");
    call.events(created, done("hello"), completed);
    const answer = await readAnswer(await head);
    expect(answer.status).toBe(200);
    expect(answer.headers["x-codex-active-limit"]).toBe("codex");
    expect(JSON.parse(answer.text)).toMatchObject({
      id: "resp_1",
      status: "completed",
      output: [{ type: "message", content: [{ text: "hello" }] }],
    });
  });

  it("answers a failure with its status and body, wherever it comes", async () => {
    const client = fakeClient();
    const at = await serve({ client });
    const { head } = startRequest(at, "/v1/responses", { body: ask(false) });
    const call = await client.call();
    call.events(created, delta("a"));
    call.fail(new UpstreamError("stream_interrupted", "Cut."));
    const answer = await readAnswer(await head);
    expect(answer.status).toBe(502);
    expect(errorOf(answer)).toMatchObject({ code: "stream_interrupted" });
  });

  it("aborts the call when the client leaves", async () => {
    const client = fakeClient();
    const at = await serve({ client });
    const { request } = startRequest(at, "/v1/responses", { body: ask(false) });
    const call = await client.call();
    request.destroy();
    await call.stopped;
    expect(call.options.signal?.aborted).toBe(true);
  });
});

describe("failures", () => {
  it("tells a used-up plan with its reset, and tells SDKs not to try again", async () => {
    const cause = {
      status: 429,
      upstreamCode: "usage_limit_reached",
      requestId: null,
      cfRay: null,
      systemCode: null,
      planType: "plus",
      resetsAtMs: 100_000,
    };
    const client = fakeClient(() => {
      throw new UpstreamError("usage_limit_reached", "The plan's limit is reached.", { cause });
    });
    const at = await serve({ client, now: () => 40_000 });
    const answer = await send(at, "/v1/responses", { body: ask(true) });
    expect(answer.status).toBe(429);
    expect(answer.headers["x-should-retry"]).toBe("false");
    expect(answer.headers["retry-after"]).toBe("60");
    expect(errorOf(answer)).toEqual({
      message: "The plan's limit is reached.",
      type: "usage_limit_reached",
      param: null,
      code: "usage_limit_reached",
      plan_type: "plus",
      resets_at: 100,
      resets_in_seconds: 60,
    });
  });

  it("tells SDKs not to try again what stays as it is until somebody sets it right", async () => {
    const fault = Object.assign(new Error("self-signed"), { code: "SELF_SIGNED_CERT_IN_CHAIN" });
    const client = fakeClient(() => {
      throw toConnectionError(fault, "https://chatgpt.com/");
    });
    const answer = await send(await serve({ client }), "/v1/responses", { body: ask(true) });
    expect([answer.status, answer.headers["x-should-retry"]]).toEqual([502, "false"]);
  });

  it("answers 401 when nobody is signed in", async () => {
    const client = fakeClient(() => {
      throw new CredentialError("credential_missing", "Nobody is signed in; run `planport login`.");
    });
    const answer = await send(await serve({ client }), "/v1/responses", { body: ask(false) });
    expect(answer.status).toBe(401);
    expect(errorOf(answer)).toMatchObject({ type: "authentication_error", code: "credential_missing" });
  });

  it("shows nothing of an unforeseen exception to the client, and all but secrets to the log", async () => {
    const lines: { event: string; fields: unknown }[] = [];
    const note = (event: string, fields?: unknown): void => void lines.push({ event, fields });
    const client = fakeClient(() => {
      throw new TypeError("cannot read /home/me/private");
    });
    const at = await serve({ client, logger: { debug: note, info: note, warn: note, error: note } });
    const answer = await send(at, "/v1/responses", { body: ask(true) });
    expect(answer.status).toBe(500);
    expect(answer.headers["x-should-retry"]).toBe("false");
    expect(answer.text).not.toContain("private");
    expect(errorOf(answer)).toMatchObject({ code: "internal", type: "server_error" });
    expect(lines.find(({ event }) => event === "http.fault")?.fields).toMatchObject({
      error: expect.objectContaining({ message: "cannot read /home/me/private" }),
    });
  });
});
