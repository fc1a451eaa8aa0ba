/**
 * Reads single keys of a `config.toml`, and says where one that is not usable stands.
 * @module
 */
import { TomlError, parse } from "smol-toml";
import { parseHttpUrl } from "../environment.ts";
import { ConfigError } from "../errors.ts";

/** A table of TOML. */
export type TomlTable = Readonly<Record<string, unknown>>;

/** A `config.toml` that could be parsed. */
export interface TomlFile {
  readonly table: TomlTable;
  readonly source: string;
  readonly path: string;
}

/**
 * Parses the text of a `config.toml`.
 * @throws {ConfigError} `config_invalid` naming the file with line and column.
 */
export function parseTomlFile(text: string, path: string): TomlFile {
  // Windows editors put a byte order mark in front, which TOML does not allow.
  const source = text.startsWith("\uFEFF") ? text.slice(1) : text;
  return { table: parseToml(source, path), source, path };
}

function parseToml(source: string, path: string): TomlTable {
  try {
    return parse(source);
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    // Only the first line of the message: the rest quotes the file, which may hold keys of other providers.
    const reason = error.message.split("\n", 1)[0]?.replace(/^Invalid TOML document: /, "") ?? "it is not TOML";
    throw new ConfigError("config_invalid", `${path}:${error.line}:${error.column} is not valid TOML: ${reason}.`);
  }
}

/** Reads keys of one table of a file. Its methods throw ConfigError `config_invalid`. */
export class KeyReader {
  readonly #table: TomlTable;
  readonly #file: TomlFile;
  readonly #prefix: string;

  /** @param prefix Stands before the keys in messages: the name of a table within the file, and a dot. */
  constructor(file: TomlFile, table: TomlTable = file.table, prefix = "") {
    this.#table = table;
    this.#file = file;
    this.#prefix = prefix;
  }

  /** Text that is not empty. */
  string(key: string): string | undefined {
    const value = this.#table[key];
    if (value === undefined) return undefined;
    if (typeof value !== "string" || value.trim() === "")
      throw this.#invalid(key, "must be a string that is not empty");
    return value;
  }

  /** A word that only helps to word a message: whatever it is, no command may fail over it. */
  hint(key: string): string | undefined {
    const value = this.#table[key];
    return typeof value === "string" && value.trim() !== "" ? value : undefined;
  }

  /** A string, or a list of them. */
  strings(key: string): readonly string[] | undefined {
    const value = this.#table[key];
    if (value === undefined) return undefined;
    const list: unknown[] = Array.isArray(value) ? value : [value];
    if (list.length === 0 || !list.every((entry) => typeof entry === "string" && entry.trim() !== ""))
      throw this.#invalid(key, "must be a string or a list of strings");
    return list as string[];
  }

  /** One of some words. */
  oneOf<const T extends string>(key: string, allowed: readonly T[]): T | undefined {
    const value = this.#table[key];
    if (value === undefined) return undefined;
    const found = allowed.find((candidate) => candidate === value);
    if (found === undefined) throw this.#invalid(key, `must be one of ${allowed.map((v) => `"${v}"`).join(", ")}`);
    return found;
  }

  /** An http or https URL, without a slash at its end. */
  url(key: string): string | undefined {
    const value = this.string(key);
    if (value === undefined) return undefined;
    const result = parseHttpUrl(value);
    if (typeof result !== "string") throw this.#invalid(key, result.problem);
    return result;
  }

  /** True or false. */
  boolean(key: string): boolean | undefined {
    const value = this.#table[key];
    if (value !== undefined && typeof value !== "boolean") throw this.#invalid(key, "must be true or false");
    return value;
  }

  /** A whole number, not negative. */
  count(key: string): number | undefined {
    const value = this.#table[key];
    if (value === undefined) return undefined;
    if (typeof value !== "number" || !Number.isSafeInteger(value) || value < 0)
      throw this.#invalid(key, "must be a whole number that is not negative");
    return value;
  }

  /** A table whose values are text. */
  texts(key: string): Readonly<Record<string, string>> | undefined {
    const table = this.table(key);
    if (table === undefined) return undefined;
    for (const [name, value] of Object.entries(table))
      if (typeof value !== "string") throw this.#invalid(key, `must hold text alone, and \`${name}\` is none`);
    return table as Readonly<Record<string, string>>;
  }

  /** A table. */
  table(key: string): TomlTable | undefined {
    const value = this.#table[key];
    if (value === undefined) return undefined;
    if (typeof value !== "object" || value === null || Array.isArray(value))
      throw this.#invalid(key, "must be a table");
    return value as TomlTable;
  }

  /** A reader of a table within this one. */
  within(key: string): KeyReader {
    return new KeyReader(this.#file, this.table(key) ?? {}, `${this.#prefix}${key}.`);
  }

  /** The error of a key whose value cannot be used. */
  invalid(key: string, problem: string): ConfigError<"config_invalid"> {
    return this.#invalid(key, problem);
  }

  #invalid(key: string, problem: string): ConfigError<"config_invalid"> {
    const { source, path } = this.#file;
    const at = this.#prefix === "" ? locateKey(source, key) : { line: 1, column: 1 };
    return new ConfigError(
      "config_invalid",
      `${path}:${at.line}:${at.column} is not usable: ${this.#prefix}${key} ${problem}.`,
    );
  }
}

/** Where a top-level key stands, both counted from 1; the start of the file when it is written in an unusual way. */
function locateKey(source: string, key: string): { line: number; column: number } {
  const lines = source.split(/\r?\n/);
  for (const [index, line] of lines.entries()) {
    if (/^\s*\[/.test(line)) break; // The first table header ends the top level.
    const match = /^(\s*)["']?([\w-]+)["']?\s*[=.]/.exec(line);
    if (match?.[2] === key) return { line: index + 1, column: (match[1]?.length ?? 0) + 1 };
  }
  return { line: 1, column: 1 };
}
