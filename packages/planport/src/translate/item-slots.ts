/**
 * Which output item an event belongs to. Servers name it by `output_index`, `item_id`, `call_id` or not at all.
 * @module
 */
import { type JsonObject, isJsonObject } from "../protocol/json.ts";

/** The items of one answer, each with a state `S` that its owner keeps. */
export interface ItemSlots<S> {
  /** The state of the item that the event speaks of, made by `create` when it is a new one. */
  of(event: JsonObject): S;
  /** All states in the order of `output_index`; one without an index stands after those that came before it. */
  inOrder(): S[];
}

interface Slot<S> {
  readonly state: S;
  readonly position: number;
  /** An `output_index` was given. */
  indexed: boolean;
  /** An index or an id was given. */
  named: boolean;
  /** Its `response.output_item.done` has come. */
  closed: boolean;
}

interface Names {
  readonly index: number | undefined;
  readonly ids: readonly string[];
}

/**
 * Makes the table. `output_index` decides before ids, since some servers seal an item's id anew in each event. An event
 * that names nothing known belongs to the newest item as long as that is open, and unnamed itself unless the event has no
 * name either.
 */
export function createItemSlots<S>(create: () => S): ItemSlots<S> {
  const slots: Slot<S>[] = [];
  const byIndex = new Map<number, Slot<S>>();
  const byId = new Map<string, Slot<S>>();

  const add = (index: number | undefined): Slot<S> => {
    const after = slots.reduce((top, slot) => Math.max(top, slot.position + 1), 0);
    const slot = { state: create(), position: index ?? after, indexed: false, named: false, closed: false };
    slots.push(slot);
    return slot;
  };

  const find = ({ index, ids }: Names, type: unknown): Slot<S> | undefined => {
    const atIndex = index === undefined ? undefined : byIndex.get(index);
    if (atIndex !== undefined) return atIndex;
    const withId = ids.map((id) => byId.get(id)).find((slot) => slot !== undefined);
    if (withId !== undefined && (index === undefined || !withId.indexed)) return withId;
    const newest = slots.at(-1);
    if (newest === undefined || type === "response.output_item.added") return undefined;
    const nameless = index === undefined && ids.length === 0;
    return newest.closed || (newest.named && !nameless) ? undefined : newest;
  };

  return {
    of(event) {
      const names = namesOf(event);
      const slot = find(names, event["type"]) ?? add(names.index);
      if (names.index !== undefined) {
        byIndex.set(names.index, slot);
        slot.indexed = true;
      }
      for (const id of names.ids) byId.set(id, slot);
      if (names.index !== undefined || names.ids.length > 0) slot.named = true;
      if (event["type"] === "response.output_item.done") slot.closed = true;
      return slot.state;
    },
    inOrder() {
      return slots.toSorted((a, b) => a.position - b.position).map((slot) => slot.state);
    },
  };
}

function namesOf(event: JsonObject): Names {
  const item = isJsonObject(event["item"]) ? event["item"] : {};
  const index = event["output_index"];
  const ids = [event["item_id"], event["call_id"], item["id"], item["call_id"]];
  return {
    index: typeof index === "number" ? index : undefined,
    ids: ids.filter((id): id is string => typeof id === "string" && id !== ""),
  };
}
