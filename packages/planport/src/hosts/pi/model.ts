/**
 * A model as pi describes it, and those that are built in.
 * @module
 */
import type { JsonObject } from "../../protocol/json.ts";
import { snapshotCatalogue } from "../../upstream/snapshot.ts";
import { OPENAI_CODEX } from "./credentials.ts";

/** Prices in US dollars for a million tokens. */
export interface PiModelCost {
  readonly input: number;
  readonly output: number;
  readonly cacheRead: number;
  readonly cacheWrite: number;
}

/** A model, in pi's shape. */
export interface PiModel {
  readonly id: string;
  readonly name: string;
  /** What it speaks: `openai-codex-responses`, `openai-responses`, … */
  readonly api: string;
  readonly provider: string;
  readonly baseUrl: string;
  readonly reasoning: boolean;
  readonly input: readonly ("text" | "image")[];
  readonly cost: PiModelCost;
  /** In tokens. */
  readonly contextWindow: number;
  /** The longest answer, in tokens. */
  readonly maxTokens: number;
  /** As the file has them; `getApiKeyAndHeaders()` of the registry resolves variables and commands in them. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly compat?: JsonObject;
}

const CODEX_API = "openai-codex-responses";
const CODEX_BASE_URL = "https://chatgpt.com/backend-api";
const CODEX_MAX_TOKENS = 128_000;

/** What a model of one's own has where the file says nothing; pi's own values. */
export const PLAIN_MODEL: Omit<PiModel, "id" | "name" | "api" | "provider" | "baseUrl"> = {
  reasoning: false,
  input: ["text"],
  cost: { input: 0, output: 0, cacheRead: 0, cacheWrite: 0 },
  contextWindow: 128_000,
  maxTokens: 16_384,
};

/** The models of a ChatGPT plan that the backend shows in its list. */
export function builtInModels(): readonly PiModel[] {
  const shown = snapshotCatalogue().models.filter((model) => model.visibility === "list");
  return shown.map((model) => ({
    ...PLAIN_MODEL,
    id: model.slug,
    name: model.display_name,
    api: CODEX_API,
    provider: OPENAI_CODEX,
    baseUrl: CODEX_BASE_URL,
    reasoning: model.supported_reasoning_levels.length > 0,
    input: (model.input_modalities ?? []).filter((kind) => kind === "text" || kind === "image"),
    contextWindow: model.context_window ?? PLAIN_MODEL.contextWindow,
    maxTokens: CODEX_MAX_TOKENS,
  }));
}
