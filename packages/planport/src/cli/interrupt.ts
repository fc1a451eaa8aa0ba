/**
 * What Ctrl-C means: the first asks the command to stop, a second one ends the process.
 * @module
 */

/** Under `npm run`, one Ctrl-C comes twice: from the terminal, and passed on by npm. */
const SAME_INTERRUPT_MS = 300;

/** What to do, and the time to judge by. */
export interface InterruptOptions {
  readonly onFirst: () => void;
  readonly onSecond: () => void;
  /** Milliseconds, from any start. */
  readonly now: () => number;
}

/** Makes the handler of SIGINT and SIGTERM. Signals in quick succession count as one. */
export function createInterrupt({ onFirst, onSecond, now }: InterruptOptions): () => void {
  let firstAtMs: number | null = null;
  return () => {
    if (firstAtMs === null) {
      firstAtMs = now();
      onFirst();
    } else if (now() - firstAtMs > SAME_INTERRUPT_MS) {
      onSecond();
    }
  };
}
