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

/** True when an error says that somebody gave up, not that something failed. */
export function isCancelled(error: unknown): boolean {
  if (isPlanportError(error)) return error.code === "cancelled" || error.code === "sign_in_cancelled";
  return error instanceof Error && error.name === "AbortError";
}
