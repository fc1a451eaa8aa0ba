import { describe, expect, it } from "vitest";
import type { ErrorCode } from "../../src/errors.ts";
import { type FailureContext, failureFromEvent, failureFromHttp } from "../../src/upstream/failure.ts";
import { excerpt, parseRetryAfter, parseTryAgain } from "../../src/upstream/failure-body.ts";

const NOW = Date.parse("2026-11-21T10:00:00Z");
const context: FailureContext = {
  nowMs: NOW,
  kind: "chatgpt",
  model: "gpt-x",
  knownModels: ["gpt-a", "gpt-b"],
  place: "chatgpt.com/backend-api/codex/responses",
};

type Case = [status: number, body: unknown, code: ErrorCode, retryable: boolean, words: RegExp];

describe("what an answer's status and body mean", () => {
  it.each<Case>([
    [400, { detail: "Store must be set to false" }, "upstream_invalid_request", false, /^Store must be set to false$/],
    [
      400,
      { error: { message: "too long", code: "context_length_exceeded" } },
      "context_length_exceeded",
      false,
      /^too long$/,
    ],
    [400, { error: { message: "no", code: "cyber_policy" } }, "content_refused", false, /^no$/],
    [400, { error: { message: "bad", code: "invalid_prompt" } }, "upstream_invalid_request", false, /^bad$/],
    [400, { detail: [{ msg: "a" }, { msg: "b" }] }, "upstream_invalid_request", false, /^a; b$/],
    [400, "", "upstream_invalid_request", false, /gave no reason/],
    [
      400,
      { detail: "The 'gpt-x' model is not supported when using Codex with a ChatGPT account." },
      "model_not_found",
      false,
      /"gpt-x".*gpt-a, gpt-b/,
    ],
    [404, { error: { code: "model_not_found", message: "gone" } }, "model_not_found", false, /gone.*gpt-a, gpt-b/],
    [
      401,
      { detail: "Unauthorized" },
      "credential_rejected",
      false,
      /Unauthorized\. Sign in again with `planport login`\.$/,
    ],
    [402, { detail: "Payment required" }, "quota_exceeded", false, /Payment required/],
    [403, { detail: "Forbidden" }, "access_denied", false, /HTTP 403 at chatgpt\.com.*Forbidden/],
    [
      404,
      "",
      "upstream_refused",
      false,
      /nothing at chatgpt\.com\/backend-api\/codex\/responses \(HTTP 404\)\. Is the base URL right\?$/,
    ],
    [408, "", "upstream_failed", true, /HTTP 408/],
    [409, "", "upstream_failed", true, /HTTP 409/],
    [413, { detail: "too big" }, "upstream_invalid_request", false, /too big/],
    [422, { detail: "odd" }, "upstream_invalid_request", false, /odd/],
    [429, { error: { type: "usage_limit_reached", message: "m" } }, "usage_limit_reached", false, /try again later/],
    [429, { error: { code: "usage_limit_reached", message: "m" } }, "rate_limited", true, /slow down/],
    [
      429,
      { error: { type: "usage_not_included", plan_type: "free" } },
      "usage_not_included",
      false,
      /ChatGPT free plan does not include Codex/,
    ],
    [429, { error: { code: "insufficient_quota" } }, "quota_exceeded", false, /used up/],
    [429, { error: { code: "organization_spend_limit_exceeded" } }, "quota_exceeded", false, /used up/],
    [429, { error: { code: "rate_limit_exceeded", message: "calm" } }, "rate_limited", true, /calm/],
    [429, "", "rate_limited", true, /slow down/],
    [500, { error: { message: "boom", type: "server_error" } }, "upstream_failed", true, /HTTP 500: boom\.$/],
    [500, { error: { code: "invalid_prompt" } }, "upstream_failed", true, /HTTP 500/],
    [502, "<html>bad gateway</html>", "upstream_failed", true, /HTTP 502\.$/],
    [503, "", "upstream_overloaded", true, /overloaded/],
    [503, { error: { code: "server_is_overloaded", message: "busy" } }, "upstream_overloaded", true, /busy/],
    [503, { error: { code: "slow_down" } }, "rate_limited", true, /slow down/],
    [529, "", "upstream_overloaded", true, /overloaded/],
    [418, "plain words", "upstream_refused", false, /plain words/],
  ])("%i %j is %s", (status, body, code, retryable, words) => {
    const text = typeof body === "string" ? body : JSON.stringify(body);
    const error = failureFromHttp({ status, headers: {}, body: text }, context);
    expect([error.code, error.retryable]).toEqual([code, retryable]);
    expect(error.message).toMatch(words);
    expect(error.cause).toMatchObject({ status });
  });

  it("ends every sentence with one mark", () => {
    const message = (status: number, detail: string): string =>
      failureFromHttp({ status, headers: {}, body: JSON.stringify({ detail }) }, context).message;
    expect(message(404, "nope.")).toBe(
      "There is nothing at chatgpt.com/backend-api/codex/responses (HTTP 404): nope. Is the base URL right?",
    );
    expect(message(500, "why?")).toBe("The backend failed with HTTP 500: why?");
    expect(message(500, "boom!")).toBe("The backend failed with HTTP 500: boom!");
    expect(message(500, "boom...")).toBe("The backend failed with HTTP 500: boom.");
    expect(message(500, "...")).toBe("The backend failed with HTTP 500.");
  });

  it("says how long the backend asks to wait, once", () => {
    const message = (status: number, retryAfter: string, detail: string): string =>
      failureFromHttp({ status, headers: { "retry-after": retryAfter }, body: JSON.stringify({ detail }) }, context)
        .message;
    expect(message(429, "600", "")).toBe("The backend asks to slow down. Try again in 10 minutes.");
    expect(message(429, "20", "Too many.")).toBe("The backend asks to slow down: Too many. Try again in 20 seconds.");
    expect(message(503, "7200", "")).toBe("The backend is overloaded. Try again in 2 hours.");
    expect(message(429, "20", "Please try again in 20s.")).toBe(
      "The backend asks to slow down: Please try again in 20s.",
    );
    expect(message(429, "0", "")).toBe("The backend asks to slow down.");
  });

  it.each<[unknown, ErrorCode, boolean]>([
    [{ detail: "hello" }, "upstream_failed", true],
    [{ error: { code: "context_length_exceeded", message: "full" } }, "context_length_exceeded", false],
    [{ error: { type: "usage_limit_reached" } }, "usage_limit_reached", false],
    [{ error: { code: "server_is_overloaded" } }, "upstream_overloaded", true],
  ])("tells a document in a 200 by its code, and keeps the real status: %j is %s", (body, code, retryable) => {
    const error = failureFromHttp({ status: 200, headers: {}, body: JSON.stringify(body) }, context);
    expect([error.code, error.retryable]).toEqual([code, retryable]);
    expect(error.cause).toMatchObject({ status: 200 });
    expect(error.message).not.toContain("502");
  });

  it("keeps the ids that a report needs", () => {
    const headers = { "x-request-id": "req", "cf-ray": "ray" };
    const error = failureFromHttp({ status: 500, headers, body: '{"error":{"code":"c"}}' }, context);
    const ids = { status: 500, upstreamCode: "c", requestId: "req", cfRay: "ray", systemCode: null };
    expect(error.cause).toEqual({ ...ids, body: '{"error":{"code":"c"}}' });
    const other = failureFromHttp({ status: 500, headers: { "x-oai-request-id": "oai" }, body: "" }, context);
    expect(other.cause).toMatchObject({ requestId: "oai" });
  });

  it("reads the code that stands in x-error-json alone", () => {
    const encoded = Buffer.from('{"error":{"code":"token_expired"}}').toString("base64");
    const error = failureFromHttp({ status: 401, headers: { "x-error-json": encoded }, body: "" }, context);
    expect(error.cause).toMatchObject({ upstreamCode: "token_expired" });
    const broken = failureFromHttp({ status: 401, headers: { "x-error-json": "%%%" }, body: "" }, context);
    expect(broken.cause).toMatchObject({ upstreamCode: null });
  });

  it.each([
    ["personalAccessToken", /Mint a new Codex access token.*CODEX_ACCESS_TOKEN/],
    ["external", /program that supplies the token/],
    ["chatgpt", /planport login/],
  ] as const)("says what to do about a rejected %s", (kind, words) => {
    expect(failureFromHttp({ status: 401, headers: {}, body: "" }, { ...context, kind }).message).toMatch(words);
  });

  it("knows a Cloudflare page, with its ray and a way out", () => {
    const body = "<!DOCTYPE html><html><head><title>Just a moment...</title></head></html>";
    const error = failureFromHttp({ status: 403, headers: { "cf-ray": "8f-FRA" }, body }, context);
    expect(error.code).toBe("upstream_challenged");
    expect(error.message).toMatch(/Cloudflare, in front of chatgpt\.com.*cf-ray 8f-FRA.*another network/);
    const mitigated = failureFromHttp({ status: 503, headers: { "cf-mitigated": "challenge" }, body }, context);
    expect(mitigated.code).toBe("upstream_challenged");
  });
});

