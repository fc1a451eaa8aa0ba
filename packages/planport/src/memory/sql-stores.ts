/**
 * The two stores on a SQL database.
 * @module
 */
import { isJsonObject, tryParseJson } from "../protocol/json.ts";
import type { Item } from "../protocol/responses/item.ts";
import type { ResponseObject } from "../protocol/responses/response.ts";
import { idOf } from "./items.ts";
import { type PrunedTable, Pruner } from "./pruning.ts";
import { inParts, placeholders, type SqlDatabase, type SqlRow, textOf } from "./sql.ts";
import type {
  ReasoningMemory,
  ReasoningTurn,
  RecalledTurn,
  ResponseStore,
  StoredResponse,
  StoreOptions,
  Stores,
} from "./types.ts";
import { isWeak } from "./anchors.ts";
import { WriteQueue } from "./write-queue.ts";

const RESPONSES: PrunedTable = { name: "responses", key: "response_id", dependent: "response_items" };
const TURNS: PrunedTable = { name: "reasoning_turns", key: "turn_id", dependent: "reasoning_anchors" };

/** Makes the stores. The tables must be there. */
export function createSqlStores(database: SqlDatabase, options: StoreOptions): Stores {
  const queue = new WriteQueue(database);
  return {
    responses: new SqlResponseStore(database, queue, options),
    reasoning: new SqlReasoningMemory(database, queue, options),
    async close() {
      await queue.idle();
      await database.close();
    },
  };
}

class SqlResponseStore implements ResponseStore {
  readonly #database: SqlDatabase;
  readonly #queue: WriteQueue;
  readonly #options: StoreOptions;
  readonly #pruner: Pruner;

  constructor(database: SqlDatabase, queue: WriteQueue, options: StoreOptions) {
    this.#database = database;
    this.#queue = queue;
    this.#options = options;
    this.#pruner = new Pruner(RESPONSES, options.responseLimits, options.now);
  }

  put(accountKey: string, { model, response, input }: StoredResponse): Promise<void> {
    const texts = [JSON.stringify(response), JSON.stringify(input)] as const;
    const bytes = Buffer.byteLength(texts[0]) + Buffer.byteLength(texts[1]);
    const nowMs = this.#options.now();
    const expiresAtMs = nowMs + this.#options.responseLimits.ttlMs;
    const itemIds = (response.output ?? []).map(idOf).filter((id) => id !== null);
    return this.#queue.add(async (session) => {
      await session.run(
        `INSERT INTO responses (account_key, response_id, model, kept_at_ms, expires_at_ms, bytes, response, input)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?)
         ON CONFLICT (account_key, response_id) DO UPDATE SET model = excluded.model, kept_at_ms = excluded.kept_at_ms,
           expires_at_ms = excluded.expires_at_ms, bytes = excluded.bytes, response = excluded.response,
           input = excluded.input`,
        [accountKey, response.id, model, nowMs, expiresAtMs, bytes, ...texts],
      );
      for (const itemId of itemIds)
        await session.run(
          `INSERT INTO response_items (account_key, item_id, response_id) VALUES (?, ?, ?)
           ON CONFLICT (account_key, item_id) DO UPDATE SET response_id = excluded.response_id`,
          [accountKey, itemId, response.id],
        );
      await this.#pruner.added(session, bytes);
    }, bytes);
  }

  async get(accountKey: string, responseId: string): Promise<StoredResponse | null> {
    const [row] = await this.#database.all(
      "SELECT model, response, input FROM responses WHERE account_key = ? AND response_id = ? AND expires_at_ms > ?",
      [accountKey, responseId, this.#options.now()],
    );
    if (row === undefined) return null;
    const response = parsed(row, "response");
    const input = parsed(row, "input");
    if (!isJsonObject(response) || !Array.isArray(input)) return null;
    return { model: textOf(row, "model"), response: response as ResponseObject, input: input as Item[] };
  }

  async delete(accountKey: string, responseId: string): Promise<boolean> {
    const found = await this.#database.transaction(async (session) => {
      const rows = await session.all(
        "SELECT response_id FROM responses WHERE account_key = ? AND response_id = ? AND expires_at_ms > ?",
        [accountKey, responseId, this.#options.now()],
      );
      await this.#pruner.remove(session, accountKey, responseId);
      return rows.length > 0;
    });
    await this.#database.scrub();
    return found;
  }

  async findItems(accountKey: string, itemIds: readonly string[]): Promise<ReadonlyMap<string, Item>> {
    const found = new Map<string, Item>();
    const wanted = new Set(itemIds);
    for (const part of inParts([...wanted])) {
      const rows = await this.#database.all(
        `SELECT DISTINCT r.response_id, r.response FROM response_items i
         JOIN responses r ON r.account_key = i.account_key AND r.response_id = i.response_id
         WHERE i.account_key = ? AND r.expires_at_ms > ? AND i.item_id IN ${placeholders(part.length)}`,
        [accountKey, this.#options.now(), ...part],
      );
      for (const item of rows.flatMap(outputOf)) {
        const id = idOf(item);
        if (id !== null && wanted.has(id)) found.set(id, item);
      }
    }
    return found;
  }
}

