/** Values out of which the proof builds its requests, and the leaves they are made of. */
import fc from "fast-check";

/** One value that is no list and no object, and where it stands. */
export interface Leaf {
  readonly path: string;
  /** The name it stands under, or that of the list it stands in. */
  readonly key: string;
  readonly value: string | number | boolean;
}

/** Everything in a value that says something: `null` says as much as nothing. */
export function leavesOf(value: unknown, path = "", key = ""): Leaf[] {
  if (value === null || value === undefined) return [];
  if (Array.isArray(value)) return value.flatMap((entry, index) => leavesOf(entry, `${path}[${index}]`, key));
  if (typeof value === "object")
    return Object.entries(value).flatMap(([name, entry]) =>
      leavesOf(entry, path === "" ? name : `${path}.${name}`, name),
    );
  return [{ path, key, value: value as Leaf["value"] }];
}

/** Stands in every text whose words are free, so that it can be told from all others. */
export const MARK = "§";
const NUMBER = -7_777_777;
/** From here on a number is one of a kind. */
export const FIRST_NUMBER = 9_000_000;

/** Any text: of any script, with emoji, controls and halves of surrogate pairs. */
export const text = fc
  .oneof(fc.string({ unit: "grapheme", maxLength: 12 }), fc.string({ unit: "binary", maxLength: 6 }))
  .map((any) => MARK + any);
/** A name, every now and then one that is too long for a tool. */
export const name = fc
  .oneof({ weight: 4, arbitrary: fc.constant("") }, { weight: 1, arbitrary: fc.constant("_long".repeat(14)) })
  .map((any) => MARK + any);
export const number = fc.constant(NUMBER);
/** Any JSON, with texts and numbers that can be told apart. */
export const json = fc.letrec<{ any: unknown }>((tie) => ({
  any: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    text,
    number,
    fc.boolean(),
    fc.constant(null),
    fc.array(tie("any"), { maxLength: 2 }),
    fc.dictionary(fc.constantFrom("a", "type", "name", "größe", "x y", "role"), tie("any"), { maxKeys: 2 }),
  ),
})).any;
export const object = fc.dictionary(fc.constantFrom("a", "properties", "enum", "größe"), json, { maxKeys: 2 });

/** An object of which every field may be missing or null. */
export function some(fields: Record<string, fc.Arbitrary<unknown>>): fc.Arbitrary<Record<string, unknown>> {
  const nullable = Object.entries(fields).map(([key, value]) => [key, fc.option(value, { freq: 9 })] as const);
  return fc.record(Object.fromEntries(nullable), { requiredKeys: [] });
}

/** An object of which some fields must be there, and what else may. */
export function shape(
  required: Record<string, fc.Arbitrary<unknown>>,
  optional: Record<string, fc.Arbitrary<unknown>> = {},
): fc.Arbitrary<Record<string, unknown>> {
  return fc.tuple(fc.record(required), some(optional)).map(([must, may]) => ({ ...must, ...may }));
}

/** Makes every free text and number of a request one of a kind. */
export function distinct<T>(value: T): T {
  let count = 0;
  const walk = (part: unknown): unknown => {
    if (typeof part === "string") return part.replace(MARK, () => `${MARK}${count++}:`);
    if (part === NUMBER) return FIRST_NUMBER + count++;
    if (Array.isArray(part)) return part.map(walk);
    if (typeof part !== "object" || part === null) return part;
    return Object.fromEntries(Object.entries(part).map(([key, entry]) => [key, walk(entry)]));
  };
  return walk(value) as T;
}