describe("plan limits", () => {
  const limit = (error: Record<string, unknown>): ReturnType<typeof failureFromHttp> =>
    failureFromHttp(
      { status: 429, headers: {}, body: JSON.stringify({ error: { type: "usage_limit_reached", ...error } }) },
      context,
    );

  it("say the plan and when they reset, and how long that is", () => {
    const error = limit({ plan_type: "plus", resets_at: NOW / 1000 + 3 * 3600 + 1200 });
    expect(error.message).toBe(
      "The usage limit of this ChatGPT plus plan is reached; it resets in 3 h 20 min (2026-11-21T13:20:00Z).",
    );
    expect(error.cause).toMatchObject({ planType: "plus", resetsAtMs: NOW + 12_000_000 });
    expect(error.retryAfterMs).toBe(12_000_000);
  });

  it("count from now when only resets_in_seconds is there", () => {
    expect(limit({ resets_in_seconds: 90_000 }).message).toMatch(/it resets in 1 d 1 h \(2026-11-22T11:00:00Z\)/);
  });

  it.each([[NOW / 1000 - 5], [1e300]])("cope with a reset at %d", (resetsAt) => {
    expect(limit({ resets_at: resetsAt }).message).toMatch(
      /is reached; (it resets in less than a minute|try again later)/,
    );
  });
});

