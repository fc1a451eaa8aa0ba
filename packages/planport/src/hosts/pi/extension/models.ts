/**
 * The models that pi is shown: those that the environment names, else those that the account has, else a guess.
 * @module
 */
import { type Environment, readVariable } from "../../../environment.ts";
import type { ModelInfo } from "../../../protocol/models.ts";
import { snapshotCatalogue } from "../../../upstream/snapshot.ts";
import { PI_LEVELS, type PiLevel, type PiListedModel } from "./host.ts";

/** pi's own name for the plan, under which the login provider can stand as well. */
export const PI_PROVIDER = "openai-codex";
/** What pi calls the way in which these models are spoken to. */
export const PI_API = "openai-codex-responses";
/** Where plans' model calls go, unless `CODEX_BASE_URL` says otherwise. */
export const DEFAULT_BASE_URL = "https://chatgpt.com/backend-api/codex";
/** What is shown of `codex-token` where nothing is known. */
const FALLBACK_MODEL = "gpt-5.5";
/** As the document lists them; the plan has none of them any more. */
const DOCUMENTED = ["gpt-5.2-codex", "gpt-4.5-vision-preview", "gpt-5-64k", "gpt-5-preview", "o1-pro"];
const CONTEXT_TOKENS = 272_000;
const OUTPUT_TOKENS = 128_000;

/** A model without what its provider says for all of them. */
export type ModelEntry = Omit<PiListedModel, "provider" | "api" | "baseUrl">;

/** The base of all model calls. */
export function baseUrlOf(env: Environment): string {
  return readVariable(env, "CODEX_BASE_URL") ?? DEFAULT_BASE_URL;
}

/** The models that `CODEX_MODELS` names; null when it names none. */
export function pinnedModels(env: Environment): readonly ModelEntry[] | null {
  const names = (env["CODEX_MODELS"] ?? "").split(",").map((name) => name.trim());
  const pinned = [...new Set(names)].filter((name) => name !== "").map(guessedModel);
  return pinned.length === 0 ? null : pinned;
}

/** What is shown of a token's models when they cannot be listed. */
export function fallbackModels(): readonly ModelEntry[] {
  return [guessedModel(FALLBACK_MODEL)];
}

/** What is shown of a plan's models before anybody has signed in: those that Codex knew when this was built. */
export function builtInEntries(): readonly ModelEntry[] {
  return listedModels(snapshotCatalogue().models);
}

/**
 * What a provider shows of a list: under pi's own name for the plan, the names of pi-infinity's document as well. Those that are
 * not in the list mean its first model (`resolveModel`).
 */
export function withDocumented(models: readonly ModelEntry[], providerId: string): readonly ModelEntry[] {
  const [first] = models;
  if (first === undefined || providerId !== PI_PROVIDER) return models;
  const missing = DOCUMENTED.filter((id) => models.every((model) => model.id !== id));
  return [...models, ...missing.map((id) => ({ ...first, id, name: `${id} (${first.name})` }))];
}

/** What the account's list shows: what it hides and what is no API's is left out. */
export function listedModels(models: readonly ModelInfo[]): readonly ModelEntry[] {
  return models
    .filter((model) => model.visibility === "list" && model.supported_in_api)
    .toSorted((a, b) => a.priority - b.priority)
    .map((model) => entryOf(model));
}

/** A model of which nothing but its name is sure takes text alone. */
function guessedModel(id: string): ModelEntry {
  const known = snapshotCatalogue().models.find((model) => model.slug === id);
  if (known === undefined) return { ...base(id), reasoning: true };
  return { ...entryOf(known), input: ["text"], contextWindow: CONTEXT_TOKENS };
}

function base(id: string): ModelEntry {
  return {
    id,
    name: id,
    reasoning: false,
    input: ["text"],
    // What a plan covers has no price; pi's own are looked up where pi has the model, too.
    cost: { input: 0, output: 0, cacheRead: 0, cacheWrite: 0 },
    contextWindow: CONTEXT_TOKENS,
    maxTokens: OUTPUT_TOKENS,
    // For pi's own ways of speaking to such a server, should a model's settings choose one: the backend refuses the field.
    compat: { supportsMaxOutputTokens: false },
  };
}

function entryOf(model: ModelInfo): ModelEntry {
  const window = model.context_window;
  const input = (model.input_modalities ?? []).filter((kind) => kind === "text" || kind === "image");
  const efforts = model.supported_reasoning_levels.map(({ effort }) => effort);
  return {
    ...base(model.slug),
    name: model.display_name,
    reasoning: efforts.length > 0,
    ...(input.length > 0 && { input }),
    ...(typeof window === "number" && window > 0 && { contextWindow: window }),
    ...(efforts.length > 0 && { thinkingLevelMap: levelsOf(efforts) }),
  };
}

/** pi's levels by the model's efforts; the two have the same names, but for `off`. */
function levelsOf(efforts: readonly string[]): Partial<Record<PiLevel, string | null>> {
  return Object.fromEntries(
    PI_LEVELS.map((level): [PiLevel, string | null] => {
      const effort = level === "off" ? "none" : level;
      return [level, efforts.includes(effort) ? effort : null];
    }),
  );
}
