/**
 * From configuration to what threads and model calls begin with.
 * @module
 */
import type { AgentConfig } from "../config/agent-config.ts";
import { ConfigError } from "../errors.ts";
import { Secret } from "../secret.ts";
import type { ProviderSettings } from "../upstream/provider/index.ts";
import { sandboxOf, type SandboxMode, type SandboxPolicy } from "./policy.ts";
import type { ThreadSettings } from "./settings.ts";

/** What Codex does unless its configuration says otherwise. */
const REQUEST_RETRIES = 4;
const STREAM_RETRIES = 5;
const IDLE_TIMEOUT_MS = 300_000;

/**
 * The settings of a provider, by its name.
 * @throws {ConfigError} `config_invalid` for a name that is not configured, and for a key that is in no variable.
 */
export function providerSettings(
  config: AgentConfig,
  id: string,
  env: Readonly<Record<string, string | undefined>>,
): ProviderSettings {
  const usual = { requestRetries: REQUEST_RETRIES, streamRetries: STREAM_RETRIES, idleTimeoutMs: IDLE_TIMEOUT_MS };
  const found = Object.hasOwn(config.providers, id) ? config.providers[id] : undefined;
  if (id === "openai" && found === undefined)
    return { id, baseUrl: config.openaiBaseUrl, usesSignIn: true, bearer: null, headers: {}, query: {}, ...usual };
  if (found === undefined) throw new ConfigError("config_invalid", `Model provider \`${id}\` not found`);
  if (found.baseUrl === null)
    throw new ConfigError("config_invalid", `model_providers.${id}.base_url is missing: say where the server is.`);
  return {
    id,
    baseUrl: found.baseUrl,
    usesSignIn: found.requiresOpenaiAuth,
    bearer: found.envKey === null ? found.bearer : keyOf(id, found.envKey, env),
    headers: { ...found.headers, ...fromVariables(found.envHeaders, env) },
    query: found.query,
    requestRetries: found.requestMaxRetries ?? usual.requestRetries,
    streamRetries: found.streamMaxRetries ?? usual.streamRetries,
    idleTimeoutMs: found.streamIdleTimeoutMs ?? usual.idleTimeoutMs,
  };
}

function keyOf(id: string, variable: string, env: Readonly<Record<string, string | undefined>>): Secret {
  const key = env[variable]?.trim() ?? "";
  if (key !== "") return new Secret(key);
  throw new ConfigError(
    "config_invalid",
    `Missing environment variable: \`${variable}\`, which holds the key of ${id}.`,
  );
}

function fromVariables(
  named: Readonly<Record<string, string>>,
  env: Readonly<Record<string, string | undefined>>,
): Record<string, string> {
  return Object.fromEntries(
    Object.entries(named).flatMap(([header, variable]): [string, string][] => {
      const value = env[variable]?.trim() ?? "";
      return value === "" ? [] : [[header, value]];
    }),
  );
}

/** The policy of a mode, with what the configuration says of writing. */
export function sandboxFrom(config: AgentConfig, mode: SandboxMode): SandboxPolicy {
  const sandbox = sandboxOf(mode);
  if (sandbox.type !== "workspaceWrite") return sandbox;
  const { writableRoots, networkAccess, excludeTmpdirEnvVar, excludeSlashTmp } = config;
  return { ...sandbox, writableRoots: [...writableRoots], networkAccess, excludeTmpdirEnvVar, excludeSlashTmp };
}

/** What a thread is set to that is told nothing. */
export function defaultSettings(
  config: AgentConfig,
  cwd: string,
  fallback: { readonly model: string; readonly approvalPolicy: ThreadSettings["approvalPolicy"] },
): ThreadSettings {
  return {
    model: config.model ?? fallback.model,
    modelProvider: config.modelProvider,
    effort: config.effort,
    summary: config.summary,
    serviceTier: config.serviceTier,
    cwd,
    approvalPolicy: config.approvalPolicy ?? fallback.approvalPolicy,
    sandbox: sandboxFrom(config, config.sandboxMode ?? "read-only"),
    baseInstructions: null,
    developerInstructions: config.developerInstructions,
    dynamicTools: [],
  };
}
