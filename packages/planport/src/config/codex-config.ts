/**
 * The keys of Codex's `config.toml` that planport honours (openai/codex `codex-rs/core/src/config/mod.rs`). Every other
 * key is Codex's own business and is not looked at.
 * @module
 */
import { TomlError, parse } from "smol-toml";
import { parseHttpUrl } from "../environment.ts";
import { ConfigError } from "../errors.ts";

/** What planport reads of Codex's configuration; undefined means that the file says nothing. */
export interface CodexConfig {
  /** Base of ChatGPT's own endpoints (`chatgpt_base_url`), without a trailing slash. */
  readonly chatgptBaseUrl: string | undefined;
  /** Base of the model endpoint (`openai_base_url`), without a trailing slash. */
  readonly openaiBaseUrl: string | undefined;
  /** `chatgpt` or `api` (`forced_login_method`). */
  readonly forcedLoginMethod: "chatgpt" | "api" | undefined;
  /** Workspaces a sign-in must belong to (`forced_chatgpt_workspace_id`: a string or a list). */
  readonly forcedWorkspaceIds: readonly string[] | undefined;
  readonly model: string | undefined;
  /** `file`, `keyring`, `auto`, `ephemeral`, or what a newer Codex knows (`cli_auth_credentials_store`). */
  readonly credentialsStore: string | undefined;
}

const NOTHING: CodexConfig = {
  chatgptBaseUrl: undefined,
  openaiBaseUrl: undefined,
  forcedLoginMethod: undefined,
  forcedWorkspaceIds: undefined,
  model: undefined,
  credentialsStore: undefined,
};

/**
 * Reads the text of a `config.toml`; null (no such file) says nothing.
 * @throws {ConfigError} `config_invalid` naming the file with line and column.
 */
export function parseCodexConfig(text: string | null, path: string): CodexConfig {
  if (text === null) return NOTHING;
  const source = withoutMark(text);
  const reader = new KeyReader(parseToml(source, path), source, path);
  return {
    chatgptBaseUrl: reader.url("chatgpt_base_url"),
    openaiBaseUrl: reader.url("openai_base_url"),
    forcedLoginMethod: reader.oneOf("forced_login_method", ["chatgpt", "api"]),
    forcedWorkspaceIds: reader.strings("forced_chatgpt_workspace_id"),
    model: reader.string("model"),
    credentialsStore: reader.hint("cli_auth_credentials_store"),
  };
}

/**
 * The table that a `config.toml` is.
 * @throws {ConfigError} `config_invalid` naming the file with line and column.
 */
export function parseTomlTable(text: string, path: string): Readonly<Record<string, unknown>> {
  return parseToml(withoutMark(text), path);
}

/** Windows editors put a byte order mark in front, which TOML does not allow. */
function withoutMark(text: string): string {
  return text.startsWith("\uFEFF") ? text.slice(1) : text;
}

function parseToml(source: string, path: string): Readonly<Record<string, unknown>> {
  try {
    return parse(source);
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    // Only the first line of the message: the rest quotes the file, which may hold keys of other providers.
    const reason = error.message.split("\n", 1)[0]?.replace(/^Invalid TOML document: /, "") ?? "it is not TOML";
    throw new ConfigError("config_invalid", `${path}:${error.line}:${error.column} is not valid TOML: ${reason}.`);
  }
}

class KeyReader {
  readonly #table: Readonly<Record<string, unknown>>;
  readonly #source: string;
  readonly #path: string;

  constructor(table: Readonly<Record<string, unknown>>, source: string, path: string) {
    this.#table = table;
    this.#source = source;
    this.#path = path;
  }

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

  strings(key: string): readonly string[] | undefined {
    const value = this.#table[key];
    if (value === undefined) return undefined;
    const list: unknown[] = Array.isArray(value) ? value : [value];
    if (list.length === 0 || !list.every((entry) => typeof entry === "string" && entry.trim() !== ""))
      throw this.#invalid(key, "must be a string or a list of strings");
    return list as string[];
  }

  oneOf<const T extends string>(key: string, allowed: readonly T[]): T | undefined {
    const value = this.#table[key];
    if (value === undefined) return undefined;
    const found = allowed.find((candidate) => candidate === value);
    if (found === undefined) throw this.#invalid(key, `must be one of ${allowed.map((v) => `"${v}"`).join(", ")}`);
    return found;
  }

  url(key: string): string | undefined {
    const value = this.string(key);
    if (value === undefined) return undefined;
    const result = parseHttpUrl(value);
    if (typeof result !== "string") throw this.#invalid(key, result.problem);
    return result;
  }

  #invalid(key: string, problem: string): ConfigError<"config_invalid"> {
    const at = locateKey(this.#source, key);
    return new ConfigError("config_invalid", `${this.#path}:${at.line}:${at.column} is not usable: ${key} ${problem}.`);
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