describe("failures inside of a stream", () => {
  const failed = (error: unknown): ReturnType<typeof failureFromEvent> =>
    failureFromEvent({ type: "response.failed", response: { id: "r", error } }, { "x-request-id": "q" }, () => context);

  it.each<[string, ErrorCode, boolean]>([
    ["context_length_exceeded", "context_length_exceeded", false],
    ["insufficient_quota", "quota_exceeded", false],
    ["organization_spend_limit_exceeded", "quota_exceeded", false],
    ["usage_not_included", "usage_not_included", false],
    ["usage_limit_reached", "usage_limit_reached", false],
    ["invalid_prompt", "upstream_invalid_request", false],
    ["cyber_policy", "content_refused", false],
    ["bio_policy", "content_refused", false],
    ["misalignment_policy_violation", "content_refused", false],
    ["model_not_found", "model_not_found", false],
    ["server_is_overloaded", "upstream_overloaded", true],
    ["policy_capacity_unavailable", "upstream_overloaded", true],
    ["rate_limit_exceeded", "rate_limited", true],
    ["slow_down", "rate_limited", true],
    ["server_error", "upstream_failed", true],
    ["something_new", "upstream_failed", true],
  ])("%s is %s", (upstreamCode, code, retryable) => {
    const error = failed({ code: upstreamCode, message: "words" });
    expect([error?.code, error?.retryable]).toEqual([code, retryable]);
    expect(error?.cause).toMatchObject({ status: null, upstreamCode, requestId: "q" });
  });

  it("may have no error object at all", () => {
    expect(failed(null)?.code).toBe("upstream_failed");
    expect(failureFromEvent({ type: "response.failed" }, {}, () => context)?.code).toBe("upstream_failed");
  });

  it("carry the wait that the message names", () => {
    const message = "Rate limit reached. Please try again in 1.5s. Visit https://platform.openai.com";
    expect(failed({ code: "rate_limit_exceeded", message })?.retryAfterMs).toBe(1500);
  });

  it.each<[Record<string, unknown>, ErrorCode]>([
    [{ error: { type: "server_error", code: "server_is_overloaded", message: "m" } }, "upstream_overloaded"],
    [{ code: "rate_limit_exceeded", message: "m" }, "rate_limited"],
    [{ error: { type: "invalid_request_error", message: "m" } }, "upstream_invalid_request"],
    [{ message: "m" }, "upstream_failed"],
  ])("may be a bare error event: %j", (fields, code) => {
    expect(failureFromEvent({ type: "error", ...fields }, {}, () => context)?.code).toBe(code);
  });

  it.each(["response.incomplete", "response.completed", "response.output_text.delta", "brand.new"])(
    "are not %s",
    (type) => {
      const noContext = (): FailureContext => {
        throw new Error("asked for a context without need");
      };
      expect(
        failureFromEvent(
          { type, response: { id: "r", incomplete_details: { reason: "max_output_tokens" } } },
          {},
          noContext,
        ),
      ).toBeNull();
    },
  );
});

