/**
 * What opencode 1.18.33 repeats is known by its status and by words (its `session/retry`); here stand those that it knows.
 */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { final } from "../src/final.ts";

const PASSING = [
  "HTTP 429",
  "port 50213",
  "rate limit",
  "rate_limit",
  "Too many requests",
  "overloaded",
  "Service unavailable",
  "internal error",
  "Internal server error",
  "server_error",
  "provider returned error",
  "terminated",
  "fetch failed",
  "network error",
  "connection error",
  "connection refused",
  "socket hang up",
  "ECONNRESET",
  "getaddrinfo ENOTFOUND",
  "ETIMEDOUT",
  "request timed out",
  "connection timeout",
  "retry your request",
  "try your request again",
  "resource_exhausted",
  "try again later",
  "try again in 3 days",
  "temporarily at capacity",
];
const SOUNDS =
  /429|50[0234]|524|rate[ _-]limit|too many requests|overloaded|unavailable|internal[ _]error|server[ _-]error|provider[ _]returned|terminated|fetch failed|(?:network|connection) error|connection refused|econnrefused|hang up|econnreset|getaddrinfo|enotfound|etimedout|\b(?:request|connection) time(?:out|d out)\b|retry your|your request again|exhausted|try again|at capacity/i;

const told = (error: object, status: number, headers: Record<string, string> = {}): Response =>
  new Response(JSON.stringify({ error }), { status, headers });
const FINAL = { "x-should-retry": "false" };

describe("a failure that trying again cannot help", () => {
  it.each(PASSING)("does not sound as if it would pass: %s", async (words) => {
    expect(words).toMatch(SOUNDS);
    const answer = await final(
      told({ message: `It says: ${words}.`, type: "server_error", code: "upstream_refused" }, 502, FINAL),
    );
    const text = await answer.text();
    expect([answer.status, text]).toEqual([403, expect.not.stringMatching(SOUNDS)]);
    expect(text).toContain("It says: ");
  });

  it("does not, whatever words stand beside each other", async () => {
    const words = fc.array(fc.oneof(fc.constantFrom(...PASSING), fc.constantFrom(" ", "a", "0", "error", "internal")));
    await fc.assert(
      fc.asyncProperty(words, fc.constantFrom(" ", ""), async (some, gap) => {
        const answer = await final(told({ message: some.join(gap), type: "server_error", code: "x" }, 502, FINAL));
        expect(await answer.text()).not.toMatch(SOUNDS);
      }),
    );
  });

  it("keeps the numbers of a plan's limit to itself: the second of its end may hold a status", async () => {
    const error = {
      message: "The limit is reached.",
      type: "usage_limit_reached",
      code: "usage_limit_reached",
      resets_at: 1_795_429_502,
    };
    const answer = await final(told(error, 429, { ...FINAL, "content-length": "9", "retry-after": "7" }));
    expect(answer.status).toBe(403);
    expect([answer.headers.get("retry-after"), answer.headers.get("content-length")]).toEqual(["7", null]);
    expect(await answer.json()).toEqual({
      error: {
        message: "The limit is reached.",
        type: "usage_limit_reached",
        code: "usage_limit_reached",
        param: null,
      },
    });
  });

  it("keeps what only looks like it: a parameter may be a timeout, and an index sounds like a status", async () => {
    const error = {
      message: "tools[502].timeout_ms: no runtime output",
      type: "invalid_request_error",
      code: "request_invalid",
    };
    const answer = await final(told({ ...error, param: "tools[502].timeout_ms" }, 400));
    const param = "tools[…].timeout_ms";
    expect(await answer.json()).toEqual({ error: { ...error, message: `${param}: no runtime output`, param } });
    expect(await (await final(told({ ...error, message: "timeout" }, 400))).json()).toMatchObject({
      error: { message: "took too long" },
    });
  });

  it("is told by a 4xx of its own with that status, and what opencode knows it by", async () => {
    const error = {
      message: "Too long.",
      type: "invalid_request_error",
      param: "input",
      code: "context_length_exceeded",
    };
    const answer = await final(told(error, 400));
    expect([answer.status, await answer.json()]).toEqual([400, { error }]);
  });

  it("may have a body that is none of OpenAI's", async () => {
    for (const body of ["server error", "null", "[]", '{"error":null}', ""]) {
      const answer = await final(new Response(body, { status: 500, headers: FINAL }));
      expect([answer.status, await answer.text()]).toEqual([403, body.replace("server error", "fault")]);
    }
  });
});

describe("what may pass, and what is no failure", () => {
  it.each([
    [502, {}],
    [429, {}],
    [503, { "x-should-retry": "true" }],
    [200, FINAL],
  ])("goes through as it is: %i %j", async (status, headers) => {
    const answer = new Response("server error 429", { status, headers: headers as Record<string, string> });
    expect(await final(answer)).toBe(answer);
  });
});
