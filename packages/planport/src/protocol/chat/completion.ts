/**
 * The Chat Completions answer when it is not streamed.
 * @module
 */
import type { JsonObject } from "../json.ts";

/** A tool call in an answer. */
export type ChatToolCall =
  | { id: string; type: "function"; function: { name: string; arguments: string } }
  | { id: string; type: "custom"; custom: { name: string; input: string } };

/** A web page that a part of the text rests on. */
export interface ChatAnnotation extends JsonObject {
  type: "url_citation";
  url_citation: { start_index?: number; end_index?: number; title?: string; url?: string };
}

/** An image that the model made with the tool `image_generation`, as a `data:` URL. */
export interface ChatImage extends JsonObject {
  type: "image_url";
  image_url: { url: string };
}

/** Not of OpenAI's own format: what an answer holds that has no place there. */
export interface ChatExtras extends JsonObject {
  /** In the form that other gateways gave it first. */
  images?: ChatImage[];
  /** Items of the Responses API as they came, such as what the backend's own tools did (`web_search_call`). */
  output_items?: JsonObject[];
}

/** The message of an answer. */
export interface ChatCompletionMessage extends ChatExtras {
  role: "assistant";
  content: string | null;
  refusal: string | null;
  /** The readable reasoning summary: not of OpenAI's own format, but what most clients look for. */
  reasoning_content?: string;
  tool_calls?: ChatToolCall[];
  /** In place of `tool_calls` for clients that asked with `functions`. */
  function_call?: { name: string; arguments: string };
  annotations?: ChatAnnotation[];
}

/** Why an answer ended. */
export type ChatFinishReason = "stop" | "length" | "tool_calls" | "function_call" | "content_filter";

/** What an answer cost, in tokens. */
export interface ChatUsage extends JsonObject {
  prompt_tokens: number;
  completion_tokens: number;
  total_tokens: number;
  prompt_tokens_details?: { cached_tokens: number; [key: string]: unknown };
  completion_tokens_details?: { reasoning_tokens: number; [key: string]: unknown };
}

/** An answer. */
export interface ChatCompletion extends JsonObject {
  id: string;
  object: "chat.completion";
  /** Unix seconds. */
  created: number;
  model: string;
  choices: { index: number; message: ChatCompletionMessage; logprobs: null; finish_reason: ChatFinishReason }[];
  usage?: ChatUsage;
  service_tier?: string;
}
