/**
 * The Chat Completions request: `POST /v1/chat/completions`. Every shape is open: what this file does not name is kept.
 * @module
 */
import type { JsonObject } from "../json.ts";

/** Text in a message. */
export interface ChatTextPart extends JsonObject {
  type: "text";
  text: string;
}

/** An image in a message. Some clients write the URL without the object around it. */
export interface ChatImagePart extends JsonObject {
  type: "image_url";
  image_url: string | { url: string; detail?: string | null; [key: string]: unknown };
}

/** A file in a message. */
export interface ChatFilePart extends JsonObject {
  type: "file";
  file: { file_id?: string; filename?: string; file_data?: string; [key: string]: unknown };
}

/** The model's refusal, in an assistant message that is sent back. */
export interface ChatRefusalPart extends JsonObject {
  type: "refusal";
  refusal: string;
}

/** Any other part: newer than this planport, or written in the Responses way (`input_text`, `input_image`, …). */
export interface ChatOtherPart extends JsonObject {
  type: string;
}

/** A part of a message. */
export type ChatPart = ChatTextPart | ChatImagePart | ChatFilePart | ChatRefusalPart | ChatOtherPart;

/** What a message says. */
export type ChatContent = string | ChatPart[];

/** A message from the application (`system`, `developer`) or the person. */
export interface ChatInputMessage extends JsonObject {
  role: "system" | "developer" | "user";
  content: ChatContent;
}

/** A call of a function tool. */
export interface ChatFunctionCall extends JsonObject {
  id: string;
  type?: "function";
  function: { name: string; arguments: string; [key: string]: unknown };
}

/** A call of a freeform tool. */
export interface ChatCustomCall extends JsonObject {
  id: string;
  type: "custom";
  custom: { name: string; input: string; [key: string]: unknown };
}

/** A message that the model wrote. */
export interface ChatAssistantMessage extends JsonObject {
  role: "assistant";
  content?: ChatContent | null;
  refusal?: string | null;
  tool_calls?: (ChatFunctionCall | ChatCustomCall)[] | null;
  /** How tools were called before `tool_calls`. */
  function_call?: { name: string; arguments: string; [key: string]: unknown } | null;
}

/** What a tool gave back. */
export interface ChatToolMessage extends JsonObject {
  role: "tool";
  tool_call_id: string;
  content?: ChatContent | null;
}

/** What a function gave back, before there were tools. */
export interface ChatFunctionMessage extends JsonObject {
  role: "function";
  name: string;
  content?: ChatContent | null;
}

/** A message of the conversation. */
export type ChatMessage = ChatInputMessage | ChatAssistantMessage | ChatToolMessage | ChatFunctionMessage;

/** A tool: `function` and `custom` in the Chat way, or anything in the Responses way. */
export interface ChatTool extends JsonObject {
  type: string;
}

/** A request as {@link parseChatRequest} lets it through. */
export interface ChatRequest extends JsonObject {
  model: string;
  messages: ChatMessage[];
  stream?: boolean | null;
  stream_options?: { include_usage?: boolean | null; [key: string]: unknown } | null;
  tools?: ChatTool[] | null;
  tool_choice?: string | JsonObject | null;
  parallel_tool_calls?: boolean | null;
  functions?: JsonObject[] | null;
  function_call?: string | JsonObject | null;
  response_format?: JsonObject | null;
  reasoning_effort?: string | null;
  verbosity?: string | null;
  service_tier?: string | null;
  prompt_cache_key?: string | null;
  store?: boolean | null;
  n?: number | null;
}
