/**
 * What an agent's threads begin with, from Codex's `config.toml` (openai/codex `codex-rs/config/src/config_toml.rs`,
 * `codex-rs/model-provider-info/src/lib.rs`) and from `-c key=value`, which goes before it. Keys that are not named here are left
 * alone.
 * @module
 */
import { parse } from "smol-toml";
import { ConfigError } from "../errors.ts";
import { type JsonObject, isJsonObject } from "../protocol/json.ts";
import { Secret } from "../secret.ts";
import { parseTomlTable } from "./codex-config.ts";

/** A server for model calls (`[model_providers.<name>]`). */
export interface ModelProviderConfig {
  readonly name: string | null;
  /** Without a slash at its end. */
  readonly baseUrl: string | null;
  /** Variable that holds its key. */
  readonly envKey: string | null;
  readonly bearer: Secret | null;
  readonly requiresOpenaiAuth: boolean;
  readonly headers: Readonly<Record<string, string>>;
  /** Header by variable. */
  readonly envHeaders: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, string>>;
  readonly requestMaxRetries: number | null;
  readonly streamMaxRetries: number | null;
  readonly streamIdleTimeoutMs: number | null;
}

/** The settings; null means that nothing is said. */
export interface AgentConfig {
  readonly model: string | null;
  readonly modelProvider: string;
  readonly providers: Readonly<Record<string, ModelProviderConfig>>;
  readonly openaiBaseUrl: string | null;
  readonly chatgptBaseUrl: string | null;
  readonly effort: string | null;
  readonly summary: string | null;
  readonly serviceTier: string | null;
  readonly approvalPolicy: (typeof APPROVALS)[number] | null;
  readonly sandboxMode: (typeof SANDBOXES)[number] | null;
  readonly writableRoots: readonly string[];
  readonly networkAccess: boolean;
  readonly excludeTmpdirEnvVar: boolean;
  readonly excludeSlashTmp: boolean;
  readonly developerInstructions: string | null;
}

const APPROVALS = ["on-request", "on-failure", "never"] as const;
const SANDBOXES = ["read-only", "workspace-write", "danger-full-access"] as const;

/**
 * Reads the text of a `config.toml`; null (no such file) says nothing.
 * @param overrides `key=value`, the key with dots, the value as TOML or else as the text that it is.
 * @throws {ConfigError} `config_invalid` naming the file or the override, and the key.
 */
export function parseAgentConfig(text: string | null, path: string, overrides: readonly string[] = []): AgentConfig {
  const table: JsonObject = text === null ? {} : { ...parseTomlTable(text, path) };
  for (const override of overrides) applyOverride(table, override);
  const top = new Keys(table, path);
  const write = new Keys(top.table("sandbox_workspace_write"), path);
  return {
    model: top.string("model"),
    modelProvider: top.string("model_provider") ?? "openai",
    providers: Object.fromEntries(
      Object.entries(top.table("model_providers")).map(([name, value]) => [name, readProvider(name, value, path)]),
    ),
    openaiBaseUrl: top.string("openai_base_url")?.replace(/\/+$/, "") ?? null,
    chatgptBaseUrl: top.string("chatgpt_base_url")?.replace(/\/+$/, "") ?? null,
    effort: top.string("model_reasoning_effort"),
    summary: top.string("model_reasoning_summary"),
    serviceTier: top.string("service_tier"),
    approvalPolicy: top.oneOf("approval_policy", APPROVALS),
    sandboxMode: top.oneOf("sandbox_mode", SANDBOXES),
    writableRoots: write.strings("writable_roots"),
    networkAccess: write.flag("network_access"),
    excludeTmpdirEnvVar: write.flag("exclude_tmpdir_env_var"),
    excludeSlashTmp: write.flag("exclude_slash_tmp"),
    developerInstructions: top.string("developer_instructions"),
  };
}

