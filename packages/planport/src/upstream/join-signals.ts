/**
 * Two reasons to give up as one signal.
 * @module
 */

/** A signal that fires with either of two, until released. */
export interface JoinedSignal {
  readonly signal: AbortSignal;
  /** Lets go of both. The signal will not fire any more. */
  readonly release: () => void;
}

/**
 * Joins two signals. Not `AbortSignal.any`: its result may be collected on Node 20 while somebody waits for it, and on
 * a signal that lives long it leaves something behind with every call.
 */
export function joinSignals(one: AbortSignal | undefined, other: AbortSignal): JoinedSignal {
  const controller = new AbortController();
  const signals = one === undefined ? [other] : [one, other];
  const onAbort = (): void => controller.abort();
  for (const signal of signals) {
    if (signal.aborted) onAbort();
    else signal.addEventListener("abort", onAbort, { once: true });
  }
  return {
    signal: controller.signal,
    release() {
      for (const signal of signals) signal.removeEventListener("abort", onAbort);
    },
  };
}
