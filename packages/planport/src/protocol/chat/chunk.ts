/**
 * The Chat Completions answer when it is streamed: chunks that add up to a completion.
 * @module
 */
import type { JsonObject } from "../json.ts";
import type { ChatAnnotation, ChatExtras, ChatFinishReason, ChatUsage } from "./completion.ts";

/** A piece of a tool call. The first piece of an `index` bears the id, the type and the name. */
export interface ChatToolCallDelta extends JsonObject {
  index: number;
  id?: string;
  type?: "function" | "custom";
  function?: { name?: string; arguments?: string };
  custom?: { name?: string; input?: string };
}

/** What a chunk adds to the message. */
export interface ChatDelta extends ChatExtras {
  role?: "assistant";
  content?: string | null;
  refusal?: string | null;
  reasoning_content?: string;
  tool_calls?: ChatToolCallDelta[];
  /** In place of `tool_calls` for clients that asked with `functions`. */
  function_call?: { name?: string; arguments?: string };
  annotations?: ChatAnnotation[];
}

/** One chunk. */
export interface ChatCompletionChunk extends JsonObject {
  id: string;
  object: "chat.completion.chunk";
  /** Unix seconds. */
  created: number;
  model: string;
  /** One, or none in the chunk that bears the usage. */
  choices: { index: number; delta: ChatDelta; logprobs: null; finish_reason: ChatFinishReason | null }[];
  /** With `include_usage`: null in all chunks but the last. */
  usage?: ChatUsage | null;
  service_tier?: string;
}
