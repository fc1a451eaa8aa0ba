/**
 * What a transport knows about models: how much they take, how much they write, what they can do.
 * @module
 */
import type { JsonObject } from "../../protocol/json.ts";
import type { ModelInfo } from "../../protocol/models.ts";

/** Something that a model can do. */
export type ModelCapability = "text" | "vision" | "reasoning" | "tool_use";

/** One model. */
export interface ModelSpec {
  readonly id: string;
  /** In tokens. */
  readonly contextWindow: number;
  /** The longest answer, in tokens. */
  readonly maxOutputTokens: number;
  readonly capabilities: readonly ModelCapability[];
}

const SEEING: readonly ModelCapability[] = Object.freeze(["text", "vision", "tool_use"] as const);
const THINKING: readonly ModelCapability[] = Object.freeze(["text", "reasoning", "tool_use"] as const);
const PLAIN: readonly ModelCapability[] = Object.freeze(["text", "tool_use"] as const);

function spec(
  id: string,
  contextWindow: number,
  maxOutputTokens: number,
  capabilities: readonly ModelCapability[],
): ModelSpec {
  return Object.freeze({ id, contextWindow, maxOutputTokens, capabilities });
}

/** The ids of {@link CODEX_MODELS}. */
export type CodexModelId =
  | "gpt-4.1"
  | "gpt-4.1-mini"
  | "gpt-4.1-nano"
  | "gpt-4o"
  | "gpt-4o-mini"
  | "o4-mini"
  | "o3"
  | "o3-mini";

/**
 * The models that axio-transport-codex 0.8.0 documents, with its numbers. A plan has other models today: each of these names
 * means one of those (see `resolveModel`), and what it takes is that one's. `fetchModels()` tells what the account has.
 */
export const CODEX_MODELS: Readonly<Record<CodexModelId, ModelSpec>> = Object.freeze({
  "gpt-4.1": spec("gpt-4.1", 1_047_576, 32_768, SEEING),
  "gpt-4.1-mini": spec("gpt-4.1-mini", 1_047_576, 32_768, SEEING),
  "gpt-4.1-nano": spec("gpt-4.1-nano", 1_047_576, 32_768, PLAIN),
  "gpt-4o": spec("gpt-4o", 128_000, 16_384, SEEING),
  "gpt-4o-mini": spec("gpt-4o-mini", 128_000, 16_384, SEEING),
  "o4-mini": spec("o4-mini", 200_000, 100_000, THINKING),
  o3: spec("o3", 200_000, 100_000, THINKING),
  "o3-mini": spec("o3-mini", 200_000, 100_000, THINKING),
});

/** What a model has of which nothing is told. */
const UNKNOWN_CONTEXT = 128_000;
const UNKNOWN_OUTPUT = 8_192;
/** What the plan's models write at most; their list does not say. */
const PLAN_OUTPUT = 128_000;

/** Models by their ids, in the order in which they were listed. */
export class ModelRegistry extends Map<string, ModelSpec> {
  /** The built-in ones, as a registry that may be changed. */
  static builtIn(): ModelRegistry {
    return new ModelRegistry(Object.values(CODEX_MODELS).map((model) => [model.id, model]));
  }

  /** All ids. */
  ids(): string[] {
    return [...this.keys()];
  }

  /** Those that can do all of it. */
  withCapabilities(...wanted: readonly ModelCapability[]): ModelRegistry {
    return this.#where((model) => wanted.every((capability) => model.capabilities.includes(capability)));
  }

  /** Those in whose ids all of these texts stand. */
  search(...texts: readonly string[]): ModelRegistry {
    return this.#where((model) => texts.every((text) => model.id.includes(text)));
  }

  #where(isWanted: (model: ModelSpec) => boolean): ModelRegistry {
    return new ModelRegistry([...this].filter(([, model]) => isWanted(model)));
  }
}

/** A model of which nothing but its id is known. */
export function unknownModel(id: string): ModelSpec {
  return spec(id, UNKNOWN_CONTEXT, UNKNOWN_OUTPUT, PLAIN);
}

/**
 * A model of the backend's list. One of {@link CODEX_MODELS} keeps what is built in, any other has what the list tells, and
 * where it tells nothing, text and tools.
 */
export function listedModel(info: ModelInfo): ModelSpec {
  if (Object.hasOwn(CODEX_MODELS, info.slug)) return CODEX_MODELS[info.slug as CodexModelId];
  const window = tokens(info, "context_window");
  const capabilities: ModelCapability[] = ["text"];
  if (info.input_modalities?.includes("image") === true) capabilities.push("vision");
  if (info.supported_reasoning_levels.length > 0) capabilities.push("reasoning");
  capabilities.push("tool_use");
  const output =
    tokens(info, "max_output_tokens") ?? (window === null ? UNKNOWN_OUTPUT : Math.min(window, PLAN_OUTPUT));
  return spec(info.slug, window ?? UNKNOWN_CONTEXT, output, Object.freeze(capabilities));
}

function tokens(info: JsonObject, field: string): number | null {
  const value = info[field];
  return typeof value === "number" && Number.isInteger(value) && value > 0 ? value : null;
}
