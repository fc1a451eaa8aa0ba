/**
 * A database in a file, by `libsql` (SQLite's format, several processes at once).
 * @module
 */
import { chmodSync, closeSync, mkdirSync, openSync, renameSync } from "node:fs";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { SqlDatabase, SqlRow, SqlSession, SqlValue } from "./sql.ts";

/** What is used of the driver's connection. */
export interface DriverConnection {
  exec(sql: string): unknown;
  prepare(sql: string): Statement;
  close(): unknown;
}

/** A statement that can be run any number of times. */
export interface Statement {
  run(values: readonly SqlValue[]): unknown;
  all(values: readonly SqlValue[]): unknown[];
}

/** Opens a connection: the class that `libsql` exports. */
export type Driver = new (file: string, options: { readonly timeout: number }) => DriverConnection;

/** Options of {@link openLibsqlDatabase}. */
export interface LibsqlOptions {
  readonly file: string;
  readonly driver: Driver;
  /** Makes or updates the tables; run in a transaction whenever the file is opened. */
  readonly prepare: (session: SqlSession) => Promise<void>;
  /** Told once for each file that was broken and has been moved aside. */
  readonly onMovedAside: (to: string) => void;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** How long another process may hold the file. Default 5 s. */
  readonly busyLimitMs?: number;
}

/** The driver waits on the only thread there is, so its own wait is short and ours, between tries, does the rest. */
const DRIVER_WAIT_MS = 5;
const RETRY_MS = 15;
const MAX_STATEMENTS = 64;
const BUSY_LIMIT_MS = 5_000;

const PRAGMAS = [
  "PRAGMA journal_mode=WAL",
  // What is committed outlives the process; an fsync at each commit would be needed only against a loss of power.
  "PRAGMA synchronous=NORMAL",
  // What is deleted is overwritten.
  "PRAGMA secure_delete=ON",
];

/** Loads the driver; rejects where it is not installed or has no build for this machine. */
export async function loadDriver(): Promise<Driver> {
  const module = await import("libsql");
  return module.default;
}

/**
 * Opens the file, and makes it, for its owner alone, where there is none. One that is no database, or a broken one, is moved
 * aside: now, and also when that turns out later.
 * @throws The system's or the driver's error.
 */
export async function openLibsqlDatabase(options: LibsqlOptions): Promise<SqlDatabase> {
  const database = new LibsqlDatabase(options);
  await database.open();
  return database;
}

class LibsqlDatabase implements SqlDatabase {
  readonly #options: LibsqlOptions;
  #connection: DriverConnection | null = null;
  readonly #statements = new Map<string, Statement>();
  #closed = false;
  /** The last of those who wait for their turn: one connection can hold one transaction. */
  #lane: Promise<unknown> = Promise.resolve();

  constructor(options: LibsqlOptions) {
    this.#options = options;
  }

