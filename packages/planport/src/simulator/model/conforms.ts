/**
 * Does a value fit a JSON Schema? The part of draft 2020-12 that tools and structured outputs use.
 * @module
 */
import { isJsonObject, type JsonObject } from "../../protocol/index.ts";

const MAX_DEPTH = 64;

/** True when `value` fits. Keywords that this file does not know are ignored, `format` too. */
export function conforms(value: unknown, schema: unknown, root: unknown, depth = 0): boolean {
  if (schema === false) return false;
  if (!isJsonObject(schema) || depth > MAX_DEPTH) return true;
  const inner = (v: unknown, s: unknown): boolean => conforms(v, s, root, depth + 1);
  const list = (key: string): unknown[] => (Array.isArray(schema[key]) ? (schema[key] as unknown[]) : []);
  if (typeof schema["$ref"] === "string" && !inner(value, resolvePointer(root, schema["$ref"]))) return false;
  if ("const" in schema && !sameJson(value, schema["const"])) return false;
  if (Array.isArray(schema["enum"]) && !schema["enum"].some((one) => sameJson(value, one))) return false;
  if (!fitsType(value, schema["type"])) return false;
  if (!list("allOf").every((one) => inner(value, one))) return false;
  if (Array.isArray(schema["anyOf"]) && !schema["anyOf"].some((one) => inner(value, one))) return false;
  if (Array.isArray(schema["oneOf"]) && schema["oneOf"].filter((one) => inner(value, one)).length !== 1) return false;
  if (schema["not"] !== undefined && inner(value, schema["not"])) return false;
  if (typeof value === "string") return fitsString(value, schema);
  if (typeof value === "number") return fitsNumber(value, schema);
  if (Array.isArray(value)) return fitsArray(value, schema, inner);
  return !isJsonObject(value) || fitsObject(value, schema, inner);
}

/** What a `#/…` pointer names (RFC 6901); undefined when nothing is there. */
export function resolvePointer(root: unknown, ref: string): unknown {
  if (!ref.startsWith("#")) return undefined;
  let at: unknown = root;
  for (const part of ref.slice(1).split("/").slice(1)) {
    const key = decodeURIComponent(part).replaceAll("~1", "/").replaceAll("~0", "~");
    if (Array.isArray(at)) at = at[Number(key)];
    else if (isJsonObject(at) && Object.hasOwn(at, key)) at = at[key];
    else return undefined;
  }
  return at;
}

/** True when a pattern is a valid expression that the text matches. */
function matchesPattern(text: string, pattern: string): boolean {
  try {
    return new RegExp(pattern, "u").test(text);
  } catch {
    return true; // A pattern that is no expression here cannot be held against anybody.
  }
}

function sameJson(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

function fitsType(value: unknown, type: unknown): boolean {
  const types: unknown[] = Array.isArray(type) ? type : type === undefined ? [] : [type];
  if (types.length === 0) return true;
  return types.some((one) => {
    switch (one) {
      case "null":
        return value === null;
      case "integer":
        return Number.isInteger(value);
      case "array":
        return Array.isArray(value);
      case "object":
        return isJsonObject(value);
      default:
        return typeof value === one;
    }
  });
}

function within(size: number, schema: JsonObject, low: string, high: string): boolean {
  const min = schema[low];
  const max = schema[high];
  return !(typeof min === "number" && size < min) && !(typeof max === "number" && size > max);
}

function fitsString(value: string, schema: JsonObject): boolean {
  // Lengths count characters, not UTF-16 code units (JSON Schema Validation section 6.3.1).
  if (!within(Array.from(value).length, schema, "minLength", "maxLength")) return false;
  return typeof schema["pattern"] !== "string" || matchesPattern(value, schema["pattern"]);
}

function fitsNumber(value: number, schema: JsonObject): boolean {
  const above = schema["exclusiveMinimum"];
  const below = schema["exclusiveMaximum"];
  const step = schema["multipleOf"];
  if (!within(value, schema, "minimum", "maximum")) return false;
  if ((typeof above === "number" && value <= above) || (typeof below === "number" && value >= below)) return false;
  if (typeof step !== "number" || step <= 0) return true;
  const ratio = value / step;
  return Math.abs(ratio - Math.round(ratio)) < 1e-9;
}

type Inner = (value: unknown, schema: unknown) => boolean;

function fitsArray(value: readonly unknown[], schema: JsonObject, inner: Inner): boolean {
  const prefix = Array.isArray(schema["prefixItems"]) ? schema["prefixItems"] : [];
  if (!within(value.length, schema, "minItems", "maxItems")) return false;
  if (schema["uniqueItems"] === true && new Set(value.map((one) => JSON.stringify(one))).size !== value.length)
    return false;
  return value.every((one, index) => (index < prefix.length ? inner(one, prefix[index]) : inner(one, schema["items"])));
}

function fitsObject(value: JsonObject, schema: JsonObject, inner: Inner): boolean {
  const properties = isJsonObject(schema["properties"]) ? schema["properties"] : {};
  const required = Array.isArray(schema["required"]) ? schema["required"] : [];
  if (!required.every((key) => typeof key === "string" && Object.hasOwn(value, key))) return false;
  if (!within(Object.keys(value).length, schema, "minProperties", "maxProperties")) return false;
  return Object.entries(value).every(([key, one]) =>
    Object.hasOwn(properties, key) ? inner(one, properties[key]) : inner(one, schema["additionalProperties"]),
  );
}
