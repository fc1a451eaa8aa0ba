/**
 * What becomes of a fault that nobody waits for. Node would print the whole error, with every cause and every field that a
 * library hung on it; here it is told as any other failure.
 * @module
 */
import { EXIT } from "./exit-codes.ts";
import { type FailureOptions, reportFailure } from "./failure.ts";
import type { Output } from "./terminal.ts";

/** The part of `process` that is needed. */
export interface CrashingProcess {
  on(event: "uncaughtException" | "unhandledRejection", listener: (thrown: unknown) => void): unknown;
  exit(code: number): void;
}

/** Tells uncaught errors and unhandled rejections in one line on standard error, and ends the process with 1. */
export function watchCrashes(target: CrashingProcess, err: Output, options: FailureOptions): void {
  let isTelling = false;
  const onFault = (thrown: unknown): void => {
    if (isTelling) return; // One that came of telling, or of ending: the first is the one to know.
    isTelling = true;
    void reportFailure(thrown, err, options)
      .catch(() => {}) // Standard error is gone: there is nobody to tell.
      .then(() => target.exit(EXIT.failure));
  };
  target.on("uncaughtException", onFault);
  target.on("unhandledRejection", onFault);
}
