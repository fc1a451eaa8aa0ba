/**
 * From configuration to what threads and model calls begin with.
 * @module
 */
import type { CodexAgentConfig } from "../config/codex-agent-config.ts";
import { ConfigError } from "../errors.ts";
import { Secret } from "../secret.ts";
import type { ProviderSettings } from "../upstream/provider/index.ts";
import { sandboxOf, type SandboxMode, type SandboxPolicy } from "./policy.ts";
import type { ThreadSettings } from "./settings.ts";

/**
 * The settings of a provider, by its name.
 * @throws {ConfigError} `config_invalid` for a name that is not configured, and for a key that is in no variable.
 */
export function providerSettings(
  config: CodexAgentConfig,
  id: string,
  env: Readonly<Record<string, string | undefined>>,
): ProviderSettings {
  const found = config.providers.find((provider) => provider.id === id);
  if (found === undefined) throw new ConfigError("config_invalid", `Model provider \`${id}\` not found`);
  const { baseUrl = null, envKey, bearerToken } = found;
  if (baseUrl === null && id !== "openai")
    throw new ConfigError("config_invalid", `model_providers.${id}.base_url is missing: say where the server is.`);
  const own = bearerToken === undefined ? null : new Secret(bearerToken);
  return {
    id,
    baseUrl,
    usesSignIn: found.requiresOpenaiAuth,
    bearer: envKey === undefined ? own : keyOf(id, envKey, env),
    headers: { ...found.httpHeaders, ...fromVariables(found.envHttpHeaders, env) },
    query: found.queryParams,
    requestRetries: found.requestMaxRetries,
    streamRetries: found.streamMaxRetries,
    idleTimeoutMs: found.streamIdleTimeoutMs,
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

/** The variables for commands of the model: without those that the configuration says hold a server's keys and headers. */
export function commandEnvironment(
  { providers }: CodexAgentConfig,
  env: Readonly<Record<string, string | undefined>>,
): Readonly<Record<string, string | undefined>> {
  // Windows knows a variable by its name in any case.
  const named = new Set(
    providers
      .flatMap(({ envKey = "", envHttpHeaders }) => [envKey, ...Object.values(envHttpHeaders)])
      .map((name) => name.toUpperCase()),
  );
  return Object.fromEntries(Object.entries(env).filter(([name]) => !named.has(name.toUpperCase())));
}

/** The policy of a mode, with what the configuration says of writing. */
export function sandboxFrom(config: CodexAgentConfig, mode: SandboxMode): SandboxPolicy {
  const sandbox = sandboxOf(mode);
  if (sandbox.type !== "workspaceWrite") return sandbox;
  return { ...sandbox, ...config.workspaceWrite, writableRoots: [...config.workspaceWrite.writableRoots] };
}

/** What a thread is set to that is told nothing. */
export function defaultSettings(
  config: CodexAgentConfig,
  cwd: string,
  fallback: { readonly model: string; readonly approvalPolicy: ThreadSettings["approvalPolicy"] },
): ThreadSettings {
  return {
    model: config.model ?? fallback.model,
    modelProvider: config.provider.id,
    effort: config.reasoningEffort ?? null,
    summary: config.reasoningSummary ?? null,
    serviceTier: config.serviceTier ?? null,
    cwd,
    approvalPolicy: config.approvalPolicy ?? fallback.approvalPolicy,
    sandbox: sandboxFrom(config, config.sandboxMode ?? "read-only"),
    baseInstructions: null,
    developerInstructions: config.developerInstructions ?? null,
    dynamicTools: [],
  };
}
