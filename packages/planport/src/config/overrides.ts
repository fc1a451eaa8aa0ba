/**
 * `-c key=value`: keys of Codex's `config.toml`, given on the command line.
 * @module
 */
import { parse } from "smol-toml";
import { ConfigError } from "../errors.ts";
import { type JsonObject, isJsonObject } from "../protocol/json.ts";
import type { TomlFile } from "./toml-keys.ts";

/** Names that reach into what all objects share. */
const FORBIDDEN: ReadonlySet<string> = new Set(["__proto__", "constructor", "prototype"]);

/**
 * A file as it were if it said what the overrides say. The key may have dots; the value is TOML, or else the text as it stands.
 * @throws {ConfigError} `config_invalid` for what is no `key=value`.
 */
export function withOverrides(file: TomlFile, overrides: readonly string[]): TomlFile {
  if (overrides.length === 0) return file;
  const table: JsonObject = { ...file.table };
  for (const override of overrides) apply(table, override);
  return { ...file, table };
}

function apply(table: JsonObject, override: string): void {
  const at = override.indexOf("=");
  const names = at < 1 ? [] : override.slice(0, at).trim().split(".");
  const last = names.pop();
  if (last === undefined || [...names, last].some((name) => name.trim() === "" || FORBIDDEN.has(name)))
    throw new ConfigError("config_invalid", `-c ${override.slice(0, 60)} is not usable: it takes NAME=VALUE.`);
  let place = table;
  for (const name of names) {
    const next = place[name];
    const inner: JsonObject = isJsonObject(next) ? { ...next } : {};
    place[name] = inner;
    place = inner;
  }
  place[last] = valueOf(override.slice(at + 1).trim());
}

function valueOf(text: string): unknown {
  try {
    return parse(`value = ${text}`)["value"];
  } catch {
    return text;
  }
}
