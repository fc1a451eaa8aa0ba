import type { ServerResponse } from "node:http";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import type { AnyPlanportError, UpstreamFailure, UsageLimitFailure } from "../../src/errors.ts";
import { toErrorBody } from "../../src/protocol/error-body.ts";
import { createCodexClient } from "../../src/upstream/client.ts";
import { resolveEndpoints } from "../../src/upstream/endpoints.ts";
import { failureFromEvent, failureFromHttp } from "../../src/upstream/failure.ts";
import { httpClient } from "../net/support.ts";
import {
  answerWith,
  begin,
  collect,
  COMPLETED,
  CREATED,
  delta,
  failureOf,
  failWith,
  startBackend,
  testClient,
  tokenSource,
} from "./support.ts";

const HELLO = { model: "m", input: "hi" };
const ok = (response: ServerResponse): void => answerWith(response, CREATED, delta("hi"), COMPLETED);
const NOW = 1_800_000_000_000;
const context = { nowMs: NOW, kind: "chatgpt", model: "m", knownModels: [], place: "host/responses" } as const;
const from = (status: number, body: string, headers: Record<string, string> = {}): AnyPlanportError =>
  failureFromHttp({ status, headers, body }, context) as AnyPlanportError;

describe("a call in trouble", () => {
  it("of the library is tried ten times more, from 5 s on, when nobody says otherwise", async () => {
    const backend = await startBackend((response) => failWith(response, 500, {}));
    const delays: number[] = [];
    const client = createCodexClient({
      tokens: tokenSource(),
      http: httpClient(),
      endpoints: resolveEndpoints({ baseUrl: backend.origin }),
      random: () => 0.5,
      sleep: async (delayMs) => void delays.push(delayMs),
    });
    await expect(failureOf(client.send(HELLO))).resolves.toMatchObject({ code: "upstream_failed" });
    expect([backend.calls.length, delays[0], delays.length]).toEqual([11, 5000, 10]);
  });

  it.each<[string, number, unknown]>([
    ["429", 429, { error: { type: "rate_limit_exceeded", code: "rate_limit_exceeded", message: "Too fast." } }],
    ["429 that says nothing", 429, ""],
    ["500", 500, {}],
    ["502", 502, {}],
    ["503", 503, {}],
    ["529", 529, {}],
  ])("with %s is tried again", async (_name, status, body) => {
    const backend = await startBackend((response, index) =>
      index === 0 ? failWith(response, status, body) : ok(response),
    );
    const { client } = testClient(backend.origin);
    await expect(collect((await client.send(HELLO)).events)).resolves.toHaveLength(3);
    expect(backend.calls).toHaveLength(2);
  });

  it.each<[string, Record<string, string>, number]>([
    ["milliseconds", { "retry-after-ms": "1250", "retry-after": "9" }, 1250],
    ["seconds", { "retry-after": "3" }, 3000],
    ["a fraction of a second", { "retry-after": "0.25" }, 250],
    ["a date", { "retry-after": new Date(NOW + 4000).toUTCString() }, 4000],
  ])("waits as long as Retry-After says in %s", async (_name, headers, waitMs) => {
    const backend = await startBackend((response, index) =>
      index === 0 ? failWith(response, 503, {}, headers) : ok(response),
    );
    const { client, delays } = testClient(backend.origin, { now: () => NOW });
    (await client.send(HELLO)).body.cancel();
    expect(delays).toEqual([waitMs]);
  });

  it("is never tried again once something of the answer has come", async () => {
    const backend = await startBackend((response) => {
      begin(response, CREATED, delta("half"));
      setTimeout(() => response.destroy(), 20);
    });
    const { client, delays } = testClient(backend.origin);
    await expect(failureOf(collect((await client.send(HELLO)).events))).resolves.toMatchObject({
      code: "stream_interrupted",
    });
    expect([backend.calls.length, delays]).toEqual([1, []]);
  });
});

