/**
 * A value that fits a JSON Schema, with the prompt's own words where they fit.
 * @module
 */
import { isJsonObject, type JsonObject } from "../../protocol/index.ts";
import { conforms, resolvePointer } from "./conforms.ts";
import { type Hints, hintFor, numbersIn } from "./hints.ts";
import { fitString } from "./strings.ts";

interface Scope {
  readonly root: unknown;
  readonly hints: Hints;
  /** Numbers of the prompt that no field has taken yet. */
  readonly numbers: number[];
  /** References being followed: taking one again may never end. */
  readonly refs: readonly string[];
  readonly depth: number;
}

// A schema whose required fields contain itself has no finite value; give up rather than overflow.
const MAX_DEPTH = 40;

/** Makes a value. Schemas with keywords beyond the usual (see {@link conforms}) may get one that does not fit. */
export function fitSchema(schema: unknown, hints: Hints): unknown {
  return fit(schema, "", { root: schema, hints, numbers: numbersIn(hints), refs: [], depth: 0 });
}

function fit(raw: unknown, name: string, outer: Scope): unknown {
  if (!isJsonObject(raw)) return raw === false ? null : fitString({}, name, outer.hints);
  if (outer.depth > MAX_DEPTH) return null;
  const { schema, scope } = flatten(raw, outer);
  if ("const" in schema) return schema["const"];
  if (Array.isArray(schema["enum"])) return pickEnum(schema["enum"], name, scope.hints);
  const choices = schema["anyOf"] ?? schema["oneOf"];
  if (Array.isArray(choices) && choices.length > 0) return fitChoice(schema, choices, name, scope);
  const known = Object.hasOwn(scope.hints.known, name) ? scope.hints.known[name] : undefined;
  if (known !== undefined && conforms(known, schema, scope.root)) return known;
  switch (typeOf(schema)) {
    case "object":
      return fitObject(schema, scope);
    case "array":
      return fitArray(schema, name, scope);
    case "integer":
    case "number":
      return fitNumber(schema, scope);
    case "boolean":
      return hintFor(name, scope.hints)?.toLowerCase() !== "false";
    case "null":
      return null;
    default:
      return fitString(schema, name, scope.hints);
  }
}

/** Follows `$ref` and folds `allOf` in, so that one plain schema is left. */
function flatten(raw: JsonObject, scope: Scope): { schema: JsonObject; scope: Scope } {
  if (typeof raw["$ref"] === "string" && scope.depth <= MAX_DEPTH) {
    const { $ref, ...rest } = raw as JsonObject & { $ref: string };
    const target = resolvePointer(scope.root, $ref);
    return flatten(isJsonObject(target) ? merge(target, rest) : rest, follow(scope, $ref));
  }
  if (!Array.isArray(raw["allOf"])) return { schema: raw, scope };
  const { allOf, ...base } = raw;
  const parts = (allOf as unknown[]).filter(isJsonObject).map((part) => flatten(part, scope));
  const merged = parts.reduce((all, part) => merge(all, part.schema), base);
  const refs = parts.flatMap((part) => part.scope.refs.slice(scope.refs.length));
  return { schema: merged, scope: { ...scope, refs: scope.refs.concat(refs) } };
}

/** One step deeper; by way of a reference, or by none. */
function follow(scope: Scope, ref: string | null): Scope {
  return { ...scope, depth: scope.depth + 1, refs: ref === null ? scope.refs : scope.refs.concat(ref) };
}

function merge(a: JsonObject, b: JsonObject): JsonObject {
  const merged: JsonObject = { ...a, ...b };
  if (isJsonObject(a["properties"]) && isJsonObject(b["properties"]))
    merged["properties"] = { ...a["properties"], ...b["properties"] };
  if (Array.isArray(a["required"]) && Array.isArray(b["required"]))
    merged["required"] = [...new Set<unknown>([...(a["required"] as unknown[]), ...(b["required"] as unknown[])])];
  return merged;
}

function typeOf(schema: JsonObject): string {
  const { type } = schema;
  if (typeof type === "string") return type;
  if (Array.isArray(type)) return String(type.find((one) => one !== "null") ?? "null");
  if ("properties" in schema || "required" in schema || "additionalProperties" in schema) return "object";
  if ("items" in schema || "prefixItems" in schema || "minItems" in schema) return "array";
  return "minimum" in schema || "maximum" in schema || "multipleOf" in schema ? "number" : "string";
}

function pickEnum(values: readonly unknown[], name: string, hints: Hints): unknown {
  const wanted = hintFor(name, hints)?.toLowerCase();
  const exact = values.find((value) => typeof value === "string" && value.toLowerCase() === wanted);
  if (exact !== undefined) return exact;
  for (const text of [hints.clause, hints.prompt]) {
    const words = new Set(text.toLowerCase().split(/[^\p{L}\p{N}_.-]+/u));
    const said = values.find((value) => typeof value === "string" && words.has(value.toLowerCase()));
    if (said !== undefined) return said;
  }
  return values.find((value) => value !== null) ?? null;
}

