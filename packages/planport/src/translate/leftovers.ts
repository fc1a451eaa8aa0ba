/**
 * Tells of fields that have no place in the other dialect.
 * @module
 */
import type { JsonObject } from "../protocol/json.ts";
import type { Change } from "./change.ts";

/** Adds a change for each field of `object` that is neither known nor null. */
export function tellLeftovers(object: JsonObject, known: ReadonlySet<string>, path: string, changes: Change[]): void {
  for (const [key, value] of Object.entries(object)) {
    if (value == null || known.has(key)) continue;
    changes.push({ path: `${path}.${key}`, action: "dropped", note: `The Responses API has no ${key} here.` });
  }
}
