/**
 * The request of Anthropic's Messages API (`POST /v1/messages`), as far as the translation reads it. Every shape is open.
 * @module
 */
import type { JsonObject } from "../json.ts";

/** A block of content: text, an image, a document, a tool's call or result, or the model's thinking. */
export interface MessagesBlock extends JsonObject {
  type: string;
}

/** Text alone, or blocks. */
export type MessagesContent = string | MessagesBlock[];

/** One turn. */
export interface MessagesTurn extends JsonObject {
  role: "user" | "assistant" | "system";
  content: MessagesContent;
}

/** A tool of the client's, or one that a server runs (its `type` then names it). */
export interface MessagesTool extends JsonObject {
  name?: string;
  type?: string;
  description?: string;
  input_schema?: JsonObject;
}

/** A request as clients send it. */
export interface MessagesRequest extends JsonObject {
  model: string;
  messages: MessagesTurn[];
  max_tokens?: number;
  system?: MessagesContent | null;
  stream?: boolean | null;
  tools?: MessagesTool[] | null;
  tool_choice?: JsonObject | null;
  thinking?: JsonObject | null;
  output_config?: JsonObject | null;
  speed?: string | null;
}
