/**
 * A sign-in in a file of its own, as Codex keeps it.
 * @module
 */
import type { Stats } from "node:fs";
import * as fs from "node:fs/promises";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { CredentialError } from "../errors.ts";
import { type AtomicWriteOptions, codeOf, realTarget, replaceFile } from "./atomic-write.ts";
import { isSameLogin, rebase } from "./compare.ts";
import { CredentialDocument, parseDocument, serializeDocument } from "./document.ts";
import { createFileLock, type FileLock, type FileLockOptions, loneHold, temporaryFile } from "./file-lock.ts";
import { systemReason } from "./system-reason.ts";
import { createRefreshJournal, type RefreshJournal } from "./refresh-journal.ts";
import type { CredentialStore, ExclusiveOptions, Hold, WriteOptions, WriteOutcome } from "./types.ts";

/** No sign-in comes near; a larger file is something else. */
const MAX_FILE_BYTES = 1024 * 1024;

/** A file is read again after these times when it holds nothing that can be read: somebody may be writing it in place. */
const BROKEN_DELAYS_MS = [50, 250];
/** Others write once in a while; so often in a row means that something is wrong. */
const MAX_ROUNDS = 5;

/** Options of {@link createFileStore}. */
export interface FileStoreOptions extends Omit<AtomicWriteOptions, "onStep"> {
  /** Who runs tasks alone among all processes, or how. Default: a lock file beside the real file. */
  readonly lock?: FileLock | FileLockOptions;
  /** Where refreshes are noted while they are under way; null for nowhere. Default: a file beside the real file. */
  readonly journal?: RefreshJournal | null;
}

/** A store in the file at `file`. Nothing is touched before the first call. */
export function createFileStore(file: string, options: FileStoreOptions = {}): CredentialStore {
  return new FileStore(file, options);
}

class FileStore implements CredentialStore {
  readonly place: string;
  readonly journal: RefreshJournal | null;
  readonly #options: FileStoreOptions;
  readonly #lock: FileLock;

  constructor(file: string, options: FileStoreOptions) {
    const { lock, journal } = options;
    this.place = file;
    this.#options = options;
    this.#lock = lock !== undefined && "run" in lock ? lock : createFileLock(lock);
    this.journal = journal === undefined ? createRefreshJournal(this.key) : journal;
  }

  readonly key = (): Promise<string> => realTarget(fs, path.resolve(this.place)).catch(() => path.resolve(this.place));

  readonly exclusive = async <T>(task: (hold: Hold) => Promise<T>, given?: ExclusiveOptions): Promise<T> =>
    this.#lock.run((hold) => task(hold ?? loneHold()), { ...given, file: await this.key() });

  readonly read = async (): Promise<CredentialDocument | null> => {
    const text = await readText(this.place);
    return text === null ? null : parseDocument(text, this.place);
  };

