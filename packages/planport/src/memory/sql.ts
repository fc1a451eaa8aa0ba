/**
 * The one interface behind which a SQL database stands. Its statements are written so that SQLite and PostgreSQL take them
 * alike: explicit columns, `?` for each value (an adapter for PostgreSQL numbers them), `ON CONFLICT … DO UPDATE`, times as
 * milliseconds in a BIGINT, no functions that only one of the two has.
 * @module
 */

/** A value of a column or parameter. */
export type SqlValue = string | number | null;

/** A row by the names of its columns. */
export type SqlRow = Readonly<Record<string, SqlValue>>;

/** Where statements are run. */
export interface SqlSession {
  /** Runs a statement that gives no rows. */
  run(sql: string, values?: readonly SqlValue[]): Promise<void>;
  /** All rows of a query. */
  all(sql: string, values?: readonly SqlValue[]): Promise<readonly SqlRow[]>;
}

/** A database. Its methods reject with the driver's error. */
export interface SqlDatabase extends SqlSession {
  /**
   * Runs `work` as one: all of it is kept, or none. Nothing else of this process comes in between.
   * @param work May be run again from its start when the database had to be opened anew.
   */
  transaction<T>(work: (session: SqlSession) => Promise<T>): Promise<T>;
  /** Sees to it that what was deleted is nowhere any more, as far as other processes let it. */
  scrub(): Promise<void>;
  /** Waits for what is under way and closes. Safe to call twice. */
  close(): Promise<void>;
}

/** `(?, ?, ?)` for a list of this length. */
export function placeholders(count: number): string {
  return `(${Array.from({ length: count }, () => "?").join(", ")})`;
}

/** How many values one `IN (…)` takes: PostgreSQL and SQLite take far more, but plans of long lists are slow to make. */
const MAX_LIST = 200;

/** A list in parts that fit into one `IN (…)`. */
export function* inParts<T>(values: readonly T[]): Generator<readonly T[]> {
  for (let at = 0; at < values.length; at += MAX_LIST) yield values.slice(at, at + MAX_LIST);
}

/** A column that holds text. */
export function textOf(row: SqlRow, column: string): string {
  return String(row[column] ?? "");
}

/** A column that holds a number; PostgreSQL's drivers give a BIGINT as text. */
export function numberOf(row: SqlRow | undefined, column: string): number {
  return Number(row?.[column] ?? 0);
}
