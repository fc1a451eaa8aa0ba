/**
 * Blocks of the Messages API to the parts of a Responses message.
 * @module
 */
import { RequestError } from "../../errors.ts";
import { type JsonObject, asString, isJsonObject } from "../../protocol/json.ts";
import type { MessagesBlock, MessagesContent } from "../../protocol/messages/request.ts";
import type { Change } from "../change.ts";

/** `cache_control` is advice for a cache that is not there: the backend's own works without. It is never told of. */
const COMMON_FIELDS = ["type", "cache_control"];
const FIELDS: Readonly<Record<string, ReadonlySet<string>>> = {
  text: new Set([...COMMON_FIELDS, "text"]),
  image: new Set([...COMMON_FIELDS, "source"]),
  document: new Set([...COMMON_FIELDS, "source", "title"]),
  search_result: new Set([...COMMON_FIELDS, "source", "title", "content"]),
};

/**
 * Translates content.
 * @param textType `output_text` for what the model wrote, else `input_text`.
 * @throws {RequestError} `request_invalid` for blocks and sources that cannot be sent.
 */
export function toBlockParts(
  content: MessagesContent,
  path: string,
  textType: "input_text" | "output_text",
  changes: Change[],
): JsonObject[] {
  if (typeof content === "string") return content === "" ? [] : [{ type: textType, text: content }];
  return content.map((block, index) => toBlockPart(block, `${path}[${index}]`, textType, changes));
}

/** Translates one block. @throws {RequestError} `request_invalid` */
export function toBlockPart(block: MessagesBlock, path: string, textType: string, changes: Change[]): JsonObject {
  const known = FIELDS[block.type];
  if (known === undefined) throw refused(path, `blocks of type ${wordOf(block.type)} cannot be sent here`);
  tellFields(block, known, path, changes);
  switch (block.type) {
    case "text":
      return { type: textType, text: block["text"] };
    case "image":
      return { type: "input_image", image_url: toUrl(block["source"], `${path}.source`), detail: "auto" };
    case "document":
      return toDocument(block, path);
    default:
      return toSearchResult(block, textType);
  }
}

/** Adds a change for each field of a block that has no place on the other side. */
export function tellFields(block: JsonObject, known: ReadonlySet<string>, path: string, changes: Change[]): void {
  for (const [key, value] of Object.entries(block))
    if (!known.has(key) && value != null && !(isJsonObject(value) && value["enabled"] === false))
      changes.push({ path: `${path}.${key}`, action: "dropped", note: `The Responses API has no ${key} here.` });
}

function toUrl(value: unknown, path: string): string {
  const source = isJsonObject(value) ? value : {};
  const type = source["type"];
  if (type === "base64") return `data:${need(source, "media_type", path)};base64,${need(source, "data", path)}`;
  if (type === "url") return need(source, "url", path);
  throw refused(`${path}.type`, `expected base64 or url; files kept by other servers cannot be read`);
}

function toDocument(block: MessagesBlock, path: string): JsonObject {
  const source = isJsonObject(block["source"]) ? block["source"] : {};
  const title = asString(block["title"]);
  const at = `${path}.source`;
  if (source["type"] === "text") return { type: "input_text", text: titled(title, need(source, "data", at)) };
  if (source["type"] === "content") return { type: "input_text", text: titled(title, textIn(source["content"], at)) };
  const url = toUrl(source, at);
  if (source["type"] === "url") return { type: "input_file", file_url: url };
  return { type: "input_file", filename: title ?? "document.pdf", file_data: url };
}

function toSearchResult(block: MessagesBlock, textType: string): JsonObject {
  const text = textIn(block["content"], "content");
  const source = asString(block["source"]) ?? "";
  return { type: textType, text: `${asString(block["title"]) ?? ""}\n${source}\n\n${text}`.trim() };
}

function titled(title: string | undefined, text: string): string {
  return title === undefined ? text : `${title}\n\n${text}`;
}

function textIn(content: unknown, path: string): string {
  if (typeof content === "string") return content;
  const blocks = Array.isArray(content) ? content : [];
  return blocks
    .map((block, index) => {
      const text = isJsonObject(block) && block["type"] === "text" ? asString(block["text"]) : undefined;
      if (text === undefined) throw refused(`${path}.content[${index}]`, "expected a block of text");
      return text;
    })
    .join("\n\n");
}

function need(source: JsonObject, name: string, path: string): string {
  const value = asString(source[name]);
  if (value === undefined || value === "") throw refused(`${path}.${name}`, "expected text that is not empty");
  return value;
}

/** A refusal that names the place. */
export function refused(param: string, problem: string): RequestError {
  return new RequestError("request_invalid", `${param}: ${problem}.`, { cause: { param } });
}

/** A type as it may be quoted: a client chose it. */
export function wordOf(type: string): string {
  return /^[\w.:-]{1,60}$/.test(type) ? type : "an unusual name";
}