  readonly write = async (
    previous: CredentialDocument | null,
    next: CredentialDocument,
    given: WriteOptions = {},
  ): Promise<WriteOutcome> => {
    const { hold } = given;
    for (let round = 0; round < MAX_ROUNDS; round++) {
      const { text, document: current } = await this.#readPatiently(previous);
      if (hold?.isOurs() === false || !isSameLogin(previous, current)) return { written: false, document: current };
      const merged =
        previous === null || current === null
          ? next
          : new CredentialDocument(rebase(previous.reveal(), next.reveal(), current.reveal()), this.place);
      const stored = await this.#save(merged, given, async () => {
        // Who shares the file without our lock may have written it a moment ago.
        const isSame = (await readText(this.place)) === text;
        return isSame && hold?.isOurs() !== false;
      });
      if (stored !== null) return { written: true, document: stored };
    }
    throw new CredentialError(
      "store_write_failed",
      `planport cannot write the sign-in to ${this.place}: another program keeps changing it.`,
    );
  };

  readonly replace = async (next: CredentialDocument): Promise<CredentialDocument> => {
    const stored = await this.#save(next, {}, async () => true);
    await this.journal?.remove(); // What was noted is of the former sign-in.
    return stored ?? next;
  };

  readonly remove = async (): Promise<boolean> => {
    try {
      await this.journal?.remove();
      // Writes follow links, so the sign-in is where the link leads; then the link itself goes.
      const removed = await unlinkIfThere(await this.key());
      return (await unlinkIfThere(this.place)) || removed;
    } catch (error) {
      throw writeFailed(`cannot remove ${this.place}`, error);
    }
  };

  /**
   * What is there now. Text that stays unreadable is taken for `previous`, with its last change gone wrong: what is about
   * to be written is then the only sign-in left, and has to be kept.
   */
  async #readPatiently(
    previous: CredentialDocument | null,
  ): Promise<{ readonly text: string | null; readonly document: CredentialDocument | null }> {
    for (const delayMs of [...BROKEN_DELAYS_MS, null]) {
      const text = await readText(this.place);
      try {
        return { text, document: text === null ? null : parseDocument(text, this.place) };
      } catch (error) {
        if (previous === null) throw error;
        if (delayMs === null) return { text, document: previous };
        await sleep(delayMs);
      }
    }
    throw new Error("unreachable");
  }

  /** Null when it was not wanted any more. */
  async #save(
    document: CredentialDocument,
    { hold, onStep }: WriteOptions,
    isStillWanted: () => Promise<boolean>,
  ): Promise<CredentialDocument | null> {
    const stored = new CredentialDocument(document.reveal(), this.place);
    try {
      const target = await realTarget(this.#options.fs ?? fs, path.resolve(this.place));
      const isDone = await replaceFile(target, serializeDocument(stored), {
        ...this.#options,
        onStep,
        isStillWanted,
        temporary: hold && ((real) => temporaryFile(real, hold.nonce)),
      });
      return isDone ? stored : null;
    } catch (error) {
      if (hold?.isOurs() === false) return null; // Who took over has removed our temporary file.
      throw writeFailed(`cannot write the sign-in to ${this.place}`, error);
    }
  }
}

async function unlinkIfThere(file: string): Promise<boolean> {
  try {
    await fs.unlink(file);
    return true;
  } catch (error) {
    if (isAbsent(codeOf(error))) return false;
    throw error;
  }
}

async function readText(file: string): Promise<string | null> {
  let bytes: Buffer | null;
  try {
    bytes = await readSmallFile(file);
  } catch (error) {
    if (error instanceof CredentialError) throw error;
    const code = codeOf(error);
    if (isAbsent(code)) return null;
    throw new CredentialError("credential_unreadable", `${file} cannot be read: ${systemReason(code)}.`, {
      cause: error,
    });
  }
  if (bytes === null)
    throw new CredentialError(
      "credential_malformed",
      `${file} is larger than ${MAX_FILE_BYTES / 1024 / 1024} MiB: that is no sign-in. Run \`planport login\` to sign in again.`,
    );
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw new CredentialError(
      "credential_malformed",
      `${file} is not UTF-8. Save it as UTF-8, or run \`planport login\` to sign in again.`,
    );
  }
}

/** Reads a regular file; null when it is too large. Anything else could make the reader wait for ever, or never end. */
async function readSmallFile(file: string): Promise<Buffer | null> {
  assertRegular(file, await fs.stat(file));
  // What was a file a moment ago may be a pipe by now: opening one must not wait for its other end. Windows has none.
  const handle = await fs.open(file, fs.constants.O_RDONLY | (fs.constants.O_NONBLOCK ?? 0));
  try {
    assertRegular(file, await handle.stat());
    const buffer = Buffer.alloc(MAX_FILE_BYTES + 1);
    let length = 0;
    while (length < buffer.length) {
      const { bytesRead } = await handle.read(buffer, length, buffer.length - length, null);
      if (bytesRead === 0) return buffer.subarray(0, length);
      length += bytesRead;
    }
    return null;
  } finally {
    await handle.close();
  }
}

function assertRegular(file: string, stats: Stats): void {
  if (stats.isFile()) return;
  const what = stats.isDirectory()
    ? "a folder"
    : stats.isFIFO()
      ? "a pipe"
      : stats.isSocket()
        ? "a socket"
        : "a device";
  throw new CredentialError("credential_unreadable", `${file} cannot be read: it is ${what}, not a file.`);
}

function isAbsent(code: string | undefined): boolean {
  return code === "ENOENT" || code === "ENOTDIR";
}

function writeFailed(what: string, error: unknown): CredentialError<"store_write_failed"> {
  return new CredentialError("store_write_failed", `planport ${what}: ${systemReason(codeOf(error))}.`, {
    cause: error,
  });
}
