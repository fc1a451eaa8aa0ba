/**
 * Telling the program around of renewed tokens.
 * @module
 */

/** Calls the listener. What it throws is its own affair: it is told as a warning, and the request goes on. */
export function notifyRefreshed<T>(
  listener: ((value: T) => void) | undefined,
  value: T,
  onWarning: (error: Error) => void,
): void {
  try {
    listener?.(value);
  } catch {
    // Without the error itself: nobody knows what a foreign error carries along.
    onWarning(new Error("onRefreshed threw an error; the renewed tokens are in use all the same"));
  }
}
