/**
 * The items of kept responses: as a list to page through, and as input of the next request.
 * @module
 */
import { RequestError } from "../errors.ts";
import { asString } from "../protocol/json.ts";
import type { Item } from "../protocol/responses/item.ts";

/** Which part of a list is asked for. */
export interface PageQuery {
  readonly order: "asc" | "desc";
  /** The id of the item after which the page begins; null for the start. */
  readonly after: string | null;
  readonly limit: number;
}

/** A page, as OpenAI's API gives lists. */
export interface ItemPage {
  readonly object: "list";
  readonly data: readonly Item[];
  readonly first_id: string | null;
  readonly last_id: string | null;
  readonly has_more: boolean;
}

/** The item's own id; null when it has none. */
export function idOf(item: Item): string | null {
  const id = asString(item["id"]);
  return id === undefined || id === "" ? null : id;
}

const PREFIXES: Readonly<Record<string, string>> = {
  message: "msg",
  reasoning: "rs",
  function_call: "fc",
  function_call_output: "fco",
  custom_tool_call: "ctc",
  custom_tool_call_output: "ctco",
};

/** Items with an id each: those that the client sent without get one that is the same whenever it is asked for. */
export function withIds(items: readonly Item[], responseId: string): Item[] {
  const tail = responseId.replace(/^resp_/, "").slice(0, 40);
  return items.map((item, index) =>
    idOf(item) === null ? { ...item, id: `${PREFIXES[item.type] ?? "item"}_${tail}_${index}` } : item,
  );
}

/**
 * A page of items that all have ids.
 * @throws {RequestError} `request_invalid` when there is no item `after`.
 */
export function pageOf(items: readonly Item[], query: PageQuery): ItemPage {
  const ordered = query.order === "asc" ? items : items.toReversed();
  const start = query.after === null ? 0 : ordered.findIndex((item) => item["id"] === query.after) + 1;
  if (query.after !== null && start === 0)
    throw new RequestError("request_invalid", "after: this response has no input item of that id.", {
      cause: { param: "after" },
    });
  const data = ordered.slice(start, start + query.limit);
  return {
    object: "list",
    data,
    first_id: asString(data[0]?.["id"]) ?? null,
    last_id: asString(data.at(-1)?.["id"]) ?? null,
    has_more: start + data.length < ordered.length,
  };
}

/** An answer's output as input: without reasoning that has lost its sealed content, which the backend looks for in vain. */
export function asInput(output: readonly Item[]): Item[] {
  return output.filter((item) => item.type !== "reasoning" || typeof item["encrypted_content"] === "string");
}
