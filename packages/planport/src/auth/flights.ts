/**
 * Work that is shared by all who ask for it at the same time.
 * @module
 */
import { raceAbort } from "./wait.ts";

interface Flight<From, T> {
  readonly from: From;
  readonly done: Promise<T>;
  /** Aborted when nobody waits any more. */
  readonly quit: AbortController;
  waiting: number;
}

/** One piece of work of each kind at a time, for one state of things. */
export class Flights<From, T> {
  readonly #byKind = new Map<string, Flight<From, T>>();
  readonly #running = new Set<Promise<unknown>>();

  /**
   * Waits for the work of this kind that has begun from the same state, else begins it.
   * @param work Its signal is aborted when nobody waits for it any more; what cannot be taken back goes on all the same.
   * @throws {RequestError} `cancelled` when `signal` was aborted; and what `work` throws.
   */
  async join(
    kind: string,
    from: From,
    signal: AbortSignal | undefined,
    work: (quit: AbortSignal) => Promise<T>,
  ): Promise<T> {
    let flight = this.#byKind.get(kind);
    if (flight === undefined || flight.from !== from || flight.quit.signal.aborted)
      flight = this.#begin(kind, from, work);
    flight.waiting++;
    try {
      return await raceAbort(flight.done, signal);
    } finally {
      flight.waiting--;
      if (flight.waiting === 0) flight.quit.abort();
    }
  }

  /** Resolves when nothing is under way any more. Never rejects. */
  async landed(): Promise<void> {
    while (this.#running.size > 0) await Promise.allSettled(this.#running);
  }

  #begin(kind: string, from: From, work: (quit: AbortSignal) => Promise<T>): Flight<From, T> {
    const quit = new AbortController();
    const done = work(quit.signal);
    const flight = { from, done, quit, waiting: 0 };
    this.#byKind.set(kind, flight);
    this.#running.add(done);
    const clear = (): void => {
      this.#running.delete(done);
      if (this.#byKind.get(kind) === flight) this.#byKind.delete(kind);
    };
    done.then(clear, clear);
    return flight;
  }
}
