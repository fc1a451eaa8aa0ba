/**
 * What OpenAI's plain API keeps: responses that later ones can go on from, unless `store` is false.
 * @module
 */
import type { Item } from "../../protocol/index.ts";

/** The kept responses of one simulator. */
export interface ResponseMemory {
  /** Keeps the whole history of a response, its answer included. */
  keep(responseId: string, items: readonly Item[]): void;
  /** The history that a response goes on from; undefined when it is not kept. */
  find(responseId: string): readonly Item[] | undefined;
  /** An item of any kept response; undefined when there is none of that id. */
  findItem(itemId: string): Item | undefined;
}

/** So many responses are kept; the oldest goes first. */
const MAX_RESPONSES = 200;

/** Makes an empty memory. */
export function createResponseMemory(): ResponseMemory {
  const kept = new Map<string, readonly Item[]>();
  return {
    keep(responseId, items) {
      kept.set(responseId, items);
      const [oldest] = kept.keys();
      if (kept.size > MAX_RESPONSES && oldest !== undefined) kept.delete(oldest);
    },
    find: (responseId) => kept.get(responseId),
    findItem(itemId) {
      for (const items of kept.values()) {
        const found = items.find((item) => item["id"] === itemId);
        if (found !== undefined) return found;
      }
      return undefined;
    },
  };
}
