/**
 * The methods that show the configuration.
 * @module
 */
import { createHash } from "node:crypto";
import type { CodexAgentConfig } from "../config/index.ts";
import { isJsonObject } from "../protocol/json.ts";
import type { Handlers } from "./handlers.ts";
import type { ConfigLayerMetadata } from "./protocol/types/models.ts";

/** Keys that are always shown: those that planport goes by, null where the file says nothing. */
const ALWAYS = [
  "model",
  "model_provider",
  "model_context_window",
  "model_reasoning_effort",
  "model_reasoning_summary",
  "approval_policy",
  "sandbox_mode",
  "forced_chatgpt_workspace_id",
  "forced_login_method",
  "service_tier",
  "chatgpt_base_url",
  "openai_base_url",
  "cli_auth_credentials_store",
] as const;
/** What a provider's table may hold that is nobody's business. */
const SECRET_KEYS = new Set(["experimental_bearer_token", "http_headers"]);

/** Serves `config/read` and `configRequirements/read`. There is one layer: the user's own file. */
export function configHandlers({ table }: CodexAgentConfig, path: string): Handlers {
  const shown = withoutSecrets(table) as Readonly<Record<string, unknown>>;
  const version = `sha256:${createHash("sha256").update(JSON.stringify(shown)).digest("hex")}`;
  const layer: ConfigLayerMetadata = { name: { type: "user", file: path, profile: null }, version };
  return {
    "config/read": ({ includeLayers }) => ({
      config: { ...Object.fromEntries(ALWAYS.map((key) => [key, null])), ...shown },
      origins: Object.fromEntries(leavesOf(shown).map((key) => [key, layer])),
      ...(includeLayers === true && { layers: [{ ...layer, config: shown, disabledReason: null }] }),
    }),
    "configRequirements/read": () => ({ supportsIndependentSpeedModes: true, requirements: null }),
  };
}

function withoutSecrets(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutSecrets);
  if (value instanceof Date || typeof value === "bigint") return String(value);
  if (!isJsonObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [key, SECRET_KEYS.has(key) ? null : withoutSecrets(inner)]),
  );
}

function leavesOf(table: Readonly<Record<string, unknown>>, prefix = ""): string[] {
  return Object.entries(table).flatMap(([key, value]) =>
    isJsonObject(value) ? leavesOf(value, `${prefix}${key}.`) : [prefix + key],
  );
}
