/**
 * The lock by which programs of the pi family share a file: a folder `<file>.lock` next to it, made by whoever has the
 * file, touched while it is held, and void once nobody has touched it for a while. It is the protocol of the npm
 * package `proper-lockfile`, which those programs use.
 * @module
 */
import { rmdirSync, type Stats } from "node:fs";
import * as fs from "node:fs/promises";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { CredentialError } from "../../errors.ts";
import { codeOf, realTarget } from "../../store/atomic-write.ts";

/** pi's own limit for whoever holds the lock over a refresh. Its quick readers allow 10 s. */
const STALE_AFTER_MS = 30_000;
/** Often enough for those who allow 10 s, with a busy machine in mind. */
const TOUCH_EVERY_MS = 2000;
/** Longer than a refresh takes at most, so that one who waits for another's refresh gets to see its result. */
const WAIT_LIMIT_MS = 60_000;
const FIRST_DELAY_MS = 10;
const MAX_DELAY_MS = 250;

/** Options of {@link withDirectoryLock}. */
export interface DirectoryLockOptions {
  /** Ends the waiting, not the task. */
  readonly signal?: AbortSignal | undefined;
  /** How long to wait for the lock; one minute by default. */
  readonly waitLimitMs?: number;
  /** A lock that was not touched for this long is void; 30 s by default. */
  readonly staleAfterMs?: number;
  /** How often a lock that is held is touched; every 2 s by default. */
  readonly touchEveryMs?: number;
}

/** A lock that is held. */
export interface HeldLock {
  /**
   * False when the lock was lost: this process slept for longer than others wait, and one of them took it. What it
   * guards must then be looked at again.
   */
  isOurs(): Promise<boolean>;
}

/**
 * Runs `task` while holding the lock of `file`, whose folder must exist; the file itself need not.
 * @throws {CredentialError} `store_write_failed` when the lock cannot be had in time or at all; the reason of `signal`.
 */
export async function withDirectoryLock<T>(
  file: string,
  task: (lock: HeldLock) => Promise<T>,
  options: DirectoryLockOptions = {},
): Promise<T> {
  return inTurn(path.resolve(file), async () => {
    const held: OneLock[] = [];
    try {
      for (const folder of await lockPaths(file)) held.push(await acquire(folder, options));
      return await task({
        isOurs: async () => (await Promise.all(held.map((lock) => lock.isOurs()))).every((ours) => ours),
      });
    } finally {
      // The other way round, so that one who waits for the first finds the second free.
      for (const lock of held.toReversed()) await lock.release();
    }
  });
}

/**
 * Where the lock of `file` lies. Versions of pi differ when the file is a symbolic link: some lock the link's name, some
 * the file it leads to. Both are taken, always in this order, so that nobody can wait in a circle.
 */
async function lockPaths(file: string): Promise<readonly string[]> {
  const named = path.resolve(file);
  // A folder on the way may be a link, too; only what differs for the file itself makes another lock.
  const here = await inRealFolder(named);
  const real = await realTarget(fs, named).then(inRealFolder, () => here);
  return here === real ? [`${named}.lock`] : [`${named}.lock`, `${real}.lock`];
}

async function inRealFolder(file: string): Promise<string> {
  const folder = path.dirname(file);
  return path.join(await fs.realpath(folder).catch(() => folder), path.basename(file));
}

const turns = new Map<string, Promise<unknown>>();

/** In one process the lock goes from hand to hand, without the pauses of those who can only look whether it is free. */
async function inTurn<T>(key: string, task: () => Promise<T>): Promise<T> {
  const before = turns.get(key) ?? Promise.resolve();
  const done = before.then(task);
  const settled = done.catch(() => {});
  turns.set(key, settled);
  try {
    return await done;
  } finally {
    if (turns.get(key) === settled) turns.delete(key);
  }
}

interface OneLock extends HeldLock {
  release(): Promise<void>;
}

async function acquire(folder: string, options: DirectoryLockOptions): Promise<OneLock> {
  const endMs = performance.now() + (options.waitLimitMs ?? WAIT_LIMIT_MS);
  for (let round = 0; ; round++) {
    options.signal?.throwIfAborted();
    const mark = await tryMake(folder);
    if (mark !== null) return hold(folder, mark, options.touchEveryMs ?? TOUCH_EVERY_MS);
    if (await removeStale(folder, options.staleAfterMs ?? STALE_AFTER_MS)) continue;
    const leftMs = endMs - performance.now();
    if (leftMs <= 0)
      throw new CredentialError(
        "store_write_failed",
        `${folder} is held by another program. Try again when it has ended; if none is running, remove that folder.`,
      );
    const delayMs = Math.min(FIRST_DELAY_MS * 2 ** Math.min(round, 10), MAX_DELAY_MS) * (0.5 + Math.random() / 2);
    await sleep(Math.min(delayMs, leftMs), undefined, options.signal === undefined ? {} : { signal: options.signal });
  }
}

