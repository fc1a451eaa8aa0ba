/**
 * What a request refers to by id, put in its place: the backend keeps no responses.
 * @module
 */
import { RequestError } from "../errors.ts";
import { asString } from "../protocol/json.ts";
import type { Item } from "../protocol/responses/item.ts";
import type { ResponsesRequest } from "../protocol/responses/request.ts";
import { asInput } from "./items.ts";
import type { ResponseStore } from "./types.ts";

/** A request that stands by itself. */
export interface Resolved {
  readonly request: ResponsesRequest & { input: Item[] };
  /** Indices of the items of the client's `input` that were references. */
  readonly references: readonly number[];
}

/**
 * Puts the earlier response's input and output in front of `input`, and items in the place of references to them. The
 * earlier response's instructions are not carried over (OpenAI's API reference, `previous_response_id`).
 * @throws {RequestError} `previous_response_not_found`; `request_invalid` for a reference to an item that is not kept.
 */
export async function resolveStored(
  request: ResponsesRequest,
  store: ResponseStore,
  accountKey: string,
): Promise<Resolved> {
  const { previous_response_id: previousId, ...rest } = request;
  const earlier = previousId == null ? [] : await earlierItems(previousId, store, accountKey);
  const own = toItems(request.input);
  const references = own.flatMap((item, index) => (item.type === "item_reference" ? [index] : []));
  const items = references.length === 0 ? own : await dereference(own, store, accountKey);
  return { request: { ...rest, model: request.model, input: [...earlier, ...items] }, references };
}

async function earlierItems(id: string, store: ResponseStore, accountKey: string): Promise<Item[]> {
  const stored = await store.get(accountKey, id);
  if (stored !== null) return [...stored.input, ...asInput(stored.response.output ?? [])];
  throw new RequestError("previous_response_not_found", `Previous response with id '${shown(id)}' not found.`, {
    cause: { param: "previous_response_id" },
  });
}

function toItems(input: string | Item[]): Item[] {
  if (typeof input !== "string") return input;
  return [{ type: "message", role: "user", content: [{ type: "input_text", text: input }] }];
}

async function dereference(items: readonly Item[], store: ResponseStore, accountKey: string): Promise<Item[]> {
  const ids = items.filter(({ type }) => type === "item_reference").map((item) => asString(item["id"]) ?? "");
  const found = await store.findItems(accountKey, ids);
  return items.map((item, index) => {
    if (item.type !== "item_reference") return item;
    const id = asString(item["id"]) ?? "";
    const kept = found.get(id);
    if (kept !== undefined) return kept;
    const param = `input[${index}]`;
    throw new RequestError(
      "request_invalid",
      `${param}: no item with id '${shown(id)}' is kept here; send the item itself (in most clients: set store to false).`,
      { cause: { param } },
    );
  });
}

/** An id as it may be mirrored. */
export function shown(id: string): string {
  return id.slice(0, 100).replaceAll(/[^\w.:-]/g, "?");
}
