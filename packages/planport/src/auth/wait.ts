/**
 * Waiting for something shared without owning it.
 * @module
 */
import { isPlanportError, RequestError } from "../errors.ts";

/**
 * Waits for `shared`, or until `signal` is aborted. The work behind the promise goes on either way: others wait for it.
 * @throws {RequestError} `cancelled` when the signal was aborted first.
 */
export async function raceAbort<T>(shared: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return shared;
  let onAbort = (): void => {};
  const aborted = new Promise<never>((_resolve, reject) => {
    onAbort = () => reject(new RequestError("cancelled", "The request was cancelled."));
    if (signal.aborted) onAbort();
    else signal.addEventListener("abort", onAbort, { once: true });
  });
  shared.catch(() => {}); // When the waiter has left, nobody may be there to hear of a failure.
  try {
    return await Promise.race([shared, aborted]);
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}

/**
 * Shares one running call among all who ask meanwhile; its signal is aborted when the last of them has left. A failure is
 * told to them all and then forgotten.
 */
export function shareCall<T>(
  work: (signal: AbortSignal) => Promise<T>,
): (signal: AbortSignal | undefined) => Promise<T> {
  let running: SharedCall<T> | null = null;
  const forget = (call: SharedCall<T>): void => {
    if (running === call) running = null;
  };
  const start = (): SharedCall<T> => {
    const controller = new AbortController();
    const call = { done: work(controller.signal), controller, waiting: 0 };
    const onEnd = (): void => forget(call);
    call.done.then(onEnd, onEnd);
    return call;
  };
  return async (signal) => {
    const call = (running ??= start());
    call.waiting++;
    try {
      return await raceAbort(call.done, signal);
    } finally {
      call.waiting--;
      if (call.waiting === 0) {
        forget(call);
        call.controller.abort(); // Of no effect on a call that has ended.
      }
    }
  };
}

interface SharedCall<T> {
  readonly done: Promise<T>;
  readonly controller: AbortController;
  waiting: number;
}

/** Waits so long. */
export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
}

/** Waits for `work`, but not longer than `limitMs`. Says nothing of how it ended. */
export async function atMost(limitMs: number, work: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, limitMs);
  });
  await Promise.race([work.catch(() => {}), limit]);
  clearTimeout(timer);
}

/** True when an error says that somebody gave up, not that something failed. */
export function isCancelled(error: unknown): boolean {
  if (isPlanportError(error)) return error.code === "cancelled" || error.code === "sign_in_cancelled";
  return error instanceof Error && error.name === "AbortError";
}
