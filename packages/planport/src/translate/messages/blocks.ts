/**
 * Blocks of the Messages API to the parts of a Responses message.
 * @module
 */
import { RequestError } from "../../errors.ts";
import { type JsonObject, asString, isJsonObject } from "../../protocol/json.ts";
import type { MessagesBlock, MessagesContent } from "../../protocol/messages/request.ts";
import type { Change } from "../change.ts";
import { tellLeftovers } from "../leftovers.ts";
import { usual } from "../parameters.ts";

const FIELDS: Readonly<Record<string, ReadonlySet<string>>> = {
  text: new Set(["type", "text"]),
  image: new Set(["type", "source"]),
  document: new Set(["type", "source", "title"]),
  search_result: new Set(["type", "source", "title", "content"]),
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
  if (content === "") changes.push(usual(path));
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
      return { type: "input_image", image_url: toUrl(block["source"], `${path}.source`, changes), detail: "auto" };
    case "document":
      return toDocument(block, path, changes);
    default:
      return toSearchResult(block, path, textType, changes);
  }
}

/**
 * Adds a change for each field of a block that has no place on the other side. `cache_control` is advice for a cache that
 * the backend has anyway.
 */
export function tellFields(block: JsonObject, known: ReadonlySet<string>, path: string, changes: Change[]): void {
  const { cache_control: advice, ...rest } = block;
  if (advice != null) changes.push(usual(path === "" ? "cache_control" : `${path}.cache_control`));
  tellLeftovers(rest, known, path, changes);
}

const SOURCE_FIELDS: Readonly<Record<string, ReadonlySet<string>>> = {
  base64: new Set(["type", "media_type", "data"]),
  url: new Set(["type", "url"]),
  text: new Set(["type", "data"]),
  content: new Set(["type", "content"]),
};

function toUrl(value: unknown, path: string, changes: Change[]): string {
  const source = isJsonObject(value) ? value : {};
  const type = source["type"];
  if (type !== "base64" && type !== "url")
    throw refused(`${path}.type`, "expected base64 or url; files kept by other servers cannot be read");
  tellLeftovers(source, SOURCE_FIELDS[type] ?? new Set(), path, changes);
  if (type === "url") return need(source, "url", path);
  return `data:${need(source, "media_type", path)};base64,${need(source, "data", path)}`;
}

function toDocument(block: MessagesBlock, path: string, changes: Change[]): JsonObject {
  const source = isJsonObject(block["source"]) ? block["source"] : {};
  const type = asString(source["type"]) ?? "";
  const title = asString(block["title"]);
  const at = `${path}.source`;
  if (type === "text" || type === "content") {
    const { media_type: plain, ...rest } = source;
    if (type === "text" && plain != null) changes.push(usual(`${at}.media_type`));
    tellLeftovers(type === "text" ? rest : source, SOURCE_FIELDS[type] ?? new Set(), at, changes);
    const text = type === "text" ? need(source, "data", at) : textIn(source["content"], `${at}.content`, changes);
    return { type: "input_text", text: titled(title, text) };
  }
  const url = toUrl(source, at, changes);
  if (type === "url") return { type: "input_file", ...(title !== undefined && { filename: title }), file_url: url };
  return { type: "input_file", filename: title ?? "document.pdf", file_data: url };
}

function toSearchResult(block: MessagesBlock, path: string, textType: string, changes: Change[]): JsonObject {
  const text = textIn(block["content"], `${path}.content`, changes);
  const head = [asString(block["title"]) ?? "", asString(block["source"]) ?? ""].filter((line) => line !== "");
  return { type: textType, text: [head.join("\n"), text].filter((part) => part !== "").join("\n\n") };
}

function titled(title: string | undefined, text: string): string {
  return title === undefined ? text : `${title}\n\n${text}`;
}

function textIn(content: unknown, path: string, changes: Change[]): string {
  if (typeof content === "string") return content;
  const blocks = Array.isArray(content) ? content : [];
  return blocks
    .map((block, index) => {
      const at = `${path}[${index}]`;
      const text = isJsonObject(block) && block["type"] === "text" ? asString(block["text"]) : undefined;
      if (text === undefined) throw refused(at, "expected a block of text");
      tellFields(block as JsonObject, FIELDS["text"] ?? new Set(), at, changes);
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
