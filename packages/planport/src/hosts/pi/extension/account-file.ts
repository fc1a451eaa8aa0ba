/**
 * Which workspace an access token belongs to, remembered where pi-codex-token remembers it, in its form.
 * @module
 */
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { homedir } from "node:os";
import type { AccountCache } from "../../../auth/account-cache.ts";
import { isTokenText } from "../../../auth/auth-file.ts";
import { type Environment, joinPath, readFolder } from "../../../environment.ts";
import { asString, isJsonObject, type JsonObject, tryParseJson } from "../../../protocol/json.ts";
import type { Secret } from "../../../secret.ts";
import { writeFileAtomic } from "../../../store/atomic-write.ts";
import { piAgentDir } from "../agent-dir.ts";

/** `codex-token-accountid.json` in `PI_AGENT_HOME`, else in pi's folder. */
export function accountFile(env: Environment, homeDir: string = homedir()): string {
  const { platform } = process;
  const folder = readFolder({ env, platform, homeDir }, "PI_AGENT_HOME") ?? piAgentDir({ env, platform, homeDir });
  return joinPath(platform, folder, "codex-token-accountid.json");
}

/**
 * A cache in that file, which its owner alone may read: by the first 16 digits of the token's SHA-256, the workspace. The token
 * itself is never written, and other entries are kept. No method rejects.
 */
export function createAccountFile(file: string): AccountCache {
  return {
    async get(token) {
      const accountId = asString((await readEntries(file))[digestOf(token)]);
      if (accountId === undefined || !isTokenText(accountId)) return null;
      return { accountId, fedramp: false, email: null, planType: null, userId: null };
    },
    async set(token, { accountId }) {
      const entries = await readEntries(file);
      if (accountId === null || !isTokenText(accountId) || entries[digestOf(token)] === accountId) return;
      await writeEntries(file, { ...entries, [digestOf(token)]: accountId });
    },
    async forget(token) {
      const { [digestOf(token)]: gone, ...others } = await readEntries(file);
      if (gone !== undefined) await writeEntries(file, others);
    },
  };
}

function digestOf(token: Secret): string {
  return createHash("sha256").update(token.reveal(), "utf8").digest("hex").slice(0, 16);
}

async function readEntries(file: string): Promise<JsonObject> {
  const value = tryParseJson(await readFile(file, "utf8").catch(() => ""));
  return isJsonObject(value) ? value : {};
}

async function writeEntries(file: string, entries: JsonObject): Promise<void> {
  // A folder that cannot be written to costs one more look-up each time, and no more.
  await writeFileAtomic(file, `${JSON.stringify(entries, null, 2)}\n`).catch(() => {});
}
