import { getEventListeners } from "node:events";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type AnyPlanportError,
  CredentialError,
  RequestError,
  UpstreamError,
  type UpstreamFailure,
} from "../../src/errors.ts";
import { DEFAULT_RETRY_POLICY, GENTLE_RETRY_POLICY, abortable, decideRetry, sleep } from "../../src/upstream/retry.ts";

const half = (): number => 0.5;
const cause = (fields: Partial<UpstreamFailure>): UpstreamFailure => ({
  status: null,
  upstreamCode: null,
  requestId: null,
  cfRay: null,
  systemCode: null,
  ...fields,
});

describe("whether to try again", () => {
  it("in the library doubles from 5 s to a minute and stops after ten retries", () => {
    const error = new UpstreamError("upstream_failed", "m");
    const delays = Array.from({ length: 11 }, (_, attempt) => decideRetry(error, attempt, DEFAULT_RETRY_POLICY, half));
    const minute = 60_000;
    expect(delays).toEqual([5_000, 10_000, 20_000, 40_000, ...Array.from({ length: 6 }, () => minute), null]);
  });

  it("at the gateway doubles from 0.2 s and stops after four retries", () => {
    const error = new UpstreamError("upstream_failed", "m");
    const delays = [0, 1, 2, 3, 4].map((attempt) => decideRetry(error, attempt, GENTLE_RETRY_POLICY, half));
    expect(delays).toEqual([200, 400, 800, 1600, null]);
  });

  it("waits at least a second after a 429 that says nothing of a wait", () => {
    const error = new UpstreamError("rate_limited", "m", { cause: cause({ status: 429 }) });
    const delays = [0, 1, 2, 3, 4].map((attempt) => decideRetry(error, attempt, GENTLE_RETRY_POLICY, half));
    expect(delays).toEqual([1000, 2000, 4000, 5000, null]);
    expect(decideRetry(error, 0, DEFAULT_RETRY_POLICY, half)).toBe(5000);
  });

  it("stays within ±10 % of the doubling and under the longest delay", () => {
    const error = new UpstreamError("stream_interrupted", "m");
    fc.assert(
      fc.property(fc.nat(30), fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), (attempt, roll) => {
        const policy = { ...GENTLE_RETRY_POLICY, maxRetries: 100 };
        const delay = decideRetry(error, attempt, policy, () => roll) ?? -1;
        const exact = Math.min(policy.maxDelayMs, 200 * 2 ** attempt);
        return delay >= Math.floor(exact * 0.9) && delay <= Math.ceil(exact * 1.1);
      }),
    );
  });

  it("waits as long as the backend asks, but leaves long waits to the caller", () => {
    const after = (retryAfterMs: number): AnyPlanportError =>
      new UpstreamError("rate_limited", "m", { retryAfterMs, cause: cause({ status: 429 }) });
    expect(decideRetry(after(7000), 0, GENTLE_RETRY_POLICY, half)).toBe(7000);
    expect(decideRetry(after(0), 0, GENTLE_RETRY_POLICY, half)).toBe(0);
    expect(decideRetry(after(30_001), 0, GENTLE_RETRY_POLICY, half)).toBeNull();
    expect(decideRetry(after(300_000), 0, DEFAULT_RETRY_POLICY, half)).toBe(300_000);
    expect(decideRetry(after(300_001), 0, DEFAULT_RETRY_POLICY, half)).toBeNull();
  });

  it.each<[string, AnyPlanportError]>([
    ["a usage limit", new UpstreamError("usage_limit_reached", "m", { retryAfterMs: 1 })],
    ["a plan without Codex", new UpstreamError("usage_not_included", "m")],
    ["a spent quota", new UpstreamError("quota_exceeded", "m")],
    ["an invalid request", new UpstreamError("upstream_invalid_request", "m")],
    ["a challenge", new UpstreamError("upstream_challenged", "m")],
    ["what is said to be final", new UpstreamError("upstream_malformed", "m", { retryable: false })],
    ["a call whose time is up", new UpstreamError("upstream_timeout", "m")],
    ["what auth has tried itself", new CredentialError("refresh_unavailable", "m")],
    ["a cancelled call", new RequestError("cancelled", "m")],
  ])("never repeats %s", (_name, error) => {
    expect(decideRetry(error, 0, DEFAULT_RETRY_POLICY, half)).toBeNull();
  });

  it.each<[string, AnyPlanportError]>([
    ["an overload in a stream", new UpstreamError("rate_limited", "m", { cause: cause({ status: null }) })],
    ["slow_down with a 503", new UpstreamError("rate_limited", "m", { cause: cause({ status: 503 }) })],
    [
      "a refused connection",
      new UpstreamError("upstream_unreachable", "m", { cause: cause({ systemCode: "ECONNREFUSED" }) }),
    ],
    ["a 5xx", new UpstreamError("upstream_failed", "m", { cause: cause({ status: 500 }) })],
    ["an overload", new UpstreamError("upstream_overloaded", "m", { cause: cause({ status: 503 }) })],
    ["a silence", new UpstreamError("stream_idle", "m")],
    ["failed routing", new UpstreamError("routing_failed", "m")],
  ])("repeats %s", (_name, error) => {
    expect(decideRetry(error, 0, GENTLE_RETRY_POLICY, half)).toBe(200);
  });
});

describe("waiting", () => {
  it("ends at once when the signal fires", async () => {
    const controller = new AbortController();
    const waiting = sleep(3_600_000, controller.signal);
    controller.abort();
    await expect(waiting).rejects.toMatchObject({ code: "cancelled" });
    await expect(sleep(3_600_000, controller.signal)).rejects.toMatchObject({ code: "cancelled" });
  });

  it("leaves no listener behind", async () => {
    const controller = new AbortController();
    await sleep(1, controller.signal);
    await abortable(Promise.resolve(1), controller.signal);
    await abortable(Promise.reject(new Error("x")), controller.signal).catch(() => {});
    await Promise.resolve();
    expect(getEventListeners(controller.signal, "abort")).toEqual([]);
  });

  it("for shared work gives up alone: the work goes on", async () => {
    const controller = new AbortController();
    let finish: (value: string) => void = () => {};
    const work = new Promise<string>((resolve) => (finish = resolve));
    const mine = abortable(work, controller.signal);
    const theirs = abortable(work, undefined);
    controller.abort();
    await expect(mine).rejects.toMatchObject({ code: "cancelled" });
    finish("done");
    await expect(theirs).resolves.toBe("done");
  });
});
