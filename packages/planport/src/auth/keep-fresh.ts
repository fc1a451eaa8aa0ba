/**
 * Refreshing in the background, so that no request has to wait for it.
 * @module
 */

import { surfaces } from "./surfaces.ts";

/** Options of {@link TokenSource.keepFresh}. */
export interface KeepFreshOptions {
  /** How long before its end a token is refreshed, in milliseconds. Default 10 minutes: Codex does it at 5. */
  readonly earlyMs?: number;
  /** Up to so much is added at random, so that many gateways do not come at once. Default 1 minute. */
  readonly jitterMs?: number;
  /** Between two looks at the clock, in milliseconds. Default 15 s. */
  readonly intervalMs?: number;
  /** From 0 to 1; default `Math.random`. */
  readonly random?: () => number;
  /** Told of each new kind of failure, once. By default what the source tells its warnings. */
  readonly onWarning?: (error: Error) => void;
}

const EARLY_MS: number = surfaces.gateway.backgroundEarlyMs ?? 600_000;
/** Failures in a row make it look less often, up to so many intervals apart. */
const MOST_INTERVALS = 20;

/**
 * Looks at the clock again and again, in place of one timer until the end: a machine that slept or whose clock was set
 * would sleep past that. The process is not kept for it.
 * @param renew Refreshes when there is so much time left, or less; does nothing otherwise.
 * @returns Ends it.
 */
export function startKeepingFresh(
  renew: (earlyMs: number) => Promise<void>,
  options: KeepFreshOptions & { readonly onWarning: (error: Error) => void },
): () => void {
  const { earlyMs = EARLY_MS, jitterMs = 60_000, intervalMs = 15_000, random = Math.random, onWarning } = options;
  const limitMs = earlyMs + jitterMs * random();
  let isRunning = false;
  let failures = 0;
  let skip = 0;
  let told = "";
  const look = async (): Promise<void> => {
    if (isRunning) return;
    if (skip > 0) {
      skip--;
      return;
    }
    isRunning = true;
    try {
      await renew(limitMs);
      failures = 0;
      told = "";
    } catch (thrown) {
      const error = thrown instanceof Error ? thrown : new Error("the refresh failed", { cause: thrown });
      failures++;
      skip = Math.min(2 ** failures, MOST_INTERVALS) - 1;
      if (error.message !== told) onWarning(error);
      told = error.message;
    } finally {
      isRunning = false;
    }
  };
  const timer = setInterval(() => void look(), intervalMs);
  timer.unref();
  return () => clearInterval(timer);
}
