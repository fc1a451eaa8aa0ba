/**
 * A conversation as a transport's caller writes it, as the items of the Responses API.
 * @module
 */
import type { JsonObject } from "../../protocol/json.ts";
import type { ContentPart, FunctionTool, Item } from "../../protocol/responses/item.ts";

/** Text. */
export interface TextBlock {
  readonly type: "text";
  readonly text: string;
}

/** An image. */
export interface ImageBlock {
  readonly type: "image";
  /** `image/png`, … */
  readonly mediaType: string;
  /** Its bytes, or those in base64. */
  readonly data: Uint8Array | string;
}

/** The model wants a tool to be used. */
export interface ToolUseBlock {
  readonly type: "tool_use";
  /** As the event {@link ToolUseStart} gave it. */
  readonly id: string;
  readonly name: string;
  /** What is passed to it. */
  readonly input: JsonObject;
}

/** What a tool gave back. */
export interface ToolResultBlock {
  readonly type: "tool_result";
  readonly toolUseId: string;
  /** What is no text goes out as JSON, unless there is an image in it. */
  readonly content: string | readonly (TextBlock | ImageBlock)[] | JsonObject;
  readonly isError?: boolean | undefined;
}

/** The model's thinking, sealed: an entry of `reasoning` of the event {@link IterationEnd}, to be handed back as it is. */
export interface ReasoningBlock {
  readonly type: "reasoning";
  readonly item: JsonObject;
}

/** A part of a message. */
export type ContentBlock = TextBlock | ImageBlock | ToolUseBlock | ToolResultBlock | ReasoningBlock;

/** What one side said. */
export interface Message {
  readonly role: "user" | "assistant";
  readonly content: string | readonly ContentBlock[];
}

/** A tool that the model may use. */
export interface TransportTool {
  readonly name: string;
  readonly description?: string | undefined;
  /** JSON Schema of its input. */
  readonly inputSchema: JsonObject;
}

/** Stands for the result of a call that has none. */
export const ORPHAN_OUTPUT = "[Tool was not executed — context was interrupted or compacted]";

/**
 * The items of a conversation. A call that nothing answers gets {@link ORPHAN_OUTPUT} for a result.
 * @param onOrphan Told of each such call's id.
 */
export function toItems(messages: readonly Message[], onOrphan: (id: string) => void): Item[] {
  const blocks = messages.flatMap(({ content }) => (typeof content === "string" ? [] : content));
  const answered = new Set(blocks.flatMap((block) => (block.type === "tool_result" ? [block.toolUseId] : [])));
  return messages
    .flatMap((message) => itemsOf(message))
    .flatMap((item): Item[] => {
      const id = item["call_id"] as string;
      if (item.type !== "function_call" || answered.has(id)) return [item];
      onOrphan(id);
      return [item, { type: "function_call_output", call_id: id, output: ORPHAN_OUTPUT }];
    });
}

function itemsOf({ role, content }: Message): Item[] {
  const blocks = typeof content === "string" ? [{ type: "text" as const, text: content }] : content;
  const of = <T extends ContentBlock["type"]>(type: T): Extract<ContentBlock, { type: T }>[] =>
    blocks.filter((block): block is Extract<ContentBlock, { type: T }> => block.type === type);
  // Results follow their calls: nothing may stand in between, so they go before what else the message says.
  const results = of("tool_result").map(toOutput);
  const reasoning = of("reasoning").map(({ item }): Item => ({ ...item, type: "reasoning" }));
  const parts = blocks.flatMap((block) => toPart(block, role));
  const message: Item[] = parts.length === 0 ? [] : [{ type: "message", role, content: parts }];
  return [...results, ...reasoning, ...message, ...of("tool_use").map(toCall)];
}

function toPart(block: ContentBlock, role: Message["role"]): ContentPart[] {
  if (block.type === "image") return [toImage(block)];
  if (block.type !== "text" || block.text === "") return [];
  return [{ type: role === "assistant" ? "output_text" : "input_text", text: block.text }];
}

function toImage({ mediaType, data }: ImageBlock): ContentPart {
  const base64 = typeof data === "string" ? data : Buffer.from(data).toString("base64");
  return { type: "input_image", image_url: `data:${mediaType};base64,${base64}` };
}

function toCall({ id, name, input }: ToolUseBlock): Item {
  return { type: "function_call", call_id: id, name, arguments: JSON.stringify(input), status: "completed" };
}

function toOutput({ toolUseId, content }: ToolResultBlock): Item {
  return { type: "function_call_output", call_id: toolUseId, output: outputOf(content) };
}

function outputOf(content: ToolResultBlock["content"]): string | ContentPart[] {
  if (typeof content === "string") return content;
  if (!isBlocks(content) || content.every(({ type }) => type !== "image")) return JSON.stringify(content);
  return content.flatMap((block) => toPart(block, "user"));
}

function isBlocks(
  content: readonly (TextBlock | ImageBlock)[] | JsonObject,
): content is readonly (TextBlock | ImageBlock)[] {
  return Array.isArray(content);
}

/** A tool as the backend takes it. Titles, which say nothing that the names do not, are left out of its schema. */
export function toFunctionTool({ name, description, inputSchema }: TransportTool): FunctionTool {
  return {
    type: "function",
    name,
    description: description ?? "",
    parameters: withoutTitles(inputSchema) as JsonObject,
  };
}

/** Keywords whose value is a schema for each of its names (JSON Schema 2020-12): a name may be `title` there. */
const NAMED_SCHEMAS = new Set(["properties", "patternProperties", "$defs", "definitions", "dependentSchemas"]);
/** Keywords whose value is data. */
const DATA = new Set(["const", "default", "enum", "example", "examples"]);

/** A schema without the keyword `title`, at any depth. A property of that name stays. */
export function withoutTitles(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(withoutTitles);
  if (typeof schema !== "object" || schema === null) return schema;
  return Object.fromEntries(
    Object.entries(schema).flatMap(([key, value]: [string, unknown]) => {
      if (key === "title") return [];
      if (DATA.has(key)) return [[key, value]];
      return [[key, NAMED_SCHEMAS.has(key) ? withoutTitlesEach(value) : withoutTitles(value)]];
    }),
  );
}

function withoutTitlesEach(named: unknown): unknown {
  if (typeof named !== "object" || named === null || Array.isArray(named)) return named;
  return Object.fromEntries(Object.entries(named).map(([name, schema]) => [name, withoutTitles(schema)]));
}
