/**
 * The Responses request: the one vocabulary in which everything in planport meets.
 * @module
 */
import type { JsonObject } from "../json.ts";
import type { Item, Tool } from "./item.ts";

/** How the model is to think. */
export interface ReasoningOptions extends JsonObject {
  effort?: string | null;
  summary?: string | null;
  context?: string;
}

/** How the model is to write. */
export interface TextOptions extends JsonObject {
  verbosity?: string | null;
  format?: JsonObject;
}

/** A request as clients send it: `POST /v1/responses`. Unknown fields are kept. */
export interface ResponsesRequest extends JsonObject {
  model: string;
  input: string | Item[];
  instructions?: string | null;
  stream?: boolean | null;
  store?: boolean | null;
  tools?: Tool[] | null;
  tool_choice?: unknown;
  parallel_tool_calls?: boolean | null;
  reasoning?: ReasoningOptions | null;
  text?: TextOptions | null;
  include?: string[] | null;
  previous_response_id?: string | null;
  prompt_cache_key?: string | null;
  service_tier?: string | null;
}

/**
 * A request as the Codex backend takes it: nothing stored, always streamed, `input` a list, none of the parameters
 * that it refuses (openai/codex `codex-rs/core/src/client.rs`).
 */
export interface CodexRequest extends ResponsesRequest {
  input: Item[];
  store: false;
  stream: true;
  include: string[];
}
