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

/** Tells of a field that another one says already: it is lost, unless both say the same. */
export function tellOverridden(path: string, value: unknown, winner: string, kept: unknown, changes: Change[]): void {
  if (value == null || kept == null) return;
  changes.push(value === kept ? usual(path) : { path, action: "dropped", note: `${winner} says it already.` });
}

/**
 * An object without one of its layers: the fields of `inner`, which is at `path`, stand beside those of `outer`. What
 * `outer` says wins, and that is told.
 */
export function flattened(inner: JsonObject, path: string, outer: JsonObject, changes: Change[]): JsonObject {
  const said = Object.fromEntries(Object.entries(outer).filter(([, value]) => value != null));
  for (const [key, value] of Object.entries(inner))
    if (Object.hasOwn(said, key)) tellOverridden(`${path}.${key}`, value, key, said[key], changes);
  return { ...inner, ...said };
}

/** A request out of what was kept of the client's and what was made of it. What was made wins, and that is told. */
export function joinTold(kept: JsonObject, made: ResponsesRequest, changes: Change[]): ResponsesRequest {
  for (const [name, value] of Object.entries(kept))
    if (Object.hasOwn(made, name) && made[name] !== value)
      tellOverridden(name, value, "The rest of the request", made[name], changes);
  return { ...kept, ...made };
}
