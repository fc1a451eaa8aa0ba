/**
 * How many tokens a request costs, and how many of them were seen before under the same `prompt_cache_key`.
 * @module
 */
import { createHash } from "node:crypto";

/** Token counts of a prompt. */
export interface PromptTokens {
  readonly inputTokens: number;
  readonly cachedTokens: number;
}

/** Remembers the prompts of recent cache keys. */
export interface PromptCache {
  /** Counts the parts of a prompt, in order, and remembers them. Without a key nothing is cached. */
  count(cacheKey: string | null, parts: readonly unknown[]): PromptTokens;
}

const MAX_KEYS = 200;
const CHARS_PER_TOKEN = 4;

/** A deterministic guess: four characters to a token, as is usual for English. */
export function estimateTokens(chars: number): number {
  return Math.ceil(chars / CHARS_PER_TOKEN);
}

/** Makes an empty cache. */
export function createPromptCache(): PromptCache {
  const seen = new Map<string, string[]>();
  return {
    count(cacheKey, parts) {
      const hashes: string[] = [];
      const before = cacheKey === null ? undefined : seen.get(cacheKey);
      let inputTokens = 0;
      let cachedTokens = 0;
      let same = before !== undefined;
      for (const [index, part] of parts.entries()) {
        const text = JSON.stringify(part) ?? "";
        const tokens = estimateTokens(text.length);
        inputTokens += tokens;
        if (cacheKey === null) continue;
        const hash = createHash("sha1").update(text).digest("base64");
        hashes.push(hash);
        same &&= before?.[index] === hash;
        if (same) cachedTokens += tokens;
      }
      if (cacheKey !== null) {
        seen.delete(cacheKey);
        seen.set(cacheKey, hashes);
        const oldest = seen.size > MAX_KEYS ? seen.keys().next().value : undefined;
        if (oldest !== undefined) seen.delete(oldest);
      }
      return { inputTokens, cachedTokens };
    },
  };
}
