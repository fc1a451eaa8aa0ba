/**
 * Whether and when a failed call is tried again: the one policy, in one place.
 * @module
 */
import { type AnyPlanportError, RequestError, errorTable } from "../errors.ts";

/** How often and how long to try. */
export interface RetryPolicy {
  /** Tries after the first. */
  readonly maxRetries: number;
  /** Wait before the first retry; it doubles each time. */
  readonly baseDelayMs: number;
  readonly maxDelayMs: number;
  /** A longer wait than this, asked for by the backend, is left to the caller. */
  readonly maxRetryAfterMs: number;
}

/**
 * The library's, and that of transports: 5, 10, 20, 40 s and then a minute each, ten times. A program that calls a function
 * waits as long as it takes, and nobody behind it tries again.
 */
export const DEFAULT_RETRY_POLICY: RetryPolicy = {
  maxRetries: 10,
  baseDelayMs: 5_000,
  maxDelayMs: 60_000,
  maxRetryAfterMs: 300_000,
};

/**
 * The gateway's and the commands', as Codex does it (openai/codex `codex-rs/model-provider-info/src/lib.rs`): 0.2, 0.4, 0.8, 1.6 s.
 * Behind the gateway is a client that waits for an answer's head, has a time limit and tries again by itself: what does not
 * pass within seconds is told to it, with the wait that the backend asks for.
 */
export const GENTLE_RETRY_POLICY: RetryPolicy = {
  maxRetries: 4,
  baseDelayMs: 200,
  maxDelayMs: 5_000,
  maxRetryAfterMs: 30_000,
};

/** The least wait after a 429 that asks for none: a series that begins with 0.2 s would only add to what it is about. */
const MIN_RATE_LIMIT_WAIT_MS = 1_000;

/**
 * The wait before the next try in milliseconds, or null when the error is final. Tried again is what passes by itself: a rate
 * limit, an overload, a 5xx, a connection that failed or broke. Plan limits, refusals, certificate faults, redirects and web
 * pages are final; so is the call's own time limit, and whatever auth reports, which has tried enough by itself.
 * @param attempt Retries made so far: 0 after the first failure.
 * @param random Uniform in [0, 1).
 */
export function decideRetry(
  error: AnyPlanportError,
  attempt: number,
  policy: RetryPolicy,
  random: () => number,
): number | null {
  if (!error.retryable || errorTable[error.code].family !== "upstream" || attempt >= policy.maxRetries) return null;
  if (error.retryAfterMs !== null) return error.retryAfterMs <= policy.maxRetryAfterMs ? error.retryAfterMs : null;
  const leastMs = error.code === "rate_limited" && error.cause?.status === 429 ? MIN_RATE_LIMIT_WAIT_MS : 0;
  const backoffMs = Math.min(policy.maxDelayMs, Math.max(policy.baseDelayMs, leastMs) * 2 ** attempt);
  return Math.round(backoffMs * (0.9 + 0.2 * random())); // ±10 %, so that clients that failed together do not come back together.
}

/** Waits; ends early with `cancelled` when the signal says so. */
export type Sleep = (delayMs: number, signal?: AbortSignal) => Promise<void>;

/**
 * Waits on a timer that leaves nothing behind.
 * @throws {RequestError} `cancelled`
 */
export const sleep: Sleep = (delayMs, signal) =>
  new Promise((resolve, reject) => {
    if (signal?.aborted === true) {
      reject(cancelled());
      return;
    }
    const onAbort = (): void => {
      clearTimeout(timer);
      reject(cancelled());
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", onAbort);
      resolve();
    }, delayMs);
    signal?.addEventListener("abort", onAbort, { once: true });
  });

/** What every stage throws when the caller's signal fires. */
export function cancelled(): RequestError<"cancelled"> {
  return new RequestError("cancelled", "The request was cancelled.");
}

/**
 * A promise that gives up at once when the signal fires. The work behind it goes on: others may share it.
 * @throws {RequestError} `cancelled`
 */
export function abortable<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return work;
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(cancelled());
    if (signal.aborted) onAbort();
    else signal.addEventListener("abort", onAbort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener("abort", onAbort));
  });
}
