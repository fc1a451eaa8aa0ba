/**
 * Holds values to the protocol, and says what is wrong in the words that Codex's clients know: those of Rust's serde.
 * @module
 */
import type * as z from "zod";
import { isJsonObject, type JsonObject } from "../../protocol/json.ts";
import { u32, vocabulary } from "./vocabulary.ts";

/** A value that fits, without what the protocol does not know; or the first thing that is wrong. */
export type Checked = { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly fault: string };

type RawIssue = z.core.$ZodRawIssue;
type Issue = z.core.$ZodIssue;

/** Checks one value. */
export function check(schema: z.ZodType, value: unknown): Checked {
  const result = schema.safeParse(value, { error: wordsFor });
  if (result.success) return { ok: true, value: result.data };
  const issue = firstIssue(result.error.issues, value, 0);
  return { ok: false, fault: issue?.message ?? "invalid value" };
}

/**
 * Checks the params of a method. They may come as a list of the fields' values in their order, as serde takes them.
 */
export function checkParams(schema: z.ZodType, value: unknown): Checked {
  if (!Array.isArray(value)) return check(schema, value);
  const checked = check(schema, fromList(schema, value));
  if (checked.ok || !checked.fault.startsWith("missing field")) return checked;
  const keys = fieldsOf(schema);
  if (keys === null) return checked;
  const name = vocabulary.get(schema)?.id ?? "";
  const fault = `invalid length ${value.length}, expected struct ${name} with ${keys.length} elements`;
  return { ok: false, fault };
}

/** Checks the params of a method that takes none. */
export function checkNoParams(value: unknown): Checked {
  if (value === undefined || value === null || (isJsonObject(value) && Object.keys(value).length === 0))
    return { ok: true, value: undefined };
  return { ok: false, fault: `invalid type: ${isJsonObject(value) ? "map" : describe(value)}, expected unit` };
}

function fromList(schema: z.ZodType, list: readonly unknown[]): unknown {
  const keys = fieldsOf(schema) ?? [];
  return Object.fromEntries(keys.slice(0, list.length).map((key, index) => [key, list[index]]));
}

/** The fields of an object's schema, in their order; null for anything else. */
function fieldsOf(schema: z.ZodType): readonly string[] | null {
  const { def } = schema as { readonly def: { readonly shape?: object } };
  return def.shape === undefined ? null : Object.keys(def.shape);
}

/** What serde meets first: it reads a map in the order in which it came, and misses fields at its end. */
function firstIssue(issues: readonly Issue[], value: unknown, depth: number): Issue | undefined {
  const here = issues.find((issue) => issue.path.length <= depth);
  if (here !== undefined) return here;
  const at = (key: PropertyKey): Issue[] => issues.filter((issue) => issue.path[depth] === key);
  const keys: readonly PropertyKey[] = Array.isArray(value)
    ? value.map((_, index) => index)
    : isJsonObject(value)
      ? Object.keys(value)
      : [];
  for (const key of keys) {
    const inside = at(key);
    if (inside.length > 0) return firstIssue(inside, (value as JsonObject)[key as string], depth + 1);
  }
  return issues[0];
}

function wordsFor(issue: RawIssue): string {
  const { input } = issue;
  const last = issue.path?.at(-1);
  if (issue.code === "invalid_union") return unionWords(issue, last);
  if (input === undefined && last !== undefined) return missing(last);
  if (issue.code === "invalid_type") {
    const isWhole = issue.expected === "int" && typeof input === "number" && Number.isInteger(input);
    return isWhole ? outOfRange(input, issue) : `invalid type: ${describe(input)}, expected ${expected(issue)}`;
  }
  if (issue.code === "invalid_value")
    return typeof input === "string"
      ? unknownVariant(input, issue.values.map(String))
      : `invalid type: ${describe(input)}, expected string or map`;
  return typeof input === "number" ? outOfRange(input, issue) : "invalid value";
}

function unionWords(issue: RawIssue, last: PropertyKey | undefined): string {
  const { input } = issue;
  const { discriminator } = issue as { readonly discriminator?: string };
  const variants = discriminator === undefined ? null : variantsOf(issue.inst, discriminator);
  if (discriminator !== undefined && variants !== null) {
    const tag = isJsonObject(input) ? input[discriminator] : (inputTag(input) ?? undefined);
    if (typeof tag === "string") return unknownVariant(tag, variants);
    return missing(discriminator);
  }
  if (input === undefined && last !== undefined) return missing(last);
  if (typeof input === "string") {
    const words = enumWords(issue.inst);
    if (words.length > 0) return unknownVariant(input, words);
  }
  return "data did not match any variant of untagged enum";
}

/** A tag's own issue is about the tag. */
function inputTag(input: unknown): string | null {
  return typeof input === "string" ? input : null;
}

interface UnionDef {
  readonly options: readonly { readonly def: { readonly shape?: Readonly<Record<string, unknown>> } }[];
}

function variantsOf(inst: unknown, tag: string): string[] | null {
  const { def } = (inst ?? {}) as { readonly def?: UnionDef };
  if (def?.options === undefined) return null;
  return def.options.flatMap((option) => {
    const literal = option.def.shape?.[tag] as { readonly def?: { readonly values?: readonly unknown[] } } | undefined;
    return (literal?.def?.values ?? []).map(String);
  });
}

function enumWords(inst: unknown): string[] {
  const { def } = (inst ?? {}) as {
    readonly def?: { readonly options?: readonly { readonly def: { readonly entries?: object } }[] };
  };
  return (def?.options ?? []).flatMap((option) => Object.values(option.def.entries ?? {}).map(String));
}

function missing(field: PropertyKey): string {
  return `missing field \`${String(field)}\``;
}

/** "unknown variant `x`, expected one of `a`, `b`, `c`", as serde words it. */
export function unknownVariant(given: string, variants: readonly string[]): string {
  const quoted = variants.map((variant) => `\`${variant}\``);
  const expected =
    quoted.length === 2 ? quoted.join(" or ") : `${quoted.length > 2 ? "one of " : ""}${quoted.join(", ")}`;
  return `unknown variant \`${given}\`, expected ${expected}`;
}

function outOfRange(value: number, issue: RawIssue): string {
  return `invalid value: integer \`${value}\`, expected ${expected(issue)}`;
}

const KINDS: Readonly<Record<string, string>> = {
  string: "a string",
  boolean: "a boolean",
  array: "a sequence",
  record: "a map",
  int: "i64",
  number: "f64",
};

function expected(issue: RawIssue): string {
  if (isU32(issue)) return "u32";
  const kind = (issue as { readonly expected?: string }).expected ?? "";
  if (kind !== "object") return KINDS[kind] ?? kind;
  const name = issue.inst === undefined ? undefined : vocabulary.get(issue.inst as z.ZodType)?.id;
  return name === undefined ? "a map" : `struct ${name}`;
}

/** The checks of a number are schemas of their own, within the one that is named. */
function isU32(issue: RawIssue): boolean {
  const { inst } = issue as { readonly inst?: unknown };
  if (inst === u32) return true;
  const checks = (u32 as unknown as { readonly def: { readonly checks?: readonly unknown[] } }).def.checks ?? [];
  return checks.includes(inst);
}

/** A value as serde calls it. */
function describe(value: unknown): string {
  if (value === null || value === undefined) return "null";
  if (typeof value === "string") return `string ${JSON.stringify(value)}`;
  if (typeof value === "number") return `${Number.isInteger(value) ? "integer" : "floating point"} \`${value}\``;
  if (typeof value === "boolean") return `boolean \`${value}\``;
  return Array.isArray(value) ? "sequence" : "map";
}