/** What tells our lock from one that another program made in its place. */
interface Mark {
  readonly inode: number;
  /** Touched in whole milliseconds: some file systems keep no more. */
  touchedAtMs: number;
}

async function tryMake(folder: string): Promise<Mark | null> {
  try {
    await fs.mkdir(folder);
    return markOf(await fs.stat(folder));
  } catch (error) {
    const code = codeOf(error);
    // Windows says EPERM or EBUSY of a folder that is just being removed; somebody may remove ours before we look.
    if (code === "EEXIST" || code === "ENOENT" || (process.platform === "win32" && isBusy(code))) {
      if (code !== "ENOENT" || (await isThere(path.dirname(folder)))) return null;
    }
    throw new CredentialError(
      "store_write_failed",
      `The lock ${folder} cannot be made (${code ?? "unknown reason"}).`,
      {
        cause: error,
      },
    );
  }
}

function isBusy(code: string | undefined): boolean {
  return code === "EPERM" || code === "EBUSY" || code === "EACCES";
}

async function isThere(folder: string): Promise<boolean> {
  return fs.stat(folder).then(
    () => true,
    () => false,
  );
}

function markOf(stats: Stats): Mark {
  return { inode: stats.ino, touchedAtMs: Math.floor(stats.mtimeMs) };
}

/** Removes a lock that nobody has touched for long. True when it is worth trying at once again. */
async function removeStale(folder: string, staleAfterMs: number): Promise<boolean> {
  const before = await statOrNull(folder);
  if (before === null) return true;
  if (before.mtimeMs >= Date.now() - staleAfterMs) return false;
  // Once more, right before the removal: another who waits may have taken it over meanwhile.
  const now = await statOrNull(folder);
  if (now === null || now.ino !== before.ino || now.mtimeMs !== before.mtimeMs) return true;
  try {
    await fs.rmdir(folder);
    return true;
  } catch (error) {
    if (codeOf(error) === "ENOENT") return true;
    throw new CredentialError(
      "store_write_failed",
      `The lock ${folder} was left behind and cannot be removed (${codeOf(error) ?? "unknown reason"}). Remove it.`,
      { cause: error },
    );
  }
}

async function statOrNull(folder: string): Promise<Stats | null> {
  try {
    return await fs.stat(folder);
  } catch (error) {
    if (codeOf(error) === "ENOENT") return null;
    throw error;
  }
}

function hold(folder: string, mark: Mark, touchEveryMs: number): OneLock {
  let touching: Promise<void> = Promise.resolve();
  let isLost = false;
  const isOurs = async (): Promise<boolean> => {
    if (isLost) return false;
    const stats = await statOrNull(folder).catch(() => null);
    isLost = stats === null || stats.ino !== mark.inode || Math.floor(stats.mtimeMs) !== mark.touchedAtMs;
    return !isLost;
  };
  const touch = async (): Promise<void> => {
    if (!(await isOurs())) return;
    await fs.utimes(folder, new Date(), new Date()).catch(() => {}); // Tried again at the next beat.
    const stats = await statOrNull(folder).catch(() => null);
    if (stats !== null && stats.ino === mark.inode) mark.touchedAtMs = Math.floor(stats.mtimeMs);
  };
  const inOrder = async <T>(act: () => Promise<T>): Promise<T> => {
    const before = touching;
    const done = (async () => {
      await before;
      return act();
    })();
    touching = done.then(
      () => {},
      () => {},
    );
    return done;
  };
  const timer = setInterval(() => void inOrder(touch), touchEveryMs);
  timer.unref();
  // A process that ends in the middle takes its lock away, as far as it can still do anything.
  const onExit = (): void => {
    try {
      if (!isLost) rmdirSync(folder);
    } catch {
      // Gone already.
    }
  };
  process.once("exit", onExit);
  return {
    isOurs: () => inOrder(isOurs),
    async release(): Promise<void> {
      clearInterval(timer);
      if (await inOrder(isOurs)) await fs.rmdir(folder).catch(() => {});
      process.off("exit", onExit);
    },
  };
}