class SqlReasoningMemory implements ReasoningMemory {
  readonly #database: SqlDatabase;
  readonly #queue: WriteQueue;
  readonly #options: StoreOptions;
  readonly #pruner: Pruner;

  constructor(database: SqlDatabase, queue: WriteQueue, options: StoreOptions) {
    this.#database = database;
    this.#queue = queue;
    this.#options = options;
    this.#pruner = new Pruner(TURNS, options.reasoningLimits, options.now);
  }

  remember(accountKey: string, model: string, { anchors, items }: ReasoningTurn): Promise<void> {
    const turnId = this.#options.newId();
    const text = JSON.stringify(items);
    const bytes = Buffer.byteLength(text);
    const nowMs = this.#options.now();
    const expiresAtMs = nowMs + this.#options.reasoningLimits.ttlMs;
    return this.#queue.add(async (session) => {
      await session.run(
        `INSERT INTO reasoning_turns (account_key, turn_id, kept_at_ms, expires_at_ms, bytes, items)
         VALUES (?, ?, ?, ?, ?, ?)`,
        [accountKey, turnId, nowMs, expiresAtMs, bytes, text],
      );
      for (const anchor of anchors)
        await session.run(
          `INSERT INTO reasoning_anchors (account_key, model, anchor, turn_id, kept_at_ms) VALUES (?, ?, ?, ?, ?)
           ON CONFLICT (account_key, model, anchor) DO UPDATE SET kept_at_ms = excluded.kept_at_ms,
             turn_id = ${isWeak(anchor) ? "''" : "excluded.turn_id"}`,
          [accountKey, model, anchor, turnId, nowMs],
        );
      // Weak anchors that lead nowhere hang on no turn, and so do not go with one.
      if (await this.#pruner.added(session, bytes))
        await session.run("DELETE FROM reasoning_anchors WHERE turn_id = '' AND kept_at_ms <= ?", [
          nowMs - this.#options.reasoningLimits.ttlMs,
        ]);
    }, bytes);
  }

  async recall(
    accountKey: string,
    model: string,
    anchors: readonly string[],
  ): Promise<ReadonlyMap<string, RecalledTurn>> {
    const found = new Map<string, RecalledTurn>();
    for (const part of inParts(anchors)) {
      const rows = await this.#database.all(
        `SELECT a.anchor, t.turn_id, t.items FROM reasoning_anchors a
         JOIN reasoning_turns t ON t.account_key = a.account_key AND t.turn_id = a.turn_id
         WHERE a.account_key = ? AND a.model = ? AND t.expires_at_ms > ? AND a.anchor IN ${placeholders(part.length)}`,
        [accountKey, model, this.#options.now(), ...part],
      );
      for (const row of rows) {
        const items = parsed(row, "items");
        if (Array.isArray(items))
          found.set(textOf(row, "anchor"), { turnId: textOf(row, "turn_id"), items: items as Item[] });
      }
    }
    return found;
  }

  forget(accountKey: string, turnIds: readonly string[]): Promise<void> {
    return this.#queue.add(async (session) => {
      for (const turnId of turnIds) await this.#pruner.remove(session, accountKey, turnId);
    });
  }
}

function parsed(row: SqlRow, column: string): unknown {
  return tryParseJson(textOf(row, column));
}

function outputOf(row: SqlRow): Item[] {
  const response = parsed(row, "response");
  const output = isJsonObject(response) ? response["output"] : undefined;
  return Array.isArray(output) ? (output as Item[]) : [];
}
