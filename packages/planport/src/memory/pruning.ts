/**
 * Keeps a table within its limits: what has expired goes, then the oldest.
 * @module
 */
import { numberOf, type SqlSession, textOf } from "./sql.ts";
import type { Limits } from "./types.ts";

/** A table whose rows have `account_key`, `kept_at_ms`, `expires_at_ms` and `bytes`, and one whose rows hang on them. */
export interface PrunedTable {
  readonly name: string;
  /** The other half of the primary key, and of what the dependent rows refer to. */
  readonly key: string;
  readonly dependent: string;
}

/** Other processes write too: so often their part is counted. */
const RECOUNT_MS = 60_000;
const STEP = 20;

/** Watches over one table. */
export class Pruner {
  readonly #table: PrunedTable;
  readonly #limits: Limits;
  readonly #now: () => number;
  #count = 0;
  #bytes = 0;
  #countedAtMs = Number.NEGATIVE_INFINITY;

  constructor(table: PrunedTable, limits: Limits, now: () => number) {
    this.#table = table;
    this.#limits = limits;
    this.#now = now;
  }

  /**
   * To be called after a row was written, in the same transaction.
   * @returns True when it has also looked for what has expired, as it does once a minute at most.
   */
  async added(session: SqlSession, bytes: number): Promise<boolean> {
    const nowMs = this.#now();
    const isDue = nowMs - this.#countedAtMs >= RECOUNT_MS;
    if (isDue) await this.#recount(session, nowMs);
    else {
      this.#count += 1;
      this.#bytes += bytes;
    }
    while (this.#isOver()) if (!(await this.#removeOldest(session))) break;
    return isDue;
  }

  #isOver(): boolean {
    return this.#count > this.#limits.maxCount || this.#bytes > this.#limits.maxBytes;
  }

  /** Removes one row and what hangs on it. */
  async remove(session: SqlSession, accountKey: string, key: string): Promise<void> {
    const { name, key: column, dependent } = this.#table;
    for (const table of [dependent, name])
      await session.run(`DELETE FROM ${table} WHERE account_key = ? AND ${column} = ?`, [accountKey, key]);
  }

  async #recount(session: SqlSession, nowMs: number): Promise<void> {
    const { name, key } = this.#table;
    const expired = await session.all(`SELECT account_key, ${key} FROM ${name} WHERE expires_at_ms <= ?`, [nowMs]);
    for (const row of expired) await this.remove(session, textOf(row, "account_key"), textOf(row, key));
    const [totals] = await session.all(`SELECT COUNT(*) AS row_count, SUM(bytes) AS byte_count FROM ${name}`);
    this.#count = numberOf(totals, "row_count");
    this.#bytes = numberOf(totals, "byte_count");
    this.#countedAtMs = nowMs;
  }

  /** False when there was nothing left to remove. */
  async #removeOldest(session: SqlSession): Promise<boolean> {
    const { name, key } = this.#table;
    const rows = await session.all(
      `SELECT account_key, ${key}, bytes FROM ${name} ORDER BY kept_at_ms, ${key} LIMIT ${STEP}`,
    );
    for (const row of rows) {
      if (!this.#isOver()) break;
      await this.remove(session, textOf(row, "account_key"), textOf(row, key));
      this.#count -= 1;
      this.#bytes -= numberOf(row, "bytes");
    }
    return rows.length > 0;
  }
}
