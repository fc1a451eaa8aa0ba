/**
 * The list of accounts, for a client with another sign-in than planport's.
 * @module
 */
import { Buffer } from "node:buffer";
import { isJsonObject, type JsonObject, tryParseJson } from "../../protocol/json.ts";
import { streamOf, bytesOf } from "./whole-body.ts";
import type { RelayAnswer, RelayCall } from "./types.ts";

const MAX_BYTES = 4 * 1024 * 1024;

/** True for the call by which Codex finds out where its account's model calls go. */
export function asksForAccounts({ method, area, rest }: RelayCall): boolean {
  return method === "GET" && area === "wham" && /^\/accounts\/check(?:\?|$)/.test(rest);
}

/**
 * Codex makes no call for an account that is not in the list (openai/codex `codex-rs/backend-client/src/client.rs`). Where
 * its sign-in is another one than planport's, planport's account goes by the name of Codex's in the list; every other
 * answer is passed on untouched.
 * @param callerId The account that the client takes itself for.
 * @param ownId The account that serves it.
 */
export async function renameAccount(answer: RelayAnswer, callerId: string, ownId: string): Promise<RelayAnswer> {
  const bytes = await bytesOf(answer.body, MAX_BYTES);
  const untouched = { ...answer, body: streamOf(bytes) };
  const list = answer.status === 200 ? tryParseJson(Buffer.from(bytes).toString("utf8")) : undefined;
  if (!isJsonObject(list) || !Array.isArray(list["accounts"])) return untouched;
  const accounts: readonly unknown[] = list["accounts"];
  const idOf = (account: unknown): unknown => (isJsonObject(account) ? account["id"] : undefined);
  if (accounts.some((account) => idOf(account) === callerId)) return untouched;
  if (!accounts.some((account) => idOf(account) === ownId)) return untouched;
  const rename = (id: unknown): unknown => (id === ownId ? callerId : id);
  const renamed: JsonObject = {
    ...list,
    accounts: accounts.map((account) => (isJsonObject(account) ? { ...account, id: rename(account["id"]) } : account)),
  };
  if ("default_account_id" in list) renamed["default_account_id"] = rename(list["default_account_id"]);
  if (Array.isArray(list["account_ordering"])) renamed["account_ordering"] = list["account_ordering"].map(rename);
  const body = Buffer.from(JSON.stringify(renamed), "utf8");
  const { etag: _etag, ...headers } = answer.headers;
  return {
    status: answer.status,
    headers: { ...headers, "content-length": String(body.length) },
    body: streamOf(body),
  };
}
