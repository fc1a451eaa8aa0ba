/**
 * Counts the tokens of a thread.
 * @module
 */
import { type JsonObject, asNumber, isJsonObject } from "../../protocol/json.ts";
import type { ThreadTokenUsage, TokenCounts } from "../events.ts";

const NONE: TokenCounts = {
  totalTokens: 0,
  inputTokens: 0,
  cachedInputTokens: 0,
  cacheWriteInputTokens: 0,
  outputTokens: 0,
  reasoningOutputTokens: 0,
};

/** A thread that has used nothing. */
export const NO_USAGE: ThreadTokenUsage = { total: NONE, last: NONE, modelContextWindow: null };

/** Reads the counts in a response object; zeros where it says nothing. */
export function countsOf(response: JsonObject): TokenCounts {
  const usage = isJsonObject(response["usage"]) ? response["usage"] : {};
  const input = isJsonObject(usage["input_tokens_details"]) ? usage["input_tokens_details"] : {};
  const output = isJsonObject(usage["output_tokens_details"]) ? usage["output_tokens_details"] : {};
  return {
    totalTokens: asNumber(usage["total_tokens"]) ?? 0,
    inputTokens: asNumber(usage["input_tokens"]) ?? 0,
    cachedInputTokens: asNumber(input["cached_tokens"]) ?? 0,
    cacheWriteInputTokens: asNumber(input["cache_write_tokens"]) ?? 0,
    outputTokens: asNumber(usage["output_tokens"]) ?? 0,
    reasoningOutputTokens: asNumber(output["reasoning_tokens"]) ?? 0,
  };
}

/** Adds one answer's counts to a thread's. */
export function addUsage(
  usage: ThreadTokenUsage,
  last: TokenCounts,
  modelContextWindow: number | null,
): ThreadTokenUsage {
  const total = Object.fromEntries(
    Object.entries(usage.total).map(([key, count]: [string, number]) => [key, count + last[key as keyof TokenCounts]]),
  ) as unknown as TokenCounts;
  return { total, last, modelContextWindow };
}

/** Of a conversation that the model has no room for: the window counts as full. */
export function fullWindow(usage: ThreadTokenUsage, window: number): ThreadTokenUsage {
  return {
    total: { ...usage.total, totalTokens: window },
    last: { ...NONE, totalTokens: window },
    modelContextWindow: window,
  };
}
