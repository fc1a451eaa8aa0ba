/**
 * What `strict: true` asks of a schema (platform.openai.com, "Structured model outputs", supported schemas).
 * @module
 */
import { isJsonObject } from "../../protocol/index.ts";
import { asString } from "../../protocol/json.ts";

const MAX_DEPTH = 32;

/** Why a schema is not a strict one; null when it is. */
export function strictProblem(schema: unknown): string | null {
  if (isJsonObject(schema) && schema["type"] !== "object" && schema["$ref"] === undefined)
    return `schema must be a JSON Schema of 'type: "object"', got 'type: "${asString(schema["type"]) ?? "None"}"'.`;
  return walk(schema, [], 0);
}

function walk(schema: unknown, path: readonly string[], depth: number): string | null {
  if (!isJsonObject(schema) || depth > MAX_DEPTH) return null;
  const properties = isJsonObject(schema["properties"]) ? schema["properties"] : {};
  if (schema["type"] === "object" || "properties" in schema) {
    const context = `In context=(${path.map((part) => `'${part}'`).join(", ")})`;
    if (schema["additionalProperties"] !== false)
      return `${context}, 'additionalProperties' is required to be supplied and to be false.`;
    const required: readonly unknown[] = Array.isArray(schema["required"]) ? schema["required"] : [];
    const left = Object.keys(properties).find((key) => !required.includes(key));
    if (left !== undefined)
      return `${context}, 'required' is required to be supplied and to be an array including every key in properties. Missing '${left}'.`;
  }
  for (const [part, inner] of partsOf(schema)) {
    const problem = walk(inner, [...path, ...part], depth + 1);
    if (problem !== null) return problem;
  }
  return null;
}

function partsOf(schema: Readonly<Record<string, unknown>>): [string[], unknown][] {
  const parts: [string[], unknown][] = [];
  for (const key of ["properties", "$defs", "definitions"]) {
    const group = schema[key];
    if (isJsonObject(group)) for (const [name, inner] of Object.entries(group)) parts.push([[key, name], inner]);
  }
  if (schema["items"] !== undefined) parts.push([["items"], schema["items"]]);
  const options = schema["anyOf"];
  if (Array.isArray(options))
    for (const [index, inner] of options.entries()) parts.push([["anyOf", String(index)], inner]);
  return parts;
}
