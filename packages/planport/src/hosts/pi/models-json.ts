/**
 * pi's `models.json`: models of one's own, and changes to those that are built in.
 * @module
 */
import { asNumber, asString, isJsonObject, type JsonObject, tryParseJson } from "../../protocol/json.ts";
import type { PiModel, PiModelCost } from "./model.ts";

/** What a provider's part of the file says for all its models. */
export interface ProviderSettings {
  readonly baseUrl: string | undefined;
  readonly api: string | undefined;
  /** A key, `$NAME`, or `!command`. */
  readonly apiKey: string | undefined;
  readonly headers: Readonly<Record<string, string>> | undefined;
  readonly compat: JsonObject | undefined;
  readonly authHeader: boolean;
}

/** A model as the file has it, with its id found. */
export interface ModelDefinition {
  readonly id: string;
  readonly fields: JsonObject;
  /** Where it stands in the file, for messages. */
  readonly at: string;
}

/** One provider of the file. */
export interface ProviderDefinition {
  readonly name: string;
  readonly settings: ProviderSettings;
  readonly models: readonly ModelDefinition[];
  readonly overrides: ReadonlyMap<string, JsonObject>;
}

/** What could be read, and what is wrong with the rest. */
export interface ModelsFile {
  readonly providers: readonly ProviderDefinition[];
  readonly faults: readonly string[];
}

/** Reads the text of a `models.json`. Comments and commas at the end of lists are let pass. Never throws. */
export function parseModelsFile(text: string): ModelsFile {
  const value = tryParseJson(withoutComments(text.startsWith("\uFEFF") ? text.slice(1) : text));
  if (!isJsonObject(value)) return { providers: [], faults: ["it is no JSON object"] };
  const providers = value["providers"];
  if (!isJsonObject(providers)) return { providers: [], faults: ["`providers` must be an object"] };
  const faults: string[] = [];
  const found = Object.entries(providers).flatMap(([name, raw]) => {
    if (isJsonObject(raw)) return [parseProvider(name, raw, faults)];
    faults.push(`\`providers.${name}\` must be an object`);
    return [];
  });
  return { providers: found, faults };
}

function withoutComments(text: string): string {
  const bare = text.replaceAll(/"(?:[^"\\]|\\.)*"|\/\/[^\n]*|\/\*[\s\S]*?\*\//g, (part) =>
    part.startsWith('"') ? part : " ",
  );
  return bare.replaceAll(/"(?:[^"\\]|\\.)*"|,(?=\s*[}\]])/g, (part) => (part.startsWith('"') ? part : ""));
}

function parseProvider(name: string, raw: JsonObject, faults: string[]): ProviderDefinition {
  const at = `providers.${name}`;
  const text = (key: string): string | undefined => {
    const value = raw[key];
    if (value !== undefined && asString(value) === undefined) faults.push(`\`${at}.${key}\` must be a string`);
    return asString(value);
  };
  const overrides = isJsonObject(raw["modelOverrides"]) ? raw["modelOverrides"] : {};
  return {
    name,
    settings: {
      baseUrl: text("baseUrl"),
      api: text("api"),
      apiKey: text("apiKey"),
      headers: headersOf(raw["headers"]),
      compat: isJsonObject(raw["compat"]) ? raw["compat"] : undefined,
      authHeader: raw["authHeader"] === true,
    },
    models: parseModels(raw["models"], `${at}.models`, faults),
    overrides: new Map(
      Object.entries(overrides).flatMap(([id, fields]) => (isJsonObject(fields) ? [[id, fields] as const] : [])),
    ),
  };
}

/** Both forms that pi has had: a list, and an object by name. */
function parseModels(raw: unknown, at: string, faults: string[]): readonly ModelDefinition[] {
  if (raw === undefined) return [];
  const entries = Array.isArray(raw)
    ? raw.map((fields: unknown, index) => ({ fields, id: undefined, at: `${at}[${index}]` }))
    : isJsonObject(raw)
      ? Object.entries(raw).map(([id, fields]) => ({ fields, id, at: `${at}.${id}` }))
      : null;
  if (entries === null) {
    faults.push(`\`${at}\` must be a list, or an object by id`);
    return [];
  }
  return entries.flatMap((entry) => {
    const { fields } = entry;
    const id = isJsonObject(fields) ? (asString(fields["id"]) ?? entry.id) : undefined;
    if (isJsonObject(fields) && id !== undefined && id !== "") return [{ id, fields, at: entry.at }];
    faults.push(`\`${entry.at}\` must be an object with an \`id\``);
    return [];
  });
}

/** The texts among the values of an object; undefined when it is none. */
function headersOf(value: unknown): Readonly<Record<string, string>> | undefined {
  if (!isJsonObject(value)) return undefined;
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, text]) => (typeof text === "string" ? [[name, text] as const] : [])),
  );
}

/** What a definition says about a model, over what the model has already. Fields that are not known here are kept. */
export function applyFields(model: PiModel, fields: JsonObject): PiModel {
  const { input, output, cost, headers, compat, id: _id, provider: _provider, ...rest } = fields;
  const usable = Object.fromEntries(Object.entries(rest).filter(([key, value]) => isUsable(key, value)));
  return {
    ...model,
    ...usable,
    // Early versions of pi had prices in the places of `input` and `output`.
    input: Array.isArray(input) ? input.filter((kind) => kind === "text" || kind === "image") : model.input,
    cost: costOf(model.cost, isJsonObject(cost) ? cost : { input, output }),
    ...(isJsonObject(headers) && { headers: { ...model.headers, ...headersOf(headers) } }),
    ...(isJsonObject(compat) && { compat: { ...model.compat, ...compat } }),
  };
}

/** False for a value of the wrong kind: what the model has already is better. */
function isUsable(key: string, value: unknown): boolean {
  if (key === "name" || key === "api" || key === "baseUrl") return typeof value === "string" && value !== "";
  if (key === "contextWindow" || key === "maxTokens") return (asNumber(value) ?? 0) > 0;
  return key !== "reasoning" || typeof value === "boolean";
}

function costOf(cost: PiModelCost, raw: JsonObject): PiModelCost {
  return {
    ...cost,
    input: asNumber(raw["input"]) ?? cost.input,
    output: asNumber(raw["output"]) ?? cost.output,
    cacheRead: asNumber(raw["cacheRead"]) ?? cost.cacheRead,
    cacheWrite: asNumber(raw["cacheWrite"]) ?? cost.cacheWrite,
  };
}
