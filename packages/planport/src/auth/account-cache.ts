/**
 * Which workspace a Codex access token belongs to, remembered between processes, so that not each of them has to ask.
 * The file holds a digest of the token in the token's place, and nobody's name.
 * @module
 */
import { createHash } from "node:crypto";
import { readFile, stat } from "node:fs/promises";
import { type HomeOptions, joinPath, planportHome } from "../environment.ts";
import { asString, isJsonObject, type JsonObject, tryParseJson } from "../protocol/json.ts";
import type { Secret } from "../secret.ts";
import { writeFileAtomic } from "../store/atomic-write.ts";
import { isTokenText } from "./auth-file.ts";
import type { Identity } from "./credential.ts";

/** Remembers whose tokens are. No method ever rejects: what cannot be remembered is asked for again. */
export interface AccountCache {
  /** What is known of a token's owner; null when nothing is. The e-mail address is never kept. */
  get(token: Secret): Promise<Identity | null>;
  /** Keeps what a server has said. */
  set(token: Secret, identity: Identity): Promise<void>;
  /** Forgets a token that was refused. */
  forget(token: Secret): Promise<void>;
}

/** So many tokens are remembered; the one that was written first is forgotten first. */
const MAX_ENTRIES = 64;
/** A file that is larger was not written by planport. */
const MAX_FILE_BYTES = 256 * 1024;
const MAX_FIELD_CHARS = 200;

/** Where the cache of a user is: in planport's own folder. */
export function accountCacheFile(options: HomeOptions): string {
  return joinPath(options.platform, planportHome(options).folder, "account-ids.json");
}

/**
 * A cache in a file that only its owner may read. It is written whole or not at all; a broken one counts as empty and
 * is replaced by the next write. Two processes that write at once may lose an entry, which costs one more request.
 */
export function createAccountCache(file: string): AccountCache {
  return {
    async get(token) {
      return readIdentity((await readEntries(file)).get(digestOf(token)));
    },
    async set(token, identity) {
      if (!isUsable(identity.accountId)) return;
      const entries = await readEntries(file);
      const key = digestOf(token);
      const entry = toEntry(identity);
      if (JSON.stringify(entries.get(key)) === JSON.stringify(entry)) return;
      entries.delete(key);
      entries.set(key, entry);
      await writeEntries(file, entries);
    },
    async forget(token) {
      const entries = await readEntries(file);
      if (entries.delete(digestOf(token))) await writeEntries(file, entries);
    },
  };
}

function digestOf(token: Secret): string {
  return createHash("sha256").update(token.reveal(), "utf8").digest("hex");
}

function toEntry({ accountId, fedramp, planType, userId }: Identity): JsonObject {
  return { account_id: accountId, fedramp, plan_type: planType, user_id: userId };
}

function readIdentity(entry: unknown): Identity | null {
  if (!isJsonObject(entry)) return null;
  const accountId = asString(entry["account_id"]);
  if (!isUsable(accountId)) return null;
  return {
    accountId,
    fedramp: entry["fedramp"] === true,
    email: null,
    planType: asString(entry["plan_type"]) ?? null,
    userId: asString(entry["user_id"]) ?? null,
  };
}

/** It goes out in a header. */
function isUsable(accountId: string | null | undefined): accountId is string {
  return accountId != null && accountId.length <= MAX_FIELD_CHARS && isTokenText(accountId);
}

/** A map and not an object: the keys come out of a file. */
async function readEntries(file: string): Promise<Map<string, unknown>> {
  const text = await readText(file);
  const body = text === null ? undefined : tryParseJson(text);
  const accounts = isJsonObject(body) ? body["accounts"] : undefined;
  return new Map(isJsonObject(accounts) ? Object.entries(accounts) : []);
}

async function readText(file: string): Promise<string | null> {
  try {
    if ((await stat(file)).size > MAX_FILE_BYTES) return null;
    return await readFile(file, "utf8");
  } catch {
    return null;
  }
}

async function writeEntries(file: string, entries: ReadonlyMap<string, unknown>): Promise<void> {
  const kept = [...entries].filter(([, entry]) => readIdentity(entry) !== null).slice(-MAX_ENTRIES);
  const text = `${JSON.stringify({ accounts: Object.fromEntries(kept) }, null, 2)}\n`;
  // A folder that cannot be written to is no reason to refuse a token that works.
  await writeFileAtomic(file, text).catch(() => {});
}
