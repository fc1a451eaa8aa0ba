/**
 * A sign-in in the operating system's keyring, in the entry that Codex uses (codex-rs/login/src/auth/storage.rs).
 * @module
 */
import { createHash } from "node:crypto";
import * as fs from "node:fs/promises";
import { CredentialError, isPlanportError } from "../errors.ts";
import { isSameLogin, rebase } from "./compare.ts";
import { CredentialDocument, parseDocument, serializeDocument } from "./document.ts";
import { type KeyringBinding, keyringFault, loadKeyring, NO_SECRET_SERVICE } from "./keyring-binding.ts";
import type { CredentialStore, WriteOutcome } from "./types.ts";

/** The service of Codex's entries. */
export const KEYRING_SERVICE = "Codex Auth";

/** Options of {@link createKeyringStore}. */
export interface KeyringStoreOptions {
  /** The store in the folder's `auth.json`: its lock is used, and the file goes when a sign-in moves to the keyring. */
  readonly file: CredentialStore;
  /** Names the owner of the entry; Codex's by default. */
  readonly service?: string | undefined;
  /** Opens the keyring; by default `@napi-rs/keyring` is loaded. */
  readonly open?: (() => Promise<KeyringBinding>) | undefined;
  /** Default `process.platform`. */
  readonly platform?: string | undefined;
  /** How long the keyring may take, in milliseconds; 60 s by default, since it may ask a person to unlock it. */
  readonly timeoutMs?: number | undefined;
}

const TIMEOUT_MS = 60_000;

/**
 * The account of Codex's entry for a folder: `cli|` and 16 hexadecimal digits of the SHA-256 of its canonical path. A
 * folder that is not there counts as it is written.
 */
export async function keyringAccount(folder: string, platform: string = process.platform): Promise<string> {
  // Not resolved first, since Codex hashes the text itself when the folder is missing.
  const canonical = await fs.realpath(folder).then(
    (real) => verbatim(real, platform),
    () => folder,
  );
  return `cli|${createHash("sha256").update(canonical).digest("hex").slice(0, 16)}`;
}

/** Rust's canonical paths on Windows: `\\?\C:\…`, and `\\?\UNC\server\share\…`. */
export function verbatim(real: string, platform: string): string {
  if (platform !== "win32" || real.startsWith("\\\\?\\")) return real;
  return real.startsWith("\\\\") ? `\\\\?\\UNC\\${real.slice(2)}` : `\\\\?\\${real}`;
}

/**
 * The store in the keyring entry of a folder, `CODEX_HOME` or planport's own. Nothing is touched before the first call.
 * The store throws CredentialError `keyring_unavailable` when there is no keyring to speak to.
 */
export function createKeyringStore(folder: string, options: KeyringStoreOptions): CredentialStore {
  const platform = options.platform ?? process.platform;
  const service = options.service ?? KEYRING_SERVICE;
  const place = `the system's keyring (${service}, for ${folder})`;
  let opened: Promise<KeyringBinding> | undefined;

  async function use<T>(
    code: "credential_unreadable" | "store_write_failed",
    what: string,
    task: (keyring: KeyringBinding, account: string) => Promise<T>,
  ): Promise<T> {
    const keyring = await (opened ??= (options.open ?? loadKeyring)());
    const account = await keyringAccount(folder, platform);
    try {
      return await within(options.timeoutMs ?? TIMEOUT_MS, task(keyring, account));
    } catch (error) {
      const why = keyringFault(error, platform);
      const isMissing = why.startsWith(NO_SECRET_SERVICE);
      throw new CredentialError(isMissing ? "keyring_unavailable" : code, `planport cannot ${what} ${place}: ${why}.`);
    }
  }

  async function read(): Promise<CredentialDocument | null> {
    const text = await use("credential_unreadable", "read", (keyring, account) => keyring.get(service, account));
    return text === null ? null : parseDocument(text, place);
  }

  async function save(document: CredentialDocument): Promise<CredentialDocument> {
    const stored = new CredentialDocument(document.reveal(), place);
    await use("store_write_failed", "write the sign-in to", (keyring, account) =>
      keyring.set(service, account, serializeDocument(stored, "compact")),
    );
    return stored;
  }

  const { file } = options;
  return {
    place,
    ...sharedWith(file),
    read,
    async write(previous, next, { hold, onStep } = {}): Promise<WriteOutcome> {
      const current = await read();
      if (!isSameLogin(previous, current)) return { written: false, document: current };
      const merged =
        previous === null || current === null
          ? next
          : new CredentialDocument(rebase(previous.reveal(), next.reveal(), current.reveal()), place);
      onStep?.("syncing");
      onStep?.("renaming");
      if (hold?.isOurs() === false) return { written: false, document: await read() };
      return { written: true, document: await save(merged) };
    },
    async replace(next): Promise<CredentialDocument> {
      const stored = await save(next);
      // As Codex does: a file that stayed behind would hold an old sign-in in the open.
      await file.remove();
      return stored;
    },
    async remove(): Promise<boolean> {
      await file.journal?.remove(); // It may hold tokens.
      return use("store_write_failed", "remove the sign-in from", (keyring, account) =>
        keyring.remove(service, account),
      );
    },
  };
}

/** The lock and the notes on a refresh lie beside the file: a folder's keyring entry and its file are one sign-in. */
function sharedWith(file: CredentialStore): Partial<CredentialStore> {
  return {
    key: async () => (await file.key?.()) ?? file.place,
    ...(file.exclusive !== undefined && { exclusive: file.exclusive.bind(file) }),
    ...(file.journal !== undefined && { journal: file.journal }),
  };
}

/** A desktop's question to unlock a keyring may stand on a screen that nobody looks at. */
async function within<T>(limitMs: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${limitMs / 1000} s`)), limitMs);
  });
  try {
    return await Promise.race([work, limit]);
  } finally {
    clearTimeout(timer);
  }
}

/**
 * The keyring where it works, else the file: Codex's `auto`. What is in the keyring wins; a sign-in that rests in the
 * file is renewed there, and a new one goes to the keyring when that can be reached.
 */
export function createAutoStore(keyring: CredentialStore, file: CredentialStore): CredentialStore {
  async function read(): Promise<CredentialDocument | null> {
    return (await unlessUnavailable(() => keyring.read())) ?? file.read();
  }
  return {
    place: `${keyring.place} or ${file.place}`,
    ...sharedWith(file),
    read,
    async write(previous, next, options): Promise<WriteOutcome> {
      // To where the former one was read from: while the keyring is out of reach, the file says nothing about it.
      const store = (previous ?? (await read()))?.place === keyring.place ? keyring : file;
      return store.write(previous, next, options);
    },
    async replace(next): Promise<CredentialDocument> {
      const stored = await unlessUnavailable(() => keyring.replace(next));
      if (stored !== undefined) return stored;
      const document = await file.replace(next);
      await keyring.remove().catch(() => {}); // What is left there would win over the file.
      return document;
    },
    async remove(): Promise<boolean> {
      const fromKeyring = await unlessUnavailable(() => keyring.remove());
      return (await file.remove()) || fromKeyring === true;
    },
  };
}

/** Undefined when the keyring is out of reach; a keyring that holds something broken is a fault like any other. */
async function unlessUnavailable<T>(task: () => Promise<T>): Promise<T | undefined> {
  try {
    return await task();
  } catch (error) {
    if (!isPlanportError(error) || error.code === "credential_malformed") throw error;
    return undefined;
  }
}
