/**
 * A sign-in in a file of its own, as Codex keeps it.
 * @module
 */
import * as fs from "node:fs/promises";
import { CredentialError } from "../errors.ts";
import { type AtomicWriteOptions, codeOf, writeFileAtomic } from "./atomic-write.ts";
import { isSameLogin, rebase } from "./compare.ts";
import { CredentialDocument, parseDocument, serializeDocument } from "./document.ts";
import type { CredentialStore, WriteOutcome } from "./types.ts";

/** A store in the file at `file`. Nothing is touched before the first call. */
export function createFileStore(file: string, options: AtomicWriteOptions = {}): CredentialStore {
  async function read(): Promise<CredentialDocument | null> {
    const text = await readText(file);
    return text === null ? null : parseDocument(text, file);
  }

  async function save(document: CredentialDocument): Promise<CredentialDocument> {
    const stored = new CredentialDocument(document.reveal(), file);
    try {
      await writeFileAtomic(file, serializeDocument(stored), options);
    } catch (error) {
      throw writeFailed(`cannot write the sign-in to ${file}`, error);
    }
    return stored;
  }

  return {
    place: file,
    read,
    async write(previous, next): Promise<WriteOutcome> {
      const current = await read();
      if (!isSameLogin(previous, current)) return { written: false, document: current };
      const merged =
        previous === null || current === null
          ? next
          : new CredentialDocument(rebase(previous.reveal(), next.reveal(), current.reveal()), file);
      return { written: true, document: await save(merged) };
    },
    replace: save,
    async remove(): Promise<boolean> {
      try {
        await fs.unlink(file);
        return true;
      } catch (error) {
        if (codeOf(error) === "ENOENT") return false;
        throw writeFailed(`cannot remove ${file}`, error);
      }
    },
  };
}

async function readText(file: string): Promise<string | null> {
  try {
    return await fs.readFile(file, "utf8");
  } catch (error) {
    const code = codeOf(error);
    if (code === "ENOENT" || code === "ENOTDIR") return null;
    throw new CredentialError("credential_unreadable", `${file} cannot be read: ${systemReason(code)}.`, {
      cause: error,
    });
  }
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
    case "EROFS":
      return "the file system is read-only (EROFS)";
    case "ENOSPC":
      return "the disk is full (ENOSPC)";
    default:
      return code ?? "unknown reason";
  }
}
