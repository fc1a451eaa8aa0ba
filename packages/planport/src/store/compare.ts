/**
 * When two stored documents are the same sign-in, and how a change made to one is carried over to another.
 * @module
 */
import { isDeepStrictEqual } from "node:util";
import { isJsonObject, type JsonObject } from "../protocol/json.ts";
import type { CredentialDocument } from "./document.ts";

const LOGIN_FIELDS = ["auth_mode", "OPENAI_API_KEY", "personal_access_token", "agent_identity"] as const;
const TOKEN_FIELDS = ["access_token", "refresh_token", "id_token", "account_id"] as const;

/**
 * True when both hold the same tokens. `last_refresh` and fields nobody here knows do not count: Codex, too, commits
 * a refresh over a file that differs from the one it read in no more than these.
 */
export function isSameLogin(a: CredentialDocument | null, b: CredentialDocument | null): boolean {
  if (a === null || b === null) return a === b;
  const [left, right] = [a.reveal(), b.reveal()];
  const [leftTokens, rightTokens] = [tokensOf(left), tokensOf(right)];
  return (
    LOGIN_FIELDS.every((key) => isDeepStrictEqual(left[key] ?? null, right[key] ?? null)) &&
    TOKEN_FIELDS.every((key) => isDeepStrictEqual(leftTokens[key] ?? null, rightTokens[key] ?? null))
  );
}

function tokensOf(document: JsonObject): JsonObject {
  return isJsonObject(document["tokens"]) ? document["tokens"] : {};
}

/**
 * Carries the change from `previous` to `next` over to `current`, so that a field which another program added to the
 * file meanwhile survives. Key order is that of `current`; new keys follow in the order of `next`.
 */
export function rebase(previous: JsonObject, next: JsonObject, current: JsonObject): JsonObject {
  const entries: [string, unknown][] = [];
  for (const [key, theirs] of Object.entries(current)) {
    if (!Object.hasOwn(next, key)) {
      if (!Object.hasOwn(previous, key)) entries.push([key, theirs]);
      continue;
    }
    const before = Object.hasOwn(previous, key) ? previous[key] : undefined;
    const ours = next[key];
    if (isJsonObject(ours) && isJsonObject(theirs))
      entries.push([key, rebase(isJsonObject(before) ? before : {}, ours, theirs)]);
    else entries.push([key, isDeepStrictEqual(before, ours) ? theirs : ours]);
  }
  for (const [key, ours] of Object.entries(next)) {
    if (Object.hasOwn(current, key)) continue;
    const before = Object.hasOwn(previous, key) ? previous[key] : undefined;
    if (before === undefined || !isDeepStrictEqual(before, ours)) entries.push([key, ours]);
  }
  return Object.fromEntries(entries); // Defines, never assigns: a key named `__proto__` stays a plain field.
}
