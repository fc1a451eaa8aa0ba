/**
 * Which schemas the backend can keep to the letter.
 * @module
 */
import { isJsonObject } from "../../protocol/json.ts";

/** Deeper than this nothing is looked at: strict mode takes no such schema either. */
const MAX_DEPTH = 32;

/**
 * True for a schema that strict mode takes: an object at the top, every object closed, and every property required
 * (platform.openai.com, "Structured model outputs", supported schemas).
 */
export function isStrictSchema(schema: unknown): boolean {
  return isJsonObject(schema) && schema["type"] === "object" && isStrict(schema, 0);
}

function isStrict(schema: unknown, depth: number): boolean {
  if (!isJsonObject(schema)) return true;
  if (depth > MAX_DEPTH || "allOf" in schema || "oneOf" in schema || "patternProperties" in schema) return false;
  const properties = isJsonObject(schema["properties"]) ? schema["properties"] : {};
  if (schema["type"] === "object" || "properties" in schema) {
    const required: readonly unknown[] = Array.isArray(schema["required"]) ? schema["required"] : [];
    if (schema["additionalProperties"] !== false) return false;
    if (!Object.keys(properties).every((name) => required.includes(name))) return false;
  }
  const groups = ["properties", "$defs", "definitions"].map((key) => schema[key]).filter(isJsonObject);
  const options: readonly unknown[] = Array.isArray(schema["anyOf"]) ? schema["anyOf"] : [];
  const inner = [...groups.flatMap((group) => Object.values(group)), schema["items"], ...options];
  return inner.every((part) => isStrict(part, depth + 1));
}
