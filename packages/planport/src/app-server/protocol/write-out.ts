/**
 * Writes the protocol out for other programs: as JSON Schema, and as types of TypeScript.
 * @module
 */
import * as z from "zod";
import { clientMethods, serverNotifications, serverRequests } from "./methods.ts";
import { vocabulary } from "./vocabulary.ts";

/** A JSON Schema, as far as the protocol uses it. */
export interface JsonSchema {
  readonly [key: string]: unknown;
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly JsonSchema[];
  readonly oneOf?: readonly JsonSchema[];
  readonly items?: JsonSchema;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: JsonSchema | boolean;
}

const PREFIX = "#/definitions/";

/** All named schemas by name, each as JSON Schema (draft 7) whose references are `#/definitions/<name>`. */
export function jsonSchemas(): Readonly<Record<string, JsonSchema>> {
  const { schemas } = z.toJSONSchema(vocabulary, { target: "draft-7", io: "input", uri: (id) => PREFIX + id });
  return Object.fromEntries(
    Object.entries(schemas).map(([name, schema]) => {
      const { $schema: _dialect, $id: _id, ...rest } = schema as JsonSchema;
      return [name, rest];
    }),
  );
}

/** One document with all of them: the file that `generate-json-schema` writes beside one for each name. */
export function schemaBundle(): JsonSchema {
  return {
    $schema: "http://json-schema.org/draft-07/schema#",
    title: "planport app-server",
    definitions: jsonSchemas(),
  };
}

/** One schema as a document of its own, with the definitions that it needs. */
export function schemaDocument(name: string, all: Readonly<Record<string, JsonSchema>>): JsonSchema {
  const needed = new Set<string>();
  const visit = (schema: JsonSchema): void => {
    for (const other of referencesOf(schema)) {
      if (needed.has(other)) continue;
      needed.add(other);
      visit(all[other] ?? {});
    }
  };
  visit(all[name] ?? {});
  const definitions = Object.fromEntries([...needed].sort().map((other) => [other, all[other]]));
  return {
    $schema: "http://json-schema.org/draft-07/schema#",
    title: name,
    ...all[name],
    ...(needed.size > 0 && { definitions }),
  };
}

function referencesOf(schema: unknown): string[] {
  if (Array.isArray(schema)) return schema.flatMap(referencesOf);
  if (typeof schema !== "object" || schema === null) return [];
  return Object.entries(schema).flatMap(([key, value]) =>
    key === "$ref" && typeof value === "string" ? [value.slice(PREFIX.length)] : referencesOf(value),
  );
}

/** A type in the words of TypeScript. */
export function typeText(schema: JsonSchema): string {
  if (schema.$ref !== undefined) return schema.$ref.slice(PREFIX.length);
  if ("const" in schema) return JSON.stringify(schema.const);
  if (schema.enum !== undefined) return schema.enum.map((value) => JSON.stringify(value)).join(" | ");
  const options = schema.anyOf ?? schema.oneOf;
  if (options !== undefined) return options.map(typeText).join(" | ");
  if (Array.isArray(schema.type))
    return (schema.type as string[]).map((type) => typeText({ ...schema, type })).join(" | ");
  switch (schema.type) {
    case "object":
      return objectText(schema);
    case "array": {
      const item = typeText(schema.items ?? {});
      return /[|{]/.test(item) ? `readonly (${item})[]` : `readonly ${item}[]`;
    }
    case "integer":
    case "number":
      return "number";
    case "string":
    case "boolean":
    case "null":
      return schema.type;
    case undefined:
    default:
      return "unknown";
  }
}

function objectText(schema: JsonSchema): string {
  const { properties, additionalProperties, required = [] } = schema;
  if (properties === undefined) {
    const value = typeof additionalProperties === "object" ? typeText(additionalProperties) : "unknown";
    return `Readonly<Record<string, ${value}>>`;
  }
  const fields = Object.entries(properties).map(([name, field]) => {
    const optional = required.includes(name) ? "" : "?";
    const text = typeText(field);
    const undefinedToo = optional === "" || text === "unknown" ? "" : " | undefined";
    return `  readonly ${name}${optional}: ${text}${undefinedToo};`;
  });
  return fields.length === 0 ? "Readonly<Record<string, never>>" : `{\n${fields.join("\n")}\n}`;
}

/** The text of one type's declaration. */
export function declaration(name: string, schema: JsonSchema): string {
  return `/** \`${name}\` of the protocol. */\nexport type ${name} = ${typeText(schema)};\n`;
}

/** What is said by which method, as three interfaces over the named types. */
export function methodTables(): string {
  const name = (schema: z.ZodType | null): string =>
    schema === null ? "undefined" : (vocabulary.get(schema)?.id ?? "unknown");
  const pair = (params: string, result: string): string => `{ readonly params: ${params}; readonly result: ${result} }`;
  const lines = (entries: readonly (readonly [string, string])[]): string =>
    entries.map(([method, text]) => `  readonly "${method}": ${text};`).join("\n");
  const client = Object.entries(clientMethods).map(([method, { params, result, optional }]) => {
    const given = name(params) + (optional === true ? " | undefined" : "");
    return [method, pair(given, name(result))] as const;
  });
  const server = Object.entries(serverRequests).map(
    ([method, { params, result }]) => [method, pair(name(params), name(result))] as const,
  );
  const told = Object.entries(serverNotifications).map(([method, params]) => [method, name(params)] as const);
  return [
    `/** What a client may ask, by method. */\nexport interface ClientMethods {\n${lines(client)}\n}\n`,
    `/** What the server may ask its client, by method. */\nexport interface ServerRequests {\n${lines(server)}\n}\n`,
    `/** Params of what the server tells, by method. */\nexport interface ServerNotifications {\n${lines(told)}\n}\n`,
  ].join("\n");
}

/** The names that a text of types uses, of those that there are. */
export function namesIn(text: string, all: readonly string[]): readonly string[] {
  const words = new Set(text.match(/\b[A-Z]\w+/g));
  return all.filter((name) => words.has(name));
}
