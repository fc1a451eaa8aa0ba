/** Settles for every leaf of a request what became of it. */
import { isJsonObject } from "../../../src/protocol/json.ts";
import type { Passage } from "./backend.ts";
import { FIRST_NUMBER, type Leaf, leavesOf, MARK } from "./json.ts";

/** Names that a value may have on the other side, by its own or by where it stands. */
const OTHER_NAMES: Readonly<Record<string, string>> = {
  reasoning_effort: "effort",
  id: "call_id",
  tool_call_id: "call_id",
  tool_use_id: "call_id",
  "tool_choice.type": "tool_choice",
};

/**
 * The leaves of a request that neither arrived nor were told of.
 * @param words Paths of words that the dialects have different ones for.
 */
export function unaccounted(request: unknown, { told, upstream }: Passage, words: RegExp): string[] {
  const arrived = inner(upstream);
  const texts = arrived.map(({ value }) => value).filter((value) => typeof value === "string");
  const free = texts.filter((value) => value.includes(MARK)).join("\0");
  const values = new Set(arrived.map(({ value }) => value));
  const counts = countsOf(arrived);
  const missing: string[] = [];
  for (const leaf of leavesOf(request)) {
    const { path, value } = leaf;
    if (words.test(path) || isTold(path, told)) continue;
    if (typeof value === "string" && value.includes(MARK)) {
      if (!free.includes(value)) missing.push(shown(leaf));
    } else if (typeof value === "number" && value >= FIRST_NUMBER) {
      if (!values.has(value)) missing.push(shown(leaf));
    } else {
      // Such a value is not one of a kind: each that arrived accounts for one under its name.
      const found = namesOf(leaf).find((name) => (counts.get(name) ?? 0) > 0);
      if (found === undefined) missing.push(shown(leaf));
      else counts.set(found, (counts.get(found) ?? 0) - 1);
    }
  }
  return missing;
}

function shown({ path, value }: Leaf): string {
  return `${path}: ${JSON.stringify(value)}`;
}

function namesOf({ path, key, value }: Leaf): string[] {
  return [OTHER_NAMES[path] ?? key, OTHER_NAMES[key] ?? key].map((name) => `${name}=${JSON.stringify(value)}`);
}

function countsOf(leaves: readonly Leaf[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { key, value } of leaves) {
    const name = `${key}=${JSON.stringify(value)}`;
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return counts;
}

/** The leaves of what arrived, and of JSON within its texts: arguments of calls are such. */
function inner(value: unknown): Leaf[] {
  return leavesOf(value).flatMap((leaf) => {
    if (leaf.key !== "arguments" || typeof leaf.value !== "string" || !leaf.value.startsWith("{")) return [leaf];
    const parsed: unknown = JSON.parse(leaf.value);
    return isJsonObject(parsed) ? [leaf, ...leavesOf(parsed)] : [leaf];
  });
}

/** What was lost with all that is in it, or altered by itself. */
function isTold(path: string, told: ReadonlyMap<string, string>): boolean {
  if (told.has(path)) return true;
  for (const [at, action] of told)
    if ((action === "dropped" || action === "default") && (path.startsWith(`${at}.`) || path.startsWith(`${at}[`)))
      return true;
  return false;
}