describe("how long to wait", () => {
  it.each<[string | undefined, number | null]>([
    ["7", 7000],
    ["0", 0],
    ["Sat, 21 Nov 2026 10:00:30 GMT", 30_000],
    ["Sat, 21 Nov 2026 09:00:00 GMT", 0],
    ["-1", null],
    ["1.5", 1500],
    ["1.", null],
    ["soon", null],
    ["", null],
    [undefined, null],
  ])("Retry-After %s is %s ms", (value, expected) => {
    expect(parseRetryAfter(value, NOW)).toBe(expected);
  });

  it.each<[string, number | null]>([
    ["Please try again in 20s.", 20_000],
    ["try again in 350ms", 350],
    ["Try again in 2 seconds", 2000],
    ["try again in 1.25 s", 1250],
    ["try again in 3 minutes", 180_000],
    ["try again later", null],
  ])("%j is %s ms", (message, expected) => {
    expect(parseTryAgain(message)).toBe(expected);
  });
});

describe("privacy", () => {
  const secrets = [
    "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhYmMifQ.c2lnbmF0dXJl",
    "at-0123456789abcdef",
    "sk-proj-abc_DEF-1234567890",
    "rt_abcdefghijklmnop",
    "rt.1.AAAbbbCCC-dddEEE",
    "ac_abcdefghijklmnop",
  ];

  it.each(secrets)("an error never shows %s, wherever the backend repeats it", (secret) => {
    for (const body of [
      JSON.stringify({ error: { message: `Bad token ${secret}!`, code: secret, type: secret, plan_type: secret } }),
      JSON.stringify({ detail: `Bearer ${secret}` }),
      `plain ${secret}`,
    ])
      for (const status of [400, 401, 403, 429, 500]) {
        const error = failureFromHttp({ status, headers: {}, body }, context);
        expect(`${error.message} ${JSON.stringify(error.cause)} ${error.stack}`).not.toContain(secret);
      }
  });

  it("an opaque bearer is not shown either", () => {
    expect(excerpt("Authorization: Bearer abc123def456")).toBe("Authorization: Bearer [redacted]");
  });

  it("what a server said is one bounded line", () => {
    const text = excerpt(`a\r\n\u001b[31mb\u0000${"x ".repeat(100_000)}`);
    expect(text.length).toBeLessThanOrEqual(601);
    expect(text).toMatch(/^a \[31mb x/);
  });
});