describe("the time limit of a call", () => {
  it("ends an answer that keeps coming, which the limit on silence never would", async () => {
    const backend = await startBackend((response) => {
      begin(response, CREATED);
      const timer = setInterval(() => response.write(`data: ${JSON.stringify(delta("x"))}\n\n`), 10);
      response.on("close", () => clearInterval(timer));
    });
    const { client } = testClient(backend.origin, { idleTimeoutMs: 60_000, timeoutMs: 1500 });
    const error = await failureOf(collect((await client.send(HELLO)).events));
    expect([error.code, error.status, error.retryable]).toEqual(["upstream_timeout", 504, false]);
    expect(error.message).toContain("1.5 s");
  });

  it("ends the wait for an answer, and is not tried again", async () => {
    const backend = await startBackend(() => {});
    const { client } = testClient(backend.origin, { idleTimeoutMs: 60_000 });
    const error = await failureOf(client.send(HELLO, { timeoutMs: 50 }));
    expect([error.code, backend.calls.length]).toEqual(["upstream_timeout", 1]);
  });

  it("leaves the failure as it is when there is no time for another try", async () => {
    const backend = await startBackend((response) => failWith(response, 503, {}, { "retry-after": "5" }));
    const { client, delays } = testClient(backend.origin, { timeoutMs: 4000 });
    await expect(failureOf(client.send(HELLO))).resolves.toMatchObject({ code: "upstream_overloaded" });
    expect([backend.calls.length, delays]).toEqual([1, []]);
  });

  it("is apart from the limit on silence", async () => {
    const backend = await startBackend((response) => begin(response, CREATED, delta("x")));
    const { client } = testClient(backend.origin, { idleTimeoutMs: 50, timeoutMs: 60_000 });
    const error = await failureOf(collect((await client.send(HELLO)).events));
    expect(error.code).toBe("stream_idle");
  });

  it("leaves no timer behind after an answer", async () => {
    const backend = await startBackend(ok);
    const limitMs = 77_777;
    const set = vi.spyOn(globalThis, "setTimeout");
    const cleared = vi.spyOn(globalThis, "clearTimeout");
    onTestFinished(() => void vi.restoreAllMocks());
    const { client } = testClient(backend.origin, { timeoutMs: limitMs });
    await expect(collect((await client.send(HELLO)).events)).resolves.toHaveLength(3);
    const isOfTheLimit = (delayMs = 0): boolean => delayMs <= limitMs && delayMs > limitMs - 30_000;
    const timers = set.mock.results
      .filter((_result, index) => isOfTheLimit(set.mock.calls[index]?.[1]))
      .map(({ value }) => value as unknown);
    expect(timers).not.toEqual([]);
    expect(cleared.mock.calls.map(([timer]) => timer)).toEqual(expect.arrayContaining(timers));
  });
});

describe("a usage limit", () => {
  const windows = {
    "x-codex-primary-used-percent": "40",
    "x-codex-primary-window-minutes": "300",
    "x-codex-primary-reset-at": String(NOW / 1000 + 3600),
    "x-codex-secondary-used-percent": "100",
    "x-codex-secondary-window-minutes": "10080",
    "x-codex-secondary-reset-at": String(NOW / 1000 + 7200),
  };
  const limit = (fields: Record<string, unknown>): string =>
    JSON.stringify({ error: { type: "usage_limit_reached", message: "…", plan_type: "pro", ...fields } });

  it("keeps its type, its reset and the window that is used up", () => {
    const error = from(429, limit({ resets_at: NOW / 1000 + 7200 }), windows);
    expect(error.cause as UsageLimitFailure).toMatchObject({
      planType: "pro",
      resetsAtMs: NOW + 7_200_000,
      window: { name: "weekly", minutes: 10_080 },
    });
    expect(error.message).toBe(
      "The weekly usage limit of this ChatGPT pro plan is reached; it resets in 2 h (2027-01-15T10:00:00Z).",
    );
    expect(toErrorBody(error, NOW).error).toMatchObject({
      type: "usage_limit_reached",
      code: "usage_limit_reached",
      resets_at: NOW / 1000 + 7200,
      resets_in_seconds: 7200,
      window: "weekly",
      window_minutes: 10_080,
    });
  });

  it("is of the window whose reset the backend names, and of the used-up one when it names none", () => {
    const named = from(429, limit({ resets_at: NOW / 1000 + 3590 }), windows);
    expect((named.cause as UsageLimitFailure).window?.name).toBe("5-hour");
    const unnamed = from(429, limit({}), windows).cause as UsageLimitFailure;
    expect([unnamed.window?.name, unnamed.resetsAtMs]).toEqual(["weekly", NOW + 7_200_000]);
  });

  it("has no window where the backend tells of none", () => {
    const error = from(429, limit({ resets_in_seconds: 60 }));
    expect((error.cause as UsageLimitFailure).window).toBeNull();
    expect(toErrorBody(error, NOW).error).not.toHaveProperty("window");
  });

  it("is never tried again, whether the type or the code beside a reset says it, or a stream", async () => {
    for (const error of [
      { type: "usage_limit_reached" },
      { type: "rate_limit_error", code: "usage_limit_reached", resets_in_seconds: 1 },
    ]) {
      const backend = await startBackend((response) => failWith(response, 429, { error }, { "retry-after": "1" }));
      await expect(failureOf(testClient(backend.origin).client.send(HELLO))).resolves.toMatchObject({
        code: "usage_limit_reached",
        retryable: false,
      });
      expect(backend.calls).toHaveLength(1);
    }
    const hidden = await startBackend((response) =>
      answerWith(response, CREATED, {
        type: "response.failed",
        response: { id: "r", error: { code: "usage_limit_reached", message: "…" } },
      }),
    );
    await expect(failureOf(testClient(hidden.origin).client.send(HELLO))).resolves.toMatchObject({
      code: "usage_limit_reached",
    });
    expect(hidden.calls).toHaveLength(1);
  });
});

