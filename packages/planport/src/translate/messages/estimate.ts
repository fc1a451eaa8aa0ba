/**
 * How many tokens a request is likely to be. An estimate: the backend offers no count, and its tokenizer is not ours.
 * @module
 */
import { type JsonObject, asString, isJsonObject } from "../../protocol/json.ts";
import type { ResponsesRequest } from "../../protocol/responses/request.ts";

/** English prose and code have about four bytes of UTF-8 to a token; other scripts about three characters of two to three bytes. */
const BYTES_PER_TOKEN = 4;
/** What OpenAI documents for an image of 1024 × 1024 in high detail: 85 for itself and 170 for each of four tiles. */
const IMAGE_TOKENS = 765;
/** A page of a PDF goes as its text and as an image; files are taken for one page per 50 kB of base64. */
const FILE_PAGE_CHARS = 50_000;
const FILE_PAGE_TOKENS = 1500;
const ITEM_TOKENS = 4;

/** Estimates the input tokens of a request: instructions, conversation and tools. At least 1. */
export function estimateInputTokens(request: ResponsesRequest): number {
  const items = typeof request.input === "string" ? [{ content: request.input }] : request.input;
  let tokens = textTokens(request.instructions ?? "") + textTokens(JSON.stringify(request.tools ?? [])) - 1;
  for (const item of items) tokens += ITEM_TOKENS + valueTokens(item);
  return Math.max(1, tokens);
}

function valueTokens(value: unknown): number {
  if (typeof value === "string") return textTokens(value);
  if (Array.isArray(value)) return value.reduce((sum: number, entry) => sum + valueTokens(entry), 0);
  if (!isJsonObject(value)) return 0;
  if (value["type"] === "input_image") return IMAGE_TOKENS;
  if (value["type"] === "input_file") return fileTokens(value);
  let tokens = 0;
  for (const name of ["content", "output", "arguments", "name", "text", "input", "summary"])
    if (value[name] !== undefined) tokens += valueTokens(value[name]);
  return tokens;
}

function fileTokens(part: JsonObject): number {
  const pages = Math.max(1, Math.ceil((asString(part["file_data"])?.length ?? 0) / FILE_PAGE_CHARS));
  return pages * FILE_PAGE_TOKENS;
}

function textTokens(text: string): number {
  return Math.ceil(new TextEncoder().encode(text).length / BYTES_PER_TOKEN);
}
