/**
 * The model catalogue of the Codex backend (`GET /codex/models`) and the list OpenAI clients expect (`GET /v1/models`).
 * @module
 */
import type { JsonObject } from "./json.ts";

/** One entry of the catalogue. Only what planport acts on is named; the rest is kept (openai/codex `protocol/src/openai_models.rs`). */
export interface ModelInfo extends JsonObject {
  slug: string;
  display_name: string;
  /** `list` or `hide`. */
  visibility: string;
  supported_in_api: boolean;
  priority: number;
  supported_reasoning_levels: { effort: string; description: string }[];
  default_reasoning_level?: string | null;
  /** The model takes its tools and prompt inside `input`. */
  use_responses_lite?: boolean;
  support_verbosity?: boolean;
  supports_parallel_tool_calls?: boolean;
  supports_reasoning_summaries?: boolean;
  /** In tokens. */
  context_window?: number | null;
  input_modalities?: string[];
  base_instructions?: string;
}

/** The catalogue as the backend answers it. */
export interface ModelCatalogue {
  models: ModelInfo[];
}

/** One entry of `GET /v1/models`. */
export interface OpenAIModel extends JsonObject {
  id: string;
  object: "model";
  /** Unix seconds. */
  created: number;
  owned_by: string;
}
