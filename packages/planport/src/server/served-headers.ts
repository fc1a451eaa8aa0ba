/**
 * What the client is told in headers: the backend's own that clients read, and what of the request was altered.
 * @module
 */
import { type Change, type ChangeAction, inClientWords, type Renames } from "../translate/index.ts";
import { limitHeaders, planLimit } from "../upstream/plan-limits.ts";
import { usageFromHeaders } from "../upstream/rate-limits.ts";
import type { CodexResponse } from "../upstream/types.ts";
import type { Exchange } from "./exchange.ts";

const NAMES: ReadonlySet<string> = new Set([
  "openai-model",
  "openai-processing-ms",
  "x-models-etag",
  "x-reasoning-included",
]);
/** Limits and the state of a turn; further limit families are known by their endings (openai/codex `codex-rs/codex-api/src/rate_limits.rs`). */
const PATTERN = /^x-codex-|^x-[a-z0-9-]+-(?:primary|secondary)-(?:used-percent|window-minutes|reset-at)$/;
const FIT = /^[\t\u0020-\u007e]{0,4096}$/;
/** In lower case: the header of the answer that names what was altered, and of a request that asks for all of it. */
const CHANGES_HEADER = "x-planport-changes";
/** What a header may hold before proxies and clients refuse the whole answer: nginx takes 4 KiB of headers, Node.js 16. */
const CHANGES_CHARS = { usual: 2048, full: 12_288 } as const;
/** Of a path that is not asked for in full. */
const MAX_PATH_CHARS = 100;

/**
 * The headers of an answer: the model that served, the plan's limits as the backend has them and by their windows
 * (`x-planport-limit-…`), the backend's id of the call, and `x-planport-changes`, which lists what could not be sent as asked,
 * such as `temperature=dropped, store=mapped`.
 * @param changes Those made before the call; the call's own are added.
 * @param renames What this client calls the fields of the request that was made for it.
 */
export function servedHeaders(
  exchange: Exchange,
  response: Pick<CodexResponse, "headers" | "servedModel" | "changes">,
  changes: readonly Change[] = [],
  renames?: Renames,
): Record<string, string> {
  const result: Record<string, string> = {};
  for (const [name, value] of Object.entries(response.headers))
    if ((NAMES.has(name) || PATTERN.test(name)) && FIT.test(value)) result[name] = value;
  if (response.servedModel !== null && FIT.test(response.servedModel)) result["openai-model"] = response.servedModel;
  Object.assign(result, requestIdHeader(response.headers["x-request-id"] ?? response.headers["x-oai-request-id"]));
  const usage = usageFromHeaders(response.headers);
  if (usage !== null) Object.assign(result, limitHeaders(planLimit(usage, Date.now())));
  const all = [...changes, ...inClientWords(response.changes, renames)];
  exchange.notes.changes = all;
  return Object.assign(result, changesHeader(all, wantsAllChanges(exchange)));
}

/** The backend's own id of the call, to ask OpenAI about it. `x-request-id` is the gateway's. */
export function requestIdHeader(id: string | null | undefined): Record<string, string> {
  return id == null || !FIT.test(id) ? {} : { "x-planport-upstream-request-id": id };
}

/** `x-planport-changes: full` asks for all changes, however many. */
function wantsAllChanges({ headers }: Exchange): boolean {
  return headers[CHANGES_HEADER]?.trim().toLowerCase() === "full";
}

/** What was lost comes first: a list that is cut loses what matters least, and says how much. */
const ORDER: readonly ChangeAction[] = ["dropped", "mapped", "emulated", "default"];

/** The header for these changes; none when there are none. */
function changesHeader(changes: readonly Change[], full = false): Record<string, string> {
  if (changes.length === 0) return {};
  const sorted = changes.toSorted((a, b) => ORDER.indexOf(a.action) - ORDER.indexOf(b.action));
  const entries = [...new Set(sorted.map(({ path, action }) => `${toHeaderPath(path, full)}=${action}`))];
  let left: number = full ? CHANGES_CHARS.full : CHANGES_CHARS.usual;
  const fitting = entries.findIndex((entry) => (left -= entry.length + SEPARATOR.length) < 0);
  const told = fitting === -1 ? entries : [...entries.slice(0, fitting), `+${entries.length - fitting} more`];
  return { [CHANGES_HEADER]: told.join(SEPARATOR) };
}

const SEPARATOR = ", ";

/** Paths hold names that the client chose: what is no part of a word is percent-encoded. */
function toHeaderPath(path: string, full: boolean): string {
  const cut = full || path.length <= MAX_PATH_CHARS ? path : path.slice(0, MAX_PATH_CHARS);
  return cut.replaceAll(/[^\w.[\]-]/gu, toPercent) + (cut === path ? "" : "...");
}

function toPercent(char: string): string {
  return Array.from(Buffer.from(char, "utf8"), (byte) => `%${byte.toString(16).toUpperCase().padStart(2, "0")}`).join(
    "",
  );
}