function readProvider(name: string, value: unknown, path: string): ModelProviderConfig {
  const keys = new Keys(isJsonObject(value) ? value : {}, path, `model_providers.${name}.`);
  const bearer = keys.string("experimental_bearer_token");
  const wireApi = keys.string("wire_api");
  if (wireApi !== null && wireApi !== "responses") keys.refuse("wire_api", 'must be "responses"');
  return {
    name: keys.string("name"),
    baseUrl: keys.string("base_url")?.replace(/\/+$/, "") ?? null,
    envKey: keys.string("env_key"),
    bearer: bearer === null ? null : new Secret(bearer),
    requiresOpenaiAuth: keys.flag("requires_openai_auth"),
    headers: keys.texts("http_headers"),
    envHeaders: keys.texts("env_http_headers"),
    query: keys.texts("query_params"),
    requestMaxRetries: keys.count("request_max_retries"),
    streamMaxRetries: keys.count("stream_max_retries"),
    streamIdleTimeoutMs: keys.count("stream_idle_timeout_ms"),
  };
}

/** A key that could reach into what all objects share. */
const FORBIDDEN: ReadonlySet<string> = new Set(["__proto__", "constructor", "prototype"]);

function applyOverride(table: JsonObject, override: string): void {
  const at = override.indexOf("=");
  const names = at < 1 ? [] : override.slice(0, at).trim().split(".");
  const last = names.pop();
  if (last === undefined || [...names, last].some((name) => name.trim() === "" || FORBIDDEN.has(name)))
    throw new ConfigError("config_invalid", `-c ${override.slice(0, 60)} is not usable: it must be key=value.`);
  let place = table;
  for (const name of names) {
    const next = place[name];
    const inner: JsonObject = isJsonObject(next) ? { ...next } : {};
    place[name] = inner;
    place = inner;
  }
  place[last] = tomlValue(override.slice(at + 1).trim());
}

function tomlValue(text: string): unknown {
  try {
    return parse(`value = ${text}`)["value"];
  } catch {
    return text; // As Codex: what is no TOML is meant as it stands.
  }
}

/** Reads the keys of one table. */
class Keys {
  readonly #table: JsonObject;
  readonly #path: string;
  readonly #prefix: string;

  constructor(table: JsonObject, path: string, prefix = "") {
    this.#table = table;
    this.#path = path;
    this.#prefix = prefix;
  }

  refuse(key: string, problem: string): never {
    throw new ConfigError("config_invalid", `${this.#path} is not usable: ${this.#prefix}${key} ${problem}.`);
  }

  string(key: string): string | null {
    const value = this.#table[key];
    if (value === undefined) return null;
    return typeof value === "string" && value.trim() !== ""
      ? value
      : this.refuse(key, "must be a string that is not empty");
  }

  flag(key: string): boolean {
    const value = this.#table[key];
    if (value === undefined) return false;
    return typeof value === "boolean" ? value : this.refuse(key, "must be true or false");
  }

  count(key: string): number | null {
    const value = this.#table[key];
    if (value === undefined) return null;
    const count = typeof value === "bigint" ? Number(value) : value;
    if (typeof count === "number" && Number.isSafeInteger(count) && count >= 0) return count;
    return this.refuse(key, "must be a whole number");
  }

  strings(key: string): readonly string[] {
    const value = this.#table[key];
    if (value === undefined) return [];
    const isList = Array.isArray(value) && value.every((entry) => typeof entry === "string");
    return isList ? (value as string[]) : this.refuse(key, "must be a list of strings");
  }

  table(key: string): JsonObject {
    const value = this.#table[key];
    if (value === undefined) return {};
    return isJsonObject(value) ? value : this.refuse(key, "must be a table");
  }

  texts(key: string): Readonly<Record<string, string>> {
    const table = this.table(key);
    for (const value of Object.values(table))
      if (typeof value !== "string") this.refuse(key, "must be a table of strings");
    return table as Record<string, string>;
  }

  oneOf<const T extends string>(key: string, allowed: readonly T[]): T | null {
    const value = this.string(key);
    if (value === null) return null;
    const found = allowed.find((candidate) => candidate === value);
    return found ?? this.refuse(key, `must be one of ${allowed.map((one) => `"${one}"`).join(", ")}`);
  }
}
