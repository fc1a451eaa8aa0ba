/**
 * Laying settings over what a file has already.
 * @module
 */
import { isJsonObject, type JsonObject } from "../../protocol/index.ts";

/** What tells entries of lists apart, in the order in which they are looked for. */
const NAMES = ["id", "displayName", "name"] as const;

/**
 * `over` laid on `base`: objects are merged, entries of lists replace those of the same name or are added, and all else
 * is replaced. Nothing of `base` that `over` does not name is lost.
 */
export function merge(base: unknown, over: unknown): unknown {
  if (Array.isArray(over)) return Array.isArray(base) ? mergeLists(base, over) : over;
  if (!isJsonObject(over)) return over;
  const merged: JsonObject = isJsonObject(base) ? { ...base } : {};
  for (const [key, value] of Object.entries(over)) merged[key] = merge(merged[key], value);
  return merged;
}

function mergeLists(base: readonly unknown[], over: readonly unknown[]): unknown[] {
  const list = [...base];
  for (const entry of over) {
    const index = indexOfEntry(list, entry);
    if (index === -1) list.push(entry);
    else list[index] = isJsonObject(entry) ? merge(list[index], entry) : entry;
  }
  return list;
}

/** Where a list has the entry of the same name, or the same text; -1 when it has none. */
export function indexOfEntry(list: readonly unknown[], entry: unknown): number {
  if (!isJsonObject(entry)) return list.indexOf(entry);
  const name = nameOf(entry);
  return name === null ? -1 : list.findIndex((other) => isJsonObject(other) && nameOf(other) === name);
}

function nameOf(entry: JsonObject): string | null {
  const key = NAMES.find((key) => typeof entry[key] === "string");
  return key === undefined ? null : `${key} ${String(entry[key])}`;
}