describe("Cloudflare", () => {
  const page = (title: string, more = ""): string => `<!DOCTYPE html><html><title>${title}</title>${more}</html>`;

  it.each<[string, number, string, Record<string, string>]>([
    ["a challenge", 403, page("Just a moment..."), {}],
    ["a challenge with another status", 503, page("Just a moment..."), {}],
    ["a challenge in another language", 429, page("?", '<script src="/cdn-cgi/challenge-platform/x">'), {}],
    ["a block", 403, page("Attention Required! | Cloudflare"), {}],
    ["a block in one line", 403, "error code: 1020", {}],
    ["a header alone", 403, "", { "cf-mitigated": "challenge" }],
  ])("is recognised by %s, which is final and names the ray", (_name, status, body, headers) => {
    const error = from(status, body, { ...headers, "cf-ray": "ray-1" });
    expect([error.code, error.retryable]).toEqual(["upstream_challenged", false]);
    expect(error.message).toMatch(/Cloudflare.*ray-1/);
    expect(error.message).not.toContain("<");
  });

  it("that got no answer itself is a failure of the moment, in words and without its page", () => {
    const error = from(522, page("backend | 522: Connection timed out"), { "cf-ray": "ray-1" });
    expect([error.code, error.retryable]).toEqual(["upstream_failed", true]);
    expect(error.message).toBe("Cloudflare got no answer from the backend (HTTP 522).");
  });

  it("is not taken for what a program with the same words in its JSON answers", () => {
    expect(from(503, '{"error":{"message":"Just a moment..."}}').code).toBe("upstream_overloaded");
    expect(from(429, "error code: 1015").code).toBe("rate_limited");
  });
});

describe("an error that nobody knows", () => {
  const secret = `eyJhbGciOiJSUzI1NiJ9.${"a".repeat(40)}.${"b".repeat(40)}`;

  it("keeps its body, redacted, and its request id, for the log and for the client", () => {
    const error = from(418, `{"weird":{"why":"teapot","token":"${secret}"}}`, { "x-request-id": "req-9" });
    const { body, requestId } = error.cause as UpstreamFailure;
    expect(requestId).toBe("req-9");
    expect(body).toContain('"why":"teapot"');
    expect(JSON.stringify([error.message, error.cause, toErrorBody(error, NOW)])).not.toContain(secret);
    expect(error.message).toContain("teapot");
    expect(toErrorBody(error, NOW).error.upstream).toMatchObject({ status: 418, request_id: "req-9", body });
  });

  it("keeps what it said in a stream", () => {
    const event = { type: "response.failed", response: { error: { code: "brand_new", message: "m", more: 7 } } };
    const error = failureFromEvent(event, { "x-request-id": "req-9" }, () => context);
    expect(error?.code).toBe("upstream_failed");
    expect(toErrorBody(error as never, NOW).error.upstream).toEqual({
      status: null,
      code: "brand_new",
      request_id: "req-9",
      body: '{"code":"brand_new","message":"m","more":7}',
    });
  });

  it("keeps no page and no more than 2000 characters", () => {
    expect(from(500, "<html>x</html>").cause).not.toHaveProperty("body");
    expect((from(500, "no words ".repeat(1000)).cause as UpstreamFailure).body?.length).toBeLessThan(2010);
  });
});