  async open(): Promise<void> {
    await this.#inTurn(async () => {
      try {
        await this.#connect();
      } catch (error) {
        if (!isBroken(error)) throw error;
        await this.#replaceBroken();
      }
    });
  }

  run(sql: string, values: readonly SqlValue[] = []): Promise<void> {
    return this.#repaired((session) => session.run(sql, values));
  }

  all(sql: string, values: readonly SqlValue[] = []): Promise<readonly SqlRow[]> {
    return this.#repaired((session) => session.all(sql, values));
  }

  transaction<T>(work: (session: SqlSession) => Promise<T>): Promise<T> {
    return this.#repaired((session) => this.#inTransaction(session, work));
  }

  async scrub(): Promise<void> {
    await this.#inTurn(async () => this.#foldLog());
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    await this.#inTurn(async () => {
      this.#closed = true;
      this.#foldLog();
      this.#disconnect();
    });
  }

  /** The driver's `close` leaves the log of writes beside the file; it can be put in its place and emptied at any time. */
  #foldLog(): void {
    try {
      this.#connection?.prepare("PRAGMA wal_checkpoint(TRUNCATE)").all([]);
    } catch {
      // Another process is reading: the log stays, whole, for the next one to fold it.
    }
  }

  #inTurn<T>(task: () => Promise<T>): Promise<T> {
    const result = this.#lane.then(task);
    this.#lane = result.catch(() => {});
    return result;
  }

  /** A file that turns out to be broken is replaced, and the task is done again on the new one. */
  #repaired<T>(task: (session: SqlSession) => Promise<T>): Promise<T> {
    return this.#inTurn(async () => {
      if (this.#closed) throw new Error("The database is closed.");
      if (this.#connection === null) await this.#connect();
      try {
        return await task(this.#session());
      } catch (error) {
        if (!isBroken(error)) throw error;
        await this.#replaceBroken();
        return await task(this.#session());
      }
    });
  }

  #session(): SqlSession {
    const connection = this.#connection as DriverConnection;
    const { busyLimitMs = BUSY_LIMIT_MS } = this.#options;
    return {
      run: (sql, values = []) => patiently(busyLimitMs, () => void this.#prepared(connection, sql).run(values)),
      all: (sql, values = []) => patiently(busyLimitMs, () => this.#prepared(connection, sql).all(values) as SqlRow[]),
    };
  }

  /** Making a statement costs about as much as running it. */
  #prepared(connection: DriverConnection, sql: string): Statement {
    const known = this.#statements.get(sql);
    if (known !== undefined) return known;
    if (this.#statements.size >= MAX_STATEMENTS) this.#statements.clear();
    const statement = connection.prepare(sql);
    this.#statements.set(sql, statement);
    return statement;
  }

  async #inTransaction<T>(session: SqlSession, work: (session: SqlSession) => Promise<T>): Promise<T> {
    const connection = this.#connection as DriverConnection;
    const { busyLimitMs = BUSY_LIMIT_MS } = this.#options;
    // IMMEDIATE: who reads first and writes then could find that another process has written in between.
    await patiently(busyLimitMs, () => connection.exec("BEGIN IMMEDIATE"));
    try {
      const result = await work(session);
      await patiently(busyLimitMs, () => connection.exec("COMMIT"));
      return result;
    } catch (error) {
      rollBack(connection);
      throw error;
    }
  }

  async #connect(): Promise<void> {
    const { file, driver, busyLimitMs = BUSY_LIMIT_MS } = this.#options;
    makePrivate(file);
    const connection = new driver(file, { timeout: DRIVER_WAIT_MS });
    this.#connection = connection;
    try {
      for (const pragma of PRAGMAS) await patiently(busyLimitMs, () => connection.exec(pragma));
      await this.#inTransaction(this.#session(), this.#options.prepare);
    } catch (error) {
      this.#disconnect();
      throw error;
    }
  }

  #disconnect(): void {
    this.#statements.clear();
    try {
      this.#connection?.close();
    } finally {
      this.#connection = null;
    }
  }

  async #replaceBroken(): Promise<void> {
    this.#disconnect();
    try {
      // Another process may have replaced it already.
      await this.#connect();
      return;
    } catch (error) {
      if (!isBroken(error)) throw error;
    }
    const { file, now } = this.#options;
    const aside = `${file}.broken-${now()}`;
    for (const ending of ["", "-wal", "-shm"]) moveIfThere(file + ending, aside + ending);
    this.#options.onMovedAside(aside);
    await this.#connect();
  }
}

/** The other files of the database get the rights of this one. */
function makePrivate(file: string): void {
  mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 });
  closeSync(openSync(file, "a", 0o600));
  chmodSync(file, 0o600);
}

function moveIfThere(from: string, to: string): void {
  try {
    renameSync(from, to);
  } catch (error) {
    if (codeOf(error) !== "ENOENT") throw error;
  }
}

function rollBack(connection: DriverConnection): void {
  try {
    connection.exec("ROLLBACK");
  } catch {
    // SQLite has done so itself after some errors, and then there is nothing to roll back.
  }
}

async function patiently<T>(limitMs: number, work: () => T): Promise<T> {
  const startedAtMs = performance.now();
  for (;;) {
    try {
      return work();
    } catch (error) {
      const isBusy = codeOf(error).startsWith("SQLITE_BUSY") || codeOf(error).startsWith("SQLITE_LOCKED");
      if (!isBusy || performance.now() - startedAtMs >= limitMs) throw error;
    }
    await sleep(RETRY_MS);
  }
}

function isBroken(error: unknown): boolean {
  const code = codeOf(error);
  return code.startsWith("SQLITE_NOTADB") || code.startsWith("SQLITE_CORRUPT");
}

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "";
}
