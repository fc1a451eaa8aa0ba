/**
 * The methods that list models and providers.
 * @module
 */
import type { CodexAgentConfig, CodexModelProvider } from "../config/index.ts";
import { asString, isJsonObject, type JsonObject } from "../protocol/json.ts";
import type { ModelInfo } from "../protocol/models.ts";
import { snapshotCatalogue } from "../upstream/index.ts";
import type { Handlers } from "./handlers.ts";
import type { Model, ModelProviderListResponse } from "./protocol/types/models.ts";
import { invalidRequest } from "./rpc-errors.ts";

/** Gives the models of whoever is signed in; null where they cannot be had. */
export type FindModels = () => Promise<readonly ModelInfo[] | null>;

/** Serves `model/list`, `modelProvider/list` and `modelProvider/capabilities/read`. */
export function modelHandlers(config: CodexAgentConfig, findModels: FindModels): Handlers {
  return {
    "model/list": async ({ cursor, limit, includeHidden }) => {
      const models = (await findModels()) ?? snapshotCatalogue().models;
      const all = shown(models).filter(({ hidden }) => includeHidden === true || !hidden);
      const start = cursor === undefined || cursor === null ? 0 : readCursor(cursor, all.length);
      const end = limit === undefined || limit === null ? all.length : start + Math.max(limit, 1);
      return { data: all.slice(start, end), nextCursor: end < all.length ? String(end) : null };
    },
    "modelProvider/list": () => listProviders(config),
    "modelProvider/capabilities/read": () => ({
      imageGeneration: config.provider.requiresOpenaiAuth,
      webSearch: config.provider.requiresOpenaiAuth,
    }),
  };
}

function readCursor(cursor: string, count: number): number {
  const start = /^\d{1,9}$/.test(cursor) ? Number(cursor) : -1;
  if (start < 0) throw invalidRequest(`invalid cursor: ${cursor}`);
  if (start > count) throw invalidRequest(`cursor ${start} exceeds total models ${count}`);
  return start;
}

/** By priority; the first one that is shown is the default. */
function shown(models: readonly ModelInfo[]): Model[] {
  const sorted = models.toSorted((a, b) => a.priority - b.priority);
  const first = sorted.find(({ visibility }) => visibility === "list");
  return sorted.map((model) => toModel(model, model === first));
}

function toModel(info: ModelInfo, isDefault: boolean): Model {
  const text = (key: string): string | null => asString(info[key]) ?? null;
  const upgrade = isJsonObject(info["upgrade"]) ? info["upgrade"] : null;
  const nux = isJsonObject(info["availability_nux"]) ? asString(info["availability_nux"]["message"]) : undefined;
  return {
    id: info.slug,
    model: info.slug,
    upgrade: asString(upgrade?.["model"]) ?? null,
    upgradeInfo: upgradeOf(upgrade),
    availabilityNux: nux === undefined ? null : { message: nux },
    displayName: info.display_name,
    description: text("description") ?? info.display_name,
    modelSpecialty: text("model_specialty"),
    hidden: info.visibility !== "list",
    supportedReasoningEfforts: info.supported_reasoning_levels.map(({ effort, description }) => ({
      reasoningEffort: effort,
      description,
    })),
    defaultReasoningEffort: info.default_reasoning_level ?? "medium",
    inputModalities: (info.input_modalities ?? ["text", "image"]).filter(isModality),
    supportsPersonality: false,
    multiAgentVersion: null,
    additionalSpeedTiers: stringsOf(info["additional_speed_tiers"]),
    serviceTiers: tiersOf(info["service_tiers"]),
    defaultServiceTier: text("default_service_tier"),
    availableAccessPrograms: null,
    isDefault,
  };
}

function upgradeOf(upgrade: JsonObject | null): Model["upgradeInfo"] {
  const model = asString(upgrade?.["model"]);
  if (upgrade === null || model === undefined) return null;
  return {
    model,
    upgradeCopy: asString(upgrade["upgrade_copy"]) ?? null,
    modelLink: asString(upgrade["model_link"]) ?? null,
    migrationMarkdown: asString(upgrade["migration_markdown"]) ?? null,
    retirementAt: null,
  };
}

function isModality(value: string): value is Model["inputModalities"][number] {
  return value === "text" || value === "image" || value === "audio";
}

function stringsOf(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((each) => typeof each === "string") : [];
}

function tiersOf(value: unknown): Model["serviceTiers"] {
  if (!Array.isArray(value)) return [];
  return value.filter(isJsonObject).map((tier) => ({
    id: asString(tier["id"]) ?? "",
    name: asString(tier["name"]) ?? "",
    description: asString(tier["description"]) ?? "",
  }));
}

function listProviders({ provider, providers }: CodexAgentConfig): ModelProviderListResponse {
  return {
    data: providers.map((each) => ({
      id: each.id,
      name: each.name,
      canEdit: false,
      baseUrl: each.baseUrl ?? null,
      settings: each.id === "openai" ? { type: "openai" } : { type: "customGateway", auth: gatewayAuth(each) },
    })),
    defaultProviderId: provider.id,
    canChangeDefault: false,
  };
}

type ProviderSettings = ModelProviderListResponse["data"][number]["settings"];
type GatewayAuth = Extract<ProviderSettings, { readonly type: "customGateway" }>["auth"];

function gatewayAuth({ envKey, bearerToken, requiresOpenaiAuth }: CodexModelProvider): GatewayAuth {
  if (envKey !== undefined) return { mode: "environmentVariable", envKey };
  if (bearerToken !== undefined || requiresOpenaiAuth) return { mode: "externallyConfigured", envKey: null };
  return { mode: "none" };
}
