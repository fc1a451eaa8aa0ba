/**
 * Writes that come at the same time, as the ends of many streams do, go into one transaction.
 * @module
 */
import type { SqlDatabase, SqlSession } from "./sql.ts";

interface Job {
  readonly write: (session: SqlSession) => Promise<void>;
  readonly done: () => void;
  readonly failed: (error: unknown) => void;
}

/** So many go into one transaction: more would keep the event loop from everything else for too long. */
const MAX_JOBS = 32;

/** Gathers writes. */
export class WriteQueue {
  readonly #database: SqlDatabase;
  #jobs: Job[] = [];
  #running: Promise<void> | null = null;

  constructor(database: SqlDatabase) {
    this.#database = database;
  }

  /** Resolves once the write has been committed. */
  add(write: (session: SqlSession) => Promise<void>): Promise<void> {
    return new Promise((done, failed) => {
      this.#jobs.push({ write, done, failed });
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
    }
  }
}
