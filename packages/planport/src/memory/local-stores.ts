/**
 * The two stores in this process alone: gone when it ends.
 * @module
 */
import { isWeak } from "./anchors.ts";
import { idOf } from "./items.ts";
import type { Item } from "../protocol/responses/item.ts";
import type {
  Limits,
  ReasoningMemory,
  ReasoningTurn,
  RecalledTurn,
  ResponseStore,
  StoredResponse,
  StoreOptions,
  Stores,
} from "./types.ts";

/** Makes empty stores. */
export function createLocalStores(options: StoreOptions): Stores {
  return {
    responses: new LocalResponseStore(options),
    reasoning: new LocalReasoningMemory(options),
    close: async () => {},
  };
}

interface Entry<T> {
  readonly value: T;
  readonly bytes: number;
  readonly expiresAtMs: number;
}

/** A map that forgets: what has expired, and the oldest beyond its limits. */
class Shelf<T> {
  readonly #entries = new Map<string, Entry<T>>();
  readonly #limits: Limits;
  readonly #now: () => number;
  readonly #onRemoved: (value: T) => void;
  #bytes = 0;

  constructor(limits: Limits, now: () => number, onRemoved: (value: T) => void) {
    this.#limits = limits;
    this.#now = now;
    this.#onRemoved = onRemoved;
  }

  set(key: string, value: T, bytes: number): void {
    this.delete(key);
    this.#entries.set(key, { value, bytes, expiresAtMs: this.#now() + this.#limits.ttlMs });
    this.#bytes += bytes;
    for (const [oldest, { expiresAtMs }] of this.#entries) {
      const isOver = this.#entries.size > this.#limits.maxCount || this.#bytes > this.#limits.maxBytes;
      if (!isOver && expiresAtMs > this.#now()) return;
      this.delete(oldest);
    }
  }

  get(key: string): T | undefined {
    const entry = this.#entries.get(key);
    return entry === undefined || entry.expiresAtMs <= this.#now() ? undefined : entry.value;
  }

  delete(key: string): boolean {
    const entry = this.#entries.get(key);
    if (entry === undefined) return false;
    this.#entries.delete(key);
    this.#bytes -= entry.bytes;
    this.#onRemoved(entry.value);
    return entry.expiresAtMs > this.#now();
  }
}

/** A key of several parts, none of which can run into the next. */
function keyOf(...parts: readonly string[]): string {
  return JSON.stringify(parts);
}

interface LocalResponse {
  /** JSON text: nobody can alter what is kept. */
  readonly text: string;
  readonly itemKeys: readonly string[];
}

class LocalResponseStore implements ResponseStore {
  readonly #shelf: Shelf<LocalResponse>;
  /** Item to the key of its response. */
  readonly #items = new Map<string, string>();

  constructor({ responseLimits, now }: StoreOptions) {
    this.#shelf = new Shelf(responseLimits, now, ({ itemKeys }) => {
      for (const key of itemKeys) this.#items.delete(key);
    });
  }

  async put(accountKey: string, stored: StoredResponse): Promise<void> {
    const text = JSON.stringify(stored);
    const key = keyOf(accountKey, stored.response.id);
    const ids = (stored.response.output ?? []).map(idOf).filter((id) => id !== null);
    const itemKeys = ids.map((id) => keyOf(accountKey, id));
    this.#shelf.set(key, { text, itemKeys }, Buffer.byteLength(text));
    if (this.#shelf.get(key) === undefined) return; // Larger than all that is held.
    for (const itemKey of itemKeys) this.#items.set(itemKey, key);
  }

  async get(accountKey: string, responseId: string): Promise<StoredResponse | null> {
    return this.#read(keyOf(accountKey, responseId));
  }

  async delete(accountKey: string, responseId: string): Promise<boolean> {
    return this.#shelf.delete(keyOf(accountKey, responseId));
  }

  async findItems(accountKey: string, itemIds: readonly string[]): Promise<ReadonlyMap<string, Item>> {
    const found = new Map<string, Item>();
    for (const id of itemIds) {
      const key = this.#items.get(keyOf(accountKey, id));
      const stored = key === undefined ? null : this.#read(key);
      const item = stored?.response.output?.find((candidate) => candidate["id"] === id);
      if (item !== undefined) found.set(id, item);
    }
    return found;
  }

  #read(key: string): StoredResponse | null {
    const entry = this.#shelf.get(key);
    return entry === undefined ? null : (JSON.parse(entry.text) as StoredResponse);
  }
}

interface LocalTurn {
  readonly turnId: string;
  readonly text: string;
  readonly anchorKeys: readonly string[];
}

class LocalReasoningMemory implements ReasoningMemory {
  readonly #shelf: Shelf<LocalTurn>;
  readonly #newId: () => string;
  /** Anchor to turn; "" for a weak one that several share. */
  readonly #anchors = new Map<string, string>();

  constructor({ reasoningLimits, now, newId }: StoreOptions) {
    this.#newId = newId;
    this.#shelf = new Shelf(reasoningLimits, now, ({ turnId, anchorKeys }) => {
      for (const key of anchorKeys) {
        const leadsTo = this.#anchors.get(key);
        // A newer turn may have taken it over.
        if (leadsTo === turnId || leadsTo === "") this.#anchors.delete(key);
      }
    });
  }

  async remember(accountKey: string, model: string, { anchors, items }: ReasoningTurn): Promise<void> {
    const turnId = this.#newId();
    const text = JSON.stringify(items);
    const anchorKeys = anchors.map((anchor) => keyOf(accountKey, model, anchor));
    this.#shelf.set(keyOf(accountKey, turnId), { turnId, text, anchorKeys }, Buffer.byteLength(text));
    anchors.forEach((anchor, index) => {
      const key = anchorKeys[index] ?? "";
      this.#anchors.set(key, isWeak(anchor) && this.#anchors.has(key) ? "" : turnId);
    });
  }

  async recall(
    accountKey: string,
    model: string,
    anchors: readonly string[],
  ): Promise<ReadonlyMap<string, RecalledTurn>> {
    const found = new Map<string, RecalledTurn>();
    for (const anchor of anchors) {
      const turnId = this.#anchors.get(keyOf(accountKey, model, anchor)) ?? "";
      const turn = this.#shelf.get(keyOf(accountKey, turnId));
      if (turn !== undefined) found.set(anchor, { turnId, items: JSON.parse(turn.text) as Item[] });
    }
    return found;
  }

  async forget(accountKey: string, turnIds: readonly string[]): Promise<void> {
    for (const turnId of turnIds) this.#shelf.delete(keyOf(accountKey, turnId));
  }
}
