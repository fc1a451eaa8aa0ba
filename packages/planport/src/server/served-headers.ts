/**
 * What the client is told in headers: the backend's own that clients read, and what of the request was altered.
 * @module
 */
import type { Change } from "../translate/index.ts";
import type { CodexResponse } from "../upstream/types.ts";

const NAMES: ReadonlySet<string> = new Set([
  "openai-model",
  "openai-processing-ms",
  "x-models-etag",
  "x-reasoning-included",
]);
/** Limits and the state of a turn; further limit families are known by their endings (openai/codex `codex-rs/codex-api/src/rate_limits.rs`). */
const PATTERN = /^x-codex-|^x-[a-z0-9-]+-(?:primary|secondary)-(?:used-percent|window-minutes|reset-at)$/;
const FIT = /^[\t\u0020-\u007e]{0,4096}$/;
const MAX_CHANGES = 32;

/**
 * The headers of an answer: the model that served, the plan's limits, and `x-planport-changes`, which lists what could
 * not be sent as asked, such as `temperature=dropped, store=mapped`.
 * @param changes Those made before the call; the call's own are added.
 */
export function servedHeaders(response: CodexResponse, changes: readonly Change[] = []): Record<string, string> {
  const result: Record<string, string> = {};
  for (const [name, value] of Object.entries(response.headers))
    if ((NAMES.has(name) || PATTERN.test(name)) && FIT.test(value)) result[name] = value;
  if (response.servedModel !== null && FIT.test(response.servedModel)) result["openai-model"] = response.servedModel;
  return Object.assign(result, changesHeader([...changes, ...response.changes]));
}

function changesHeader(changes: readonly Change[]): Record<string, string> {
  if (changes.length === 0) return {};
  const list = changes.slice(0, MAX_CHANGES).map(({ path, action }) => `${fit(path)}=${action}`);
  return { "x-planport-changes": [...new Set(list)].join(", ") };
}

/** Paths hold names that the client chose. */
function fit(path: string): string {
  return path.slice(0, 100).replaceAll(/[^\w.[\]-]/g, "?");
}
