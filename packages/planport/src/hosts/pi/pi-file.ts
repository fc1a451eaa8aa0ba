/**
 * pi's `auth.json`: read at any moment, written whole under pi's lock.
 * @module
 */
import { readFileSync } from "node:fs";
import * as fs from "node:fs/promises";
import path from "node:path";
import { CredentialError } from "../../errors.ts";
import { codeOf, writeFileAtomic } from "../../store/atomic-write.ts";
import { parsePiEntries, type PiCredential, piEntry, type PiEntries, withPiEntry } from "./credentials.ts";
import { type DirectoryLockOptions, type HeldLock, withDirectoryLock } from "./directory-lock.ts";

/** pi writes in place: one who reads without the lock may see half a text, for a moment. */
const READ_TRIES = 10;
const READ_PAUSE_MS = 20;

/** The file as it is while its lock is held. */
export interface LockedPiFile extends HeldLock {
  /** @throws {CredentialError} `credential_malformed`, `credential_unreadable`. */
  read(): Promise<PiEntries>;
  /**
   * Puts one entry in, or takes it out (`undefined`); all else is kept.
   * @throws {CredentialError} `store_write_failed`, `credential_malformed` (what cannot be read is never written over).
   */
  write(provider: string, entry: PiCredential | undefined): Promise<PiEntries>;
}

/** pi's `auth.json`. */
export class PiFile {
  readonly path: string;
  readonly #lock: DirectoryLockOptions;

  constructor(file: string, lock: DirectoryLockOptions) {
    this.path = file;
    this.#lock = lock;
  }

  /**
   * The entries now, without the lock.
   * @throws {CredentialError} `credential_malformed`, `credential_unreadable`.
   */
  readSync(): PiEntries {
    for (let tries = 1; ; tries++) {
      try {
        return parsePiEntries(this.#textSync(), this.path);
      } catch (error) {
        if (!(error instanceof CredentialError) || error.code !== "credential_malformed" || tries >= READ_TRIES)
          throw error;
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, READ_PAUSE_MS);
      }
    }
  }

  #textSync(): string {
    try {
      return readFileSync(this.path, "utf8");
    } catch (error) {
      return absentOrThrow(this.path, error);
    }
  }

  /**
   * Runs `task` while no other program that keeps to the lock can write.
   * @throws {CredentialError} `store_write_failed` when the lock cannot be had; and what `task` throws.
   */
  async locked<T>(task: (file: LockedPiFile) => Promise<T>, signal?: AbortSignal): Promise<T> {
    try {
      await fs.mkdir(path.dirname(this.path), { recursive: true, mode: 0o700 });
    } catch (error) {
      throw writeFailed(`make the folder of ${this.path}`, error);
    }
    return withDirectoryLock(
      this.path,
      (lock) =>
        task({
          isOurs: () => lock.isOurs(),
          read: async () => parsePiEntries(await readText(this.path), this.path),
          write: (provider, entry) => this.#write(provider, entry),
        }),
      { ...this.#lock, signal },
    );
  }

  async #write(provider: string, entry: PiCredential | undefined): Promise<PiEntries> {
    const text = withPiEntry(await readText(this.path), this.path, provider, entry);
    try {
      await writeFileAtomic(this.path, text);
    } catch (error) {
      throw writeFailed(`write ${this.path}`, error);
    }
    return parsePiEntries(text, this.path);
  }
}

/**
 * The entry of a provider, for use.
 * @throws {CredentialError} `credential_malformed` when there is one, and it has neither of the known shapes.
 */
export function usableEntry(entries: PiEntries, provider: string, file: string): PiCredential | undefined {
  const entry = piEntry(entries, provider);
  if (entry === undefined && Object.hasOwn(entries, provider))
    throw new CredentialError(
      "credential_malformed",
      `${file}: the entry \`${provider}\` is neither an OAuth login (access, refresh, expires) nor an API key (key). ` +
        "Remove it, or log in again.",
    );
  return entry;
}

async function readText(file: string): Promise<string> {
  try {
    return await fs.readFile(file, "utf8");
  } catch (error) {
    return absentOrThrow(file, error);
  }
}

function absentOrThrow(file: string, error: unknown): string {
  const code = codeOf(error);
  if (code === "ENOENT" || code === "ENOTDIR") return "";
  throw new CredentialError("credential_unreadable", `${file} cannot be read (${code ?? "unknown reason"}).`, {
    cause: error,
  });
}

function writeFailed(what: string, error: unknown): CredentialError {
  return new CredentialError("store_write_failed", `planport cannot ${what} (${codeOf(error) ?? "unknown reason"}).`, {
    cause: error,
  });
}
