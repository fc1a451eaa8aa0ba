/**
 * Writes that come at the same time, as the ends of many streams do, go into one transaction.
 * @module
 */
import type { SqlDatabase, SqlSession } from "./sql.ts";

interface Job {
  readonly bytes: number;
  readonly write: (session: SqlSession) => Promise<void>;
  readonly done: () => void;
  readonly failed: (error: unknown) => void;
}

/** So many go into one transaction: more would keep the event loop from everything else for too long. */
const MAX_JOBS = 32;
/** What may wait for a file that another process holds, or a slow disk: answers come faster than the wait for it ends. */
const MAX_WAITING_BYTES = 128 * 1024 * 1024;

/** Gathers writes. */
export class WriteQueue {
  readonly #database: SqlDatabase;
  readonly #maxWaitingBytes: number;
  #jobs: Job[] = [];
  /** Of what waits and what is being written. */
  #waitingBytes = 0;
  #running: Promise<void> | null = null;

  constructor(database: SqlDatabase, maxWaitingBytes: number = MAX_WAITING_BYTES) {
    this.#database = database;
    this.#maxWaitingBytes = maxWaitingBytes;
  }

  /**
   * Resolves once the write has been committed. Rejects at once when too much is waiting.
   * @param bytes What the write holds in memory until then.
   */
  add(write: (session: SqlSession) => Promise<void>, bytes = 0): Promise<void> {
    if (this.#jobs.length > 0 && this.#waitingBytes + bytes > this.#maxWaitingBytes)
      return Promise.reject(new Error("More waits to be written than is held."));
    this.#waitingBytes += bytes;
    return new Promise((done, failed) => {
      this.#jobs.push({ write, bytes, done, failed });
      this.#running ??= this.#run();
    });
  }

  /** Waits until nothing is left to write. */
  async idle(): Promise<void> {
    while (this.#running !== null) await this.#running;
  }

  async #run(): Promise<void> {
    while (this.#jobs.length > 0) {
      // A turn of the event loop: sockets come first, and others of the same moment can join.
      await new Promise((resolve) => {
        setImmediate(resolve);
      });
      await this.#commit(this.#jobs.splice(0, MAX_JOBS));
    }
    this.#running = null;
  }

  async #commit(jobs: readonly Job[]): Promise<void> {
    try {
      await this.#database.transaction(async (session) => {
        for (const job of jobs) await job.write(session);
      });
      for (const job of jobs) job.done();
    } catch (error) {
      for (const job of jobs) job.failed(error);
    } finally {
      for (const { bytes } of jobs) this.#waitingBytes -= bytes;
    }
  }
}
