/**
 * What an agent goes by in Codex's `config.toml`: the model and its provider, beside what every way of using planport
 * reads (openai/codex `codex-rs/core/src/config/mod.rs`, `codex-rs/model-provider-info/src/lib.rs`).
 * @module
 */
import { type CodexConfig, readCodexConfig } from "./codex-config.ts";
import { withOverrides } from "./overrides.ts";
import { KeyReader, parseTomlFile, type TomlTable } from "./toml-keys.ts";

/** A server for model calls. */
export interface CodexModelProvider {
  readonly id: string;
  readonly name: string;
  /** Without a slash at its end; undefined for the built-in one's own. */
  readonly baseUrl: string | undefined;
  /** The variable that holds its key. */
  readonly envKey: string | undefined;
  /** A key that stands in the file itself. */
  readonly bearerToken: string | undefined;
  /** Its calls go out with the sign-in of ChatGPT, or an OpenAI key. */
  readonly requiresOpenaiAuth: boolean;
  readonly httpHeaders: Readonly<Record<string, string>>;
  /** Headers by the variables that hold their values. */
  readonly envHttpHeaders: Readonly<Record<string, string>>;
  readonly queryParams: Readonly<Record<string, string>>;
  readonly requestMaxRetries: number;
  readonly streamMaxRetries: number;
  readonly streamIdleTimeoutMs: number;
}

/** The configuration of an agent. */
export interface CodexAgentConfig extends CodexConfig {
  /** The provider that is used. */
  readonly provider: CodexModelProvider;
  /** All providers, the one that is built in included. */
  readonly providers: readonly CodexModelProvider[];
  readonly reasoningEffort: string | undefined;
  readonly reasoningSummary: "auto" | "concise" | "detailed" | "none" | undefined;
  readonly serviceTier: string | undefined;
  /** In tokens. */
  readonly contextWindow: number | undefined;
  readonly approvalPolicy: "on-request" | "never" | undefined;
  readonly sandboxMode: "read-only" | "workspace-write" | "danger-full-access" | undefined;
  /** What `workspace-write` means (`[sandbox_workspace_write]`). */
  readonly workspaceWrite: WorkspaceWriteConfig;
  readonly developerInstructions: string | undefined;
  /** The whole file, as it stands. */
  readonly table: TomlTable;
}

/** What may be written, and reached, in the sandbox `workspace-write`. */
export interface WorkspaceWriteConfig {
  /** Absolute paths beside the working folder. */
  readonly writableRoots: readonly string[];
  readonly networkAccess: boolean;
  readonly excludeTmpdirEnvVar: boolean;
  readonly excludeSlashTmp: boolean;
}

/** Limits that apply unless a provider says otherwise; none may be more than 100. */
const REQUEST_RETRIES = 4;
const STREAM_RETRIES = 5;
const MAX_RETRIES = 100;
const IDLE_TIMEOUT_MS = 300_000;
const BUILT_IN = "openai";

/**
 * Reads the text of a `config.toml`; null (no such file) says nothing.
 * @param overrides `key=value`, as on Codex's command line; they go before the file.
 * @throws {ConfigError} `config_invalid` naming the file and the key.
 */
export function parseCodexAgentConfig(
  text: string | null,
  path: string,
  overrides: readonly string[] = [],
): CodexAgentConfig {
  const file = withOverrides(parseTomlFile(text ?? "", path), overrides);
  const config = readCodexConfig(file);
  const reader = new KeyReader(file);
  const tables = reader.within("model_providers");
  const custom = Object.keys(reader.table("model_providers") ?? {}).map((id) => readProvider(id, tables.within(id)));
  const openai = builtIn(config);
  const providers = [...custom.filter(({ id }) => id !== BUILT_IN), openai];
  const wanted = reader.string("model_provider") ?? BUILT_IN;
  const provider = providers.find(({ id }) => id === wanted);
  if (provider === undefined)
    throw reader.invalid("model_provider", `names "${wanted}", of which model_providers knows nothing`);
  if (file.table["approval_policy"] === "untrusted")
    throw reader.invalid("approval_policy", '"untrusted" is no longer supported; remove this setting');
  return {
    ...config,
    provider,
    providers,
    reasoningEffort: reader.string("model_reasoning_effort"),
    reasoningSummary: reader.oneOf("model_reasoning_summary", ["auto", "concise", "detailed", "none"]),
    serviceTier: reader.string("service_tier"),
    contextWindow: reader.count("model_context_window"),
    approvalPolicy: reader.oneOf("approval_policy", ["on-request", "never"]),
    sandboxMode: reader.oneOf("sandbox_mode", ["read-only", "workspace-write", "danger-full-access"]),
    workspaceWrite: readWorkspaceWrite(reader.within("sandbox_workspace_write")),
    developerInstructions: reader.string("developer_instructions"),
    table: file.table,
  };
}

/** The same configuration with the built-in provider's calls going to another base URL. */
export function withOpenaiBaseUrl(config: CodexAgentConfig, baseUrl: string): CodexAgentConfig {
  const move = (each: CodexModelProvider): CodexModelProvider => (each.id === BUILT_IN ? { ...each, baseUrl } : each);
  return { ...config, provider: move(config.provider), providers: config.providers.map(move) };
}

function readWorkspaceWrite(reader: KeyReader): WorkspaceWriteConfig {
  return {
    writableRoots: reader.strings("writable_roots") ?? [],
    networkAccess: reader.boolean("network_access") ?? false,
    excludeTmpdirEnvVar: reader.boolean("exclude_tmpdir_env_var") ?? false,
    excludeSlashTmp: reader.boolean("exclude_slash_tmp") ?? false,
  };
}

function builtIn({ openaiBaseUrl }: CodexConfig): CodexModelProvider {
  return {
    id: BUILT_IN,
    name: "OpenAI",
    baseUrl: openaiBaseUrl,
    envKey: undefined,
    bearerToken: undefined,
    requiresOpenaiAuth: true,
    httpHeaders: {},
    envHttpHeaders: {},
    queryParams: {},
    requestMaxRetries: REQUEST_RETRIES,
    streamMaxRetries: STREAM_RETRIES,
    streamIdleTimeoutMs: IDLE_TIMEOUT_MS,
  };
}

function readProvider(id: string, reader: KeyReader): CodexModelProvider {
  reader.oneOf("wire_api", ["responses"]); // The only one that there is: another could not be spoken to.
  const retries = (key: string, usual: number): number => Math.min(reader.count(key) ?? usual, MAX_RETRIES);
  return {
    id,
    name: reader.string("name") ?? id,
    baseUrl: reader.url("base_url"),
    envKey: reader.string("env_key"),
    bearerToken: reader.string("experimental_bearer_token"),
    requiresOpenaiAuth: reader.boolean("requires_openai_auth") ?? false,
    httpHeaders: reader.texts("http_headers") ?? {},
    envHttpHeaders: reader.texts("env_http_headers") ?? {},
    queryParams: reader.texts("query_params") ?? {},
    requestMaxRetries: retries("request_max_retries", REQUEST_RETRIES),
    streamMaxRetries: retries("stream_max_retries", STREAM_RETRIES),
    streamIdleTimeoutMs: reader.count("stream_idle_timeout_ms") ?? IDLE_TIMEOUT_MS,
  };
}
