/**
 * A signal with a time limit.
 * @module
 */

/** A signal that fires with another one or after a time, until released. */
export interface LimitedSignal {
  readonly signal: AbortSignal;
  /** Lets go of timer and signal. */
  readonly release: () => void;
}

/**
 * Limits how long something may take. Not `AbortSignal.any` with `AbortSignal.timeout`: on Node 20 the pair may be
 * collected while somebody waits for it, and then never fires.
 */
export function limitedSignal(signal: AbortSignal, limitMs: number): LimitedSignal {
  const controller = new AbortController();
  const onAbort = (): void => controller.abort();
  const timer = setTimeout(onAbort, limitMs);
  if (signal.aborted) onAbort();
  else signal.addEventListener("abort", onAbort, { once: true });
  return {
    signal: controller.signal,
    release() {
      clearTimeout(timer);
      signal.removeEventListener("abort", onAbort);
    },
  };
}
