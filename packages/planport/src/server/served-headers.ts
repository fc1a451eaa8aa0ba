/**
 * What of the backend's headers goes on to the client.
 * @module
 */
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

/** The backend's headers that clients read: the model that served, and the plan's limits. */
export function servedHeaders(response: CodexResponse): Record<string, string> {
  const result: Record<string, string> = {};
  for (const [name, value] of Object.entries(response.headers))
    if ((NAMES.has(name) || PATTERN.test(name)) && FIT.test(value)) result[name] = value;
  if (response.servedModel !== null && FIT.test(response.servedModel)) result["openai-model"] = response.servedModel;
  return result;
}
