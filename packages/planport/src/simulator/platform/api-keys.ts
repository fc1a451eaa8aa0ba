/**
 * The API keys (`sk-…`) that the simulator gave out.
 * @module
 */
import type { Random } from "../random.ts";

/** Gives out, checks and withdraws API keys. */
export interface ApiKeyDesk {
  /** A new key. */
  issue(): string;
  isLive(key: string): boolean;
  /** False when it is unknown. */
  revoke(key: string): boolean;
}

/** Opens a desk. */
export function createApiKeyDesk(random: Random): ApiKeyDesk {
  const live = new Set<string>();
  return {
    issue() {
      const key = random.token("sk-proj-", 36);
      live.add(key);
      return key;
    },
    isLive: (key) => live.has(key),
    revoke: (key) => live.delete(key),
  };
}
