/**
 * Writing a file whole or not at all.
 * @module
 */
import { randomBytes } from "node:crypto";
import * as fs from "node:fs/promises";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

/** The file operations used, so that tests can make each of them fail. */
export type AtomicWriteFs = Pick<typeof fs, "mkdir" | "open" | "readlink" | "realpath" | "rename" | "unlink">;

/** Options of {@link writeFileAtomic}. */
export interface AtomicWriteOptions {
  /** Access of the file, and of no one but its owner by default. Windows ignores it. */
  readonly mode?: number;
  readonly fs?: AtomicWriteFs;
  /** Waits between tries of the rename, in milliseconds. */
  readonly retryDelaysMs?: readonly number[];
  /** Told right before the text is made durable, and right before it is put in place. Runs synchronously. */
  readonly onStep?: ((step: "syncing" | "renaming") => void) | undefined;
}

/** What {@link replaceFile} takes as well. */
export interface ReplaceOptions extends AtomicWriteOptions {
  /** The temporary file for a real path, in the same folder. By default one with a name of its own. */
  readonly temporary?: ((target: string) => string) | undefined;
  /** Asked last, when the text is durable; when false, all stays as it was. */
  readonly isStillWanted?: (() => Promise<boolean>) | undefined;
}

/** Codes with which Windows refuses a rename while a virus scanner, an indexer or a reader holds the target open. */
const HELD_OPEN = new Set(["EPERM", "EBUSY", "EACCES"]);
const RENAME_RETRY_DELAYS_MS = [5, 10, 20, 50, 100, 200, 400];

/**
 * Writes `text` to a temporary file in the same folder, makes it durable, and renames it onto `file`. A reader sees the
 * old text or the new one, never a part. A symbolic link is followed, so that the file it names is the one replaced.
 * A missing folder is made, for its owner alone.
 * @returns The real path written to.
 * @throws The system's error, after the temporary file was removed.
 */
export async function writeFileAtomic(file: string, text: string, options: AtomicWriteOptions = {}): Promise<string> {
  const target = await realTarget(options.fs ?? fs, path.resolve(file));
  await replaceFile(target, text, options);
  return target;
}

/**
 * {@link writeFileAtomic} for a real path, with a last question before the rename.
 * @returns False when the answer was no.
 * @throws The system's error, after the temporary file was removed. `ENOENT` also when somebody else removed that file.
 */
export async function replaceFile(target: string, text: string, options: ReplaceOptions): Promise<boolean> {
  const io = options.fs ?? fs;
  const folder = path.dirname(target);
  await io.mkdir(folder, { recursive: true, mode: 0o700 });
  const temporary = options.temporary?.(target) ?? path.join(folder, `.auth-${randomBytes(6).toString("hex")}.tmp`);
  const handle = await io.open(temporary, "wx", options.mode ?? 0o600); // wx: O_CREAT | O_EXCL, never an existing file.
  try {
    try {
      await handle.writeFile(text, "utf8");
      options.onStep?.("syncing");
      await handle.sync();
    } finally {
      await handle.close();
    }
    options.onStep?.("renaming");
    if (options.isStillWanted !== undefined && !(await options.isStillWanted())) {
      await io.unlink(temporary).catch(() => {});
      return false;
    }
    await renameHeldOpen(io, temporary, target, options.retryDelaysMs ?? RENAME_RETRY_DELAYS_MS);
  } catch (error) {
    await io.unlink(temporary).catch(() => {}); // The first fault is the one to tell.
    throw error;
  }
  await syncFolder(io, folder);
  return true;
}

/** The file a path leads to, also when the link at its end points to a file that is not there yet. */
export async function realTarget(io: Pick<AtomicWriteFs, "readlink" | "realpath">, file: string): Promise<string> {
  let current = file;
  for (let hops = 0; hops < 40; hops++) {
    try {
      return await io.realpath(current);
    } catch (error) {
      if (codeOf(error) !== "ENOENT") throw error;
    }
    try {
      current = path.resolve(path.dirname(current), await io.readlink(current));
    } catch {
      return current; // Nothing there at all: a new file.
    }
  }
  return current;
}

async function renameHeldOpen(io: AtomicWriteFs, from: string, to: string, delaysMs: readonly number[]): Promise<void> {
  for (const delayMs of delaysMs) {
    try {
      await io.rename(from, to);
      return;
    } catch (error) {
      if (!HELD_OPEN.has(codeOf(error) ?? "")) throw error;
      await sleep(delayMs);
    }
  }
  await io.rename(from, to);
}

/** Makes the rename itself durable. Windows cannot open a folder, and some file systems cannot sync one. */
async function syncFolder(io: AtomicWriteFs, folder: string): Promise<void> {
  try {
    const handle = await io.open(folder, "r");
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  } catch {
    // The data is in place and was synced; only the directory entry may come late.
  }
}

/** The system's code of an error, such as `ENOENT`. */
export function codeOf(error: unknown): string | undefined {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : undefined;
}
