/**
 * The keys of Codex's `config.toml` that planport honours (openai/codex `codex-rs/core/src/config/mod.rs`). Every other
 * key is Codex's own business and is not looked at.
 * @module
 */
import { KeyReader, parseTomlFile, type TomlFile } from "./toml-keys.ts";

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
  return text === null ? NOTHING : readCodexConfig(parseTomlFile(text, path));
}

/** The same of a file that is parsed already. */
export function readCodexConfig(file: TomlFile): CodexConfig {
  const reader = new KeyReader(file);
  return {
    chatgptBaseUrl: reader.url("chatgpt_base_url"),
    openaiBaseUrl: reader.url("openai_base_url"),
    forcedLoginMethod: reader.oneOf("forced_login_method", ["chatgpt", "api"]),
    forcedWorkspaceIds: reader.strings("forced_chatgpt_workspace_id"),
    model: reader.string("model"),
    credentialsStore: reader.hint("cli_auth_credentials_store"),
  };
}