/** The first alternative whose value fits as a whole; those that would go in circles, and null, come last. */
function fitChoice(schema: JsonObject, choices: readonly unknown[], name: string, scope: Scope): unknown {
  const { anyOf: _anyOf, oneOf: _oneOf, ...base } = schema;
  const cost = (choice: unknown): number => {
    if (!isJsonObject(choice)) return 1;
    if (typeof choice["$ref"] === "string" && scope.refs.includes(choice["$ref"])) return 3;
    return choice["type"] === "null" ? 2 : 0;
  };
  const ordered = [...choices].sort((a, b) => cost(a) - cost(b));
  let first: unknown;
  for (const [index, choice] of ordered.entries()) {
    const value = fit(isJsonObject(choice) ? merge(base, choice) : base, name, scope);
    if (conforms(value, schema, scope.root)) return value;
    if (index === 0) first = value;
  }
  return first;
}

function fitObject(schema: JsonObject, scope: Scope): JsonObject {
  const properties = isJsonObject(schema["properties"]) ? schema["properties"] : {};
  const required = Array.isArray(schema["required"]) ? schema["required"].filter((key) => typeof key === "string") : [];
  const value: JsonObject = {};
  const optional = Object.keys(properties).filter((key) => !required.includes(key));
  // Of optional fields only those the prompt speaks of; but an object without any required field gets its first.
  const wanted = optional.filter((key) => hintFor(key, scope.hints) !== null || Object.hasOwn(scope.hints.known, key));
  const extra = wanted.length === 0 && required.length === 0 ? optional.slice(0, 1) : wanted;
  const safe = extra.filter((key) => !leadsBack(properties[key], scope));
  for (const key of [...required, ...safe]) value[key] = fit(properties[key], key, follow(scope, null));
  const least = typeof schema["minProperties"] === "number" ? schema["minProperties"] : 0;
  for (const key of optional) {
    if (Object.keys(value).length >= least) break;
    if (!(key in value)) value[key] = fit(properties[key], key, follow(scope, null));
  }
  for (let n = 1; Object.keys(value).length < least && schema["additionalProperties"] !== false; n += 1)
    value[`key${n}`] = fit(schema["additionalProperties"], `key${n}`, follow(scope, null));
  return value;
}

function leadsBack(schema: unknown, scope: Scope): boolean {
  return isJsonObject(schema) && typeof schema["$ref"] === "string" && scope.refs.includes(schema["$ref"]);
}

function fitArray(schema: JsonObject, name: string, scope: Scope): unknown[] {
  const prefix = Array.isArray(schema["prefixItems"]) ? schema["prefixItems"] : [];
  const value = prefix.map((one) => fit(one, name, follow(scope, null)));
  const least = typeof schema["minItems"] === "number" ? schema["minItems"] : 0;
  const most = typeof schema["maxItems"] === "number" ? schema["maxItems"] : Number.POSITIVE_INFINITY;
  const { items } = schema;
  const usual = items === false || items === undefined || leadsBack(items, scope) ? 0 : 1;
  const goal = Math.min(Math.max(least, value.length === 0 ? usual : value.length), most);
  const singular = name.replace(/s$/, "");
  while (value.length < goal) value.push(distinct(fit(items, singular, follow(scope, null)), schema, value, scope));
  return value;
}

/** With `uniqueItems`, another value when this one is there already. */
function distinct(candidate: unknown, schema: JsonObject, taken: readonly unknown[], scope: Scope): unknown {
  if (schema["uniqueItems"] !== true) return candidate;
  const texts = new Set(taken.map((one) => JSON.stringify(one)));
  if (!texts.has(JSON.stringify(candidate))) return candidate;
  const { items } = schema;
  const listed = isJsonObject(items) && Array.isArray(items["enum"]) ? items["enum"] : [];
  const unused = listed.find((one) => !texts.has(JSON.stringify(one)));
  if (unused !== undefined) return unused;
  for (let n = taken.length + 1; n < taken.length + 100; n += 1) {
    const other =
      typeof candidate === "number" ? candidate + n : typeof candidate === "string" ? `${candidate} ${n}` : candidate;
    if (!texts.has(JSON.stringify(other)) && conforms(other, items, scope.root)) return other;
  }
  return candidate;
}

function fitNumber(schema: JsonObject, scope: Scope): number {
  const said = scope.numbers.findIndex((number) => conforms(number, schema, scope.root));
  if (said !== -1) return scope.numbers.splice(said, 1)[0] ?? 0;
  if (typeof schema["default"] === "number" && conforms(schema["default"], schema, scope.root))
    return schema["default"];
  const step = typeof schema["multipleOf"] === "number" && schema["multipleOf"] > 0 ? schema["multipleOf"] : 1;
  const low = Number(schema["minimum"] ?? schema["exclusiveMinimum"] ?? Number.NaN);
  const high = Number(schema["maximum"] ?? schema["exclusiveMaximum"] ?? Number.NaN);
  const tries = [1, 0, step, low, low + 1, Math.ceil(low / step) * step, (Math.floor(low / step) + 1) * step];
  tries.push(high, high - 1, Math.floor(high / step) * step, (Math.ceil(high / step) - 1) * step, (low + high) / 2);
  return tries.find((one) => Number.isFinite(one) && conforms(one, schema, scope.root)) ?? 0;
}
