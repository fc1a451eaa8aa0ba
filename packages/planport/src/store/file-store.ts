/**
 * A sign-in in a file of its own, as Codex keeps it.
 * @module
 */
import type { Stats } from "node:fs";
import * as fs from "node:fs/promises";
import path from "node:path";
import { CredentialError } from "../errors.ts";
import { type AtomicWriteOptions, codeOf, realTarget, writeFileAtomic } from "./atomic-write.ts";
import { isSameLogin, rebase } from "./compare.ts";
import { createFileLock, type FileLock } from "./file-lock.ts";
import { CredentialDocument, parseDocument, serializeDocument } from "./document.ts";
import type { CredentialStore, WriteOptions, WriteOutcome } from "./types.ts";

/** No sign-in comes near; a larger file is something else. */
const MAX_FILE_BYTES = 1024 * 1024;

/** Options of {@link createFileStore}. */
export interface FileStoreOptions extends AtomicWriteOptions {
  /** Who runs tasks alone among all processes. Default: a lock file beside the real file. */
  readonly lock?: FileLock;
}

/** A store in the file at `file`. Nothing is touched before the first call. */
export function createFileStore(file: string, options: FileStoreOptions = {}): CredentialStore {
  const lock = options.lock ?? createFileLock();
  async function read(): Promise<CredentialDocument | null> {
    const text = await readText(file);
    return text === null ? null : parseDocument(text, file);
  }

  async function save(document: CredentialDocument, given: WriteOptions = {}): Promise<CredentialDocument> {
    const stored = new CredentialDocument(document.reveal(), file);
    try {
      await writeFileAtomic(file, serializeDocument(stored), { ...options, onStep: given.onStep });
    } catch (error) {
      throw writeFailed(`cannot write the sign-in to ${file}`, error);
    }
    return stored;
  }

  return {
    place: file,
    key: () => realTarget(fs, path.resolve(file)).catch(() => path.resolve(file)),
    exclusive: async (task, given) =>
      lock.run(await realTarget(fs, path.resolve(file)).catch(() => path.resolve(file)), task, given),
    read,
    async write(previous, next, given = {}): Promise<WriteOutcome> {
      const current = await read();
      if (!isSameLogin(previous, current)) return { written: false, document: current };
      const merged =
        previous === null || current === null
          ? next
          : new CredentialDocument(rebase(previous.reveal(), next.reveal(), current.reveal()), file);
      return { written: true, document: await save(merged, given) };
    },
    replace: (next) => save(next),
    async remove(): Promise<boolean> {
      try {
        // Writes follow links, so the sign-in is where the link leads; then the link itself goes.
        const target = await realTarget(fs, path.resolve(file)).catch(() => file);
        const removed = await unlinkIfThere(target);
        return (await unlinkIfThere(file)) || removed;
      } catch (error) {
        throw writeFailed(`cannot remove ${file}`, error);
      }
    },
  };
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

function systemReason(code: string | undefined): string {
  switch (code ?? "") {
    case "EACCES":
    case "EPERM":
      return `permission denied (${code}); check who owns the file and its folder`;
    case "EISDIR":
      return "it is a folder, not a file (EISDIR)";
    case "ELOOP":
      return "its symbolic links lead in a circle (ELOOP)";
    case "ENAMETOOLONG":
      return "its path is too long (ENAMETOOLONG)";
    case "EMFILE":
    case "ENFILE":
      return `too many files are open (${code})`;
    case "EIO":
      return "the disk reports a fault (EIO)";
    case "EROFS":
      return "the file system is read-only (EROFS)";
    case "ENOSPC":
      return "the disk is full (ENOSPC)";
    default:
      return code ?? "unknown reason";
  }
}
