/**
 * The memory of a gateway: opened in the background, and never a reason for a request to fail.
 * @module
 */
import { randomUUID } from "node:crypto";
import { type Driver, loadDriver, openLibsqlDatabase } from "./libsql-database.ts";
import { createLocalStores } from "./local-stores.ts";
import { migrate } from "./schema.ts";
import { createSqlStores } from "./sql-stores.ts";
import {
  type Limits,
  PROCESS_MAX_BYTES,
  REASONING_LIMITS,
  type ReasoningMemory,
  RESPONSE_LIMITS,
  type ResponseStore,
  type StoreOptions,
  type Stores,
} from "./types.ts";

/** Where a memory rests: a file, or this process alone. */
export type MemoryPlace = { readonly file: string } | "process";

/** Options of {@link openMemory}. */
export interface MemoryOptions {
  readonly place: MemoryPlace;
  /** Told of what does not work, at most once a minute for each kind. */
  readonly onWarning?: (message: string, error: unknown) => void;
  /** Milliseconds since the epoch. */
  readonly now?: () => number;
  readonly newId?: () => string;
  readonly responseLimits?: Limits;
  readonly reasoningLimits?: Limits;
  /** How long a write may hold up the end of an answer. Default 2 s. */
  readonly writeLimitMs?: number;
  /** Gives the database's driver. Default: `libsql`, where it is installed. */
  readonly driver?: () => Promise<Driver>;
}

/**
 * What is remembered between requests. Apart from `responses.delete`, no method rejects: what cannot be read is not there,
 * what cannot be written is lost, and `onWarning` is told.
 */
export interface Memory {
  readonly responses: ResponseStore;
  readonly reasoning: ReasoningMemory;
  /** Waits for writes and closes. */
  close(): Promise<void>;
}

const WRITE_LIMIT_MS = 2_000;
const WARN_EVERY_MS = 60_000;

/** Makes a memory. It is opened when it is first needed: the database's driver alone takes some megabytes. */
export function openMemory(options: MemoryOptions): Memory {
  const now = options.now ?? Date.now;
  const warn = seldom(now, options.onWarning ?? (() => {}));
  const storeOptions: StoreOptions = {
    now,
    newId: options.newId ?? randomUUID,
    responseLimits: options.responseLimits ?? RESPONSE_LIMITS,
    reasoningLimits: options.reasoningLimits ?? REASONING_LIMITS,
  };
  let opening: Promise<Stores> | null = null;
  const stores: OpenStores = {
    open: () => (opening ??= openStores(options, storeOptions, warn)),
    opened: () => opening,
  };
  return guarded(stores, warn, options.writeLimitMs ?? WRITE_LIMIT_MS);
}

async function openStores(options: MemoryOptions, storeOptions: StoreOptions, warn: Warn): Promise<Stores> {
  const { place } = options;
  if (place === "process") return createLocalStores(withinHeap(storeOptions));
  const { file } = place;
  let driver: Driver;
  try {
    driver = await (options.driver ?? loadDriver)();
  } catch (error) {
    warn("The package libsql cannot be loaded, so responses and reasoning are kept only until planport ends.", error);
    return createLocalStores(withinHeap(storeOptions));
  }
  try {
    const database = await openLibsqlDatabase({
      file,
      driver,
      prepare: migrate,
      now: storeOptions.now,
      onMovedAside: (to) => warn(`${file} was broken; it was moved to ${to}, and a new one begun.`, null),
    });
    return createSqlStores(database, storeOptions);
  } catch (error) {
    warn(`${file} cannot be used, so responses and reasoning are kept only until planport ends.`, error);
    return createLocalStores(withinHeap(storeOptions));
  }
}

function withinHeap({ responseLimits, reasoningLimits, ...rest }: StoreOptions): StoreOptions {
  const smaller = (limits: Limits): Limits => ({ ...limits, maxBytes: Math.min(limits.maxBytes, PROCESS_MAX_BYTES) });
  return { ...rest, responseLimits: smaller(responseLimits), reasoningLimits: smaller(reasoningLimits) };
}

type Warn = (message: string, error: unknown) => void;

/** A full disk makes every request fail to be kept: one line a minute says so as well as a thousand. */
function seldom(now: () => number, warn: Warn): Warn {
  const lastMs = new Map<string, number>();
  return (message, error) => {
    const nowMs = now();
    if (nowMs - (lastMs.get(message) ?? Number.NEGATIVE_INFINITY) < WARN_EVERY_MS) return;
    lastMs.set(message, nowMs);
    warn(message, error);
  };
}

/** Stores that may not be open yet. */
interface OpenStores {
  /** Opens them, the first time. */
  open(): Promise<Stores>;
  /** Null as long as nobody has. */
  opened(): Promise<Stores> | null;
}

function guarded(opening: OpenStores, warn: Warn, writeLimitMs: number): Memory {
  const reading = async <T>(read: (stores: Stores) => Promise<T>, otherwise: T): Promise<T> => {
    try {
      return await read(await opening.open());
    } catch (error) {
      warn("What was kept of earlier requests could not be read.", error);
      return otherwise;
    }
  };
  const writing = async (write: (stores: Stores) => Promise<void>): Promise<void> => {
    const written = opening
      .open()
      .then(write)
      .catch((error: unknown) => warn("A response could not be kept.", error));
    if (!(await within(written, writeLimitMs))) warn("Keeping a response takes long.", null);
  };
  return {
    responses: {
      put: (accountKey, stored) => writing(({ responses }) => responses.put(accountKey, stored)),
      get: (accountKey, id) => reading(({ responses }) => responses.get(accountKey, id), null),
      delete: async (accountKey, id) => (await opening.open()).responses.delete(accountKey, id),
      findItems: (accountKey, ids) => reading(({ responses }) => responses.findItems(accountKey, ids), new Map()),
    },
    reasoning: {
      remember: (accountKey, model, turn) => writing(({ reasoning }) => reasoning.remember(accountKey, model, turn)),
      recall: (accountKey, model, anchors) =>
        reading(({ reasoning }) => reasoning.recall(accountKey, model, anchors), new Map()),
      forget: (accountKey, turnIds) => writing(({ reasoning }) => reasoning.forget(accountKey, turnIds)),
    },
    close: async () => (await opening.opened())?.close(),
  };
}

/** True when the task ended in time. */
async function within(task: Promise<void>, limitMs: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), limitMs);
  });
  const inTime = await Promise.race([task.then(() => true), limit]);
  clearTimeout(timer);
  return inTime;
}
