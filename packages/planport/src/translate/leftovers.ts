/**
 * Tells of fields that have no place in the other dialect.
 * @module
 */
import { type JsonObject, isJsonObject } from "../protocol/json.ts";
import type { ResponsesRequest } from "../protocol/responses/request.ts";
import type { Change } from "./change.ts";
import { EMPTY, usual } from "./parameters.ts";

/** Adds a change for each field of `object` that is neither known nor null. What only says "no" or nothing is no loss. */
export function tellLeftovers(object: JsonObject, known: ReadonlySet<string>, path: string, changes: Change[]): void {
  for (const [key, value] of Object.entries(object)) {
    if (value == null || known.has(key)) continue;
    const at = path === "" ? key : `${path}.${key}`;
    if (saysNothing(value)) changes.push(usual(at));
    else changes.push({ path: at, action: "dropped", note: `The Responses API has no ${key} here.` });
  }
}

function saysNothing(value: unknown): boolean {
  return value === false || EMPTY.test(value) || (isJsonObject(value) && value["enabled"] === false);
}

/** Tells of a field that another one says already, unless both say the same. */
export function tellOverridden(path: string, value: unknown, winner: string, kept: unknown, changes: Change[]): void {
  if (value == null || kept == null || value === kept) return;
  changes.push({ path, action: "dropped", note: `${winner} says it already.` });
}

/** A request out of what was kept of the client's and what was made of it. What was made wins, and that is told. */
export function joinTold(kept: JsonObject, made: ResponsesRequest, changes: Change[]): ResponsesRequest {
  for (const [name, value] of Object.entries(kept))
    if (Object.hasOwn(made, name)) tellOverridden(name, value, "The rest of the request", made[name], changes);
  return { ...kept, ...made };
}
