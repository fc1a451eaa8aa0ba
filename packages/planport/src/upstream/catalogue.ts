/**
 * The account's models: fetched when needed, kept for a while, and never a reason for a call to fail.
 * @module
 */
import { isPlanportError } from "../errors.ts";
import { isJsonObject, tryParseJson } from "../protocol/json.ts";
import type { ModelCatalogue, ModelInfo } from "../protocol/models.ts";
import { snapshotCatalogue } from "./snapshot.ts";

/** A catalogue as the backend gave it. */
export interface FetchedCatalogue {
  readonly catalogue: ModelCatalogue;
  readonly etag: string | null;
}

/** What {@link Catalogue} gives: live, or the built-in snapshot when live is false. */
export interface CatalogueView {
  readonly catalogue: ModelCatalogue;
  readonly live: boolean;
  /** Why the last fetch failed; null when it did not. */
  readonly error: unknown;
}

/** Options of {@link Catalogue}. */
export interface CatalogueOptions<C> {
  /** Fetches the list for a caller; throws when it cannot be had. */
  readonly fetch: (caller: C) => Promise<FetchedCatalogue>;
  /** Which list a caller has: lists differ between accounts. */
  readonly keyOf: (caller: C) => string;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly ttlMs?: number;
  /** How long a failed fetch is not repeated. */
  readonly failureTtlMs?: number;
}

interface Entry {
  view: CatalogueView;
  etag: string | null;
  expiresAtMs: number;
  running: Promise<void> | null;
}

/** Cached lists, one per account. */
export class Catalogue<C> {
  readonly #options: CatalogueOptions<C>;
  readonly #entries = new Map<string, Entry>();

  constructor(options: CatalogueOptions<C>) {
    this.#options = options;
  }

  /** The built-in list. */
  get snapshot(): ModelCatalogue {
    return snapshotCatalogue();
  }

  /** The list, fetched first when it is too old; the last one, else the snapshot, when that fails. */
  async get(caller: C): Promise<CatalogueView> {
    const entry = this.#entry(caller);
    if (this.#options.now() >= entry.expiresAtMs) await this.#refresh(entry, caller);
    return entry.view;
  }

  /** The list to send by. Waits for a fetch only when there was none yet: an old list is good enough. */
  async known(caller: C): Promise<CatalogueView> {
    const entry = this.#entry(caller);
    if (this.#options.now() >= entry.expiresAtMs) {
      const refreshed = this.#refresh(entry, caller);
      if (!entry.view.live) await refreshed;
    }
    return entry.view;
  }

  /** What is known now, without asking anybody. */
  peek(caller: C): CatalogueView {
    return this.#entry(caller).view;
  }

  /** An answer named the list's etag: when it is another one, the next call fetches. */
  notice(caller: C, etag: string | undefined): void {
    const entry = this.#entries.get(this.#options.keyOf(caller));
    if (etag === undefined || entry === undefined || !entry.view.live || entry.etag === etag) return;
    entry.expiresAtMs = 0;
  }

  #entry(caller: C): Entry {
    const key = this.#options.keyOf(caller);
    let entry = this.#entries.get(key);
    if (entry === undefined) {
      entry = {
        view: { catalogue: snapshotCatalogue(), live: false, error: null },
        etag: null,
        expiresAtMs: 0,
        running: null,
      };
      this.#entries.set(key, entry);
    }
    return entry;
  }

  /** Never rejects. Callers at the same time share one fetch. */
  #refresh(entry: Entry, caller: C): Promise<void> {
    entry.running ??= this.#fetch(entry, caller).finally(() => {
      entry.running = null;
    });
    return entry.running;
  }

  async #fetch(entry: Entry, caller: C): Promise<void> {
    const { fetch, now, ttlMs = 300_000, failureTtlMs = 60_000 } = this.#options;
    try {
      const { catalogue, etag } = await fetch(caller);
      entry.view = { catalogue, live: true, error: null };
      entry.etag = etag;
      entry.expiresAtMs = now() + ttlMs;
    } catch (error) {
      // The list only refines requests; the model call that follows will show what is wrong, if it matters there too.
      entry.view = { ...entry.view, error };
      // A rejected bearer is about to be replaced: the next call asks with the new one.
      const rejected = isPlanportError(error) && error.code === "credential_rejected";
      entry.expiresAtMs = rejected ? 0 : now() + failureTtlMs;
    }
  }
}

/** A model's entry in a list, or null. */
export function findModel(catalogue: ModelCatalogue, slug: string): ModelInfo | null {
  return catalogue.models.find((model) => model.slug === slug) ?? null;
}

/** Slugs to show to people: visible ones, by priority. */
export function visibleSlugs(catalogue: ModelCatalogue): string[] {
  return catalogue.models
    .filter((model) => model.visibility === "list")
    .toSorted((a, b) => a.priority - b.priority)
    .map((model) => model.slug);
}

/**
 * Reads the body of `GET /models`. Entries without a slug are left out; missing fields get harmless values, since an
 * older planport must cope with a newer list. Null when there is no list of models in it.
 */
export function parseCatalogue(text: string): ModelCatalogue | null {
  const body = tryParseJson(text);
  // Servers that only speak as OpenAI's own API does list `data`, by `id`.
  const list = isJsonObject(body) ? (body["models"] ?? body["data"]) : undefined;
  if (!Array.isArray(list)) return null;
  const models = list.flatMap((value, index): ModelInfo[] => {
    if (!isJsonObject(value)) return [];
    const slug = value["slug"] ?? value["id"];
    if (typeof slug !== "string" || slug === "") return [];
    return [
      {
        ...value,
        slug,
        display_name: typeof value["display_name"] === "string" ? value["display_name"] : slug,
        visibility: typeof value["visibility"] === "string" ? value["visibility"] : "list",
        supported_in_api: value["supported_in_api"] !== false,
        priority: typeof value["priority"] === "number" ? value["priority"] : 1_000 + index,
        supported_reasoning_levels: readLevels(value["supported_reasoning_levels"]),
      },
    ];
  });
  return models.length === 0 ? null : { models };
}

function readLevels(value: unknown): { effort: string; description: string }[] {
  if (!Array.isArray(value)) return [];
  return value.flatMap((level) =>
    isJsonObject(level) && typeof level["effort"] === "string"
      ? [{ effort: level["effort"], description: typeof level["description"] === "string" ? level["description"] : "" }]
      : [],
  );
}
