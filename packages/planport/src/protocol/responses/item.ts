/**
 * Items of the Responses API: what a conversation is made of, in requests (`input`) and answers (`output`).
 * Every shape is open: fields and types that this file does not know pass through.
 * @module
 */
import type { JsonObject } from "../json.ts";

/** Text that goes to the model. */
export interface InputTextPart extends JsonObject {
  type: "input_text";
  text: string;
}

/** An image that goes to the model, as an `https:` or `data:` URL. */
export interface InputImagePart extends JsonObject {
  type: "input_image";
  image_url?: string;
  file_id?: string;
  detail?: string;
}

/** A file that goes to the model. */
export interface InputFilePart extends JsonObject {
  type: "input_file";
  filename?: string;
  file_data?: string;
  file_id?: string;
  file_url?: string;
}

/** Text that the model wrote. */
export interface OutputTextPart extends JsonObject {
  type: "output_text";
  text: string;
  annotations?: unknown[];
}

/** The model's refusal. */
export interface RefusalPart extends JsonObject {
  type: "refusal";
  refusal: string;
}

/** A part of a message. */
export type ContentPart = InputTextPart | InputImagePart | InputFilePart | OutputTextPart | RefusalPart;

/** A message of any role. */
export interface MessageItem extends JsonObject {
  type: "message";
  id?: string;
  role: "system" | "developer" | "user" | "assistant";
  content: string | ContentPart[];
  status?: string;
  /** `commentary` or `final_answer` on newer models; must come back as it was. */
  phase?: string;
}

/** The model's thinking: a readable summary, and the sealed original that must come back unchanged. */
export interface ReasoningItem extends JsonObject {
  type: "reasoning";
  id?: string;
  summary: { type: "summary_text"; text: string }[];
  content?: { type: string; text: string }[] | null;
  encrypted_content?: string | null;
}

/** The model calls a function tool. */
export interface FunctionCallItem extends JsonObject {
  type: "function_call";
  id?: string;
  call_id: string;
  name: string;
  /** JSON text. */
  arguments: string;
  status?: string;
}

/** What a function tool gave back. */
export interface FunctionCallOutputItem extends JsonObject {
  type: "function_call_output";
  id?: string;
  call_id: string;
  output: string | ContentPart[];
}

/** The model calls a freeform tool. */
export interface CustomToolCallItem extends JsonObject {
  type: "custom_tool_call";
  id?: string;
  call_id: string;
  name: string;
  input: string;
  status?: string;
}

/** What a freeform tool gave back. */
export interface CustomToolCallOutputItem extends JsonObject {
  type: "custom_tool_call_output";
  id?: string;
  call_id: string;
  output: string | ContentPart[];
}

/** Tools as an input item: how models with `use_responses_lite` take them. */
export interface AdditionalToolsItem extends JsonObject {
  type: "additional_tools";
  id?: string;
  role: "developer";
  tools: Tool[];
}

/** The items this product looks into. */
export type KnownItem =
  | MessageItem
  | ReasoningItem
  | FunctionCallItem
  | FunctionCallOutputItem
  | CustomToolCallItem
  | CustomToolCallOutputItem
  | AdditionalToolsItem;

/** Any item, known or not. Narrow with {@link isItem}. */
export interface Item extends JsonObject {
  type: string;
}

/** Narrows an item by its type. */
export function isItem<T extends KnownItem["type"]>(
  item: JsonObject,
  type: T,
): item is Extract<KnownItem, { type: T }> {
  return item["type"] === type;
}

/** A function the model may call, with a JSON Schema for its arguments. */
export interface FunctionTool extends JsonObject {
  type: "function";
  name: string;
  description?: string | null;
  parameters?: JsonObject | null;
  strict?: boolean | null;
}

/** A freeform tool, with an optional grammar for its input. */
export interface CustomTool extends JsonObject {
  type: "custom";
  name: string;
  description?: string | null;
  format?: JsonObject;
}

/** Any tool: functions, freeform tools, namespaces and built-ins (`web_search`, `image_generation`, …). */
export interface Tool extends JsonObject {
  type: string;
  name?: string;
}
