/**
 * The parts of a chat message to the parts of a Responses message.
 * @module
 */
import { RequestError } from "../errors.ts";
import type { ChatContent, ChatPart } from "../protocol/chat/request.ts";
import { type JsonObject, asString, isJsonObject } from "../protocol/json.ts";
import type { Change } from "./change.ts";
import { tellLeftovers } from "./leftovers.ts";

const TEXT_FIELDS: ReadonlySet<string> = new Set(["type", "text"]);
const IMAGE_PART_FIELDS: ReadonlySet<string> = new Set(["type", "image_url"]);
const IMAGE_FIELDS: ReadonlySet<string> = new Set(["url", "detail"]);
const FILE_PART_FIELDS: ReadonlySet<string> = new Set(["type", "file"]);
const FILE_FIELDS: ReadonlySet<string> = new Set(["file_id", "filename", "file_data"]);
const REFUSAL_FIELDS: ReadonlySet<string> = new Set(["type", "refusal"]);

/** Schemes of images that the backend fetches or decodes. */
const IMAGE_URL = /^(?:https?:\/\/|data:)/i;

/**
 * Translates content. Parts written in the Responses way, and parts newer than this planport, go as they are.
 * @param textType `output_text` for what the model wrote, else `input_text`.
 * @throws {RequestError} `request_invalid` for audio, and for images that are neither a web address nor a data URL.
 */
export function toParts(
  content: ChatContent,
  path: string,
  textType: "input_text" | "output_text",
  changes: Change[],
): JsonObject[] {
  if (typeof content === "string") return [{ type: textType, text: content }];
  return content.map((part, index) => toPart(part, `${path}[${index}]`, textType, changes));
}

function toPart(part: ChatPart, path: string, textType: string, changes: Change[]): JsonObject {
  switch (part.type) {
    case "text":
      tellLeftovers(part, TEXT_FIELDS, path, changes);
      return { type: textType, text: part["text"] };
    case "image_url":
      return toImage(part, path, changes);
    case "file":
      return toFile(part, path, changes);
    case "refusal":
      tellLeftovers(part, REFUSAL_FIELDS, path, changes);
      return { type: "refusal", refusal: part["refusal"] };
    case "input_audio":
      throw new RequestError("request_invalid", `${path}: the Codex backend does not take audio.`, {
        cause: { param: path },
      });
    default:
      return part;
  }
}

function toImage(part: JsonObject, path: string, changes: Change[]): JsonObject {
  tellLeftovers(part, IMAGE_PART_FIELDS, path, changes);
  const image = isJsonObject(part["image_url"]) ? part["image_url"] : { url: part["image_url"] };
  tellLeftovers(image, IMAGE_FIELDS, `${path}.image_url`, changes);
  const url = asString(image["url"]) ?? "";
  if (!IMAGE_URL.test(url)) {
    const param = typeof part["image_url"] === "string" ? `${path}.image_url` : `${path}.image_url.url`;
    const text = `${param}: expected a URL that begins with https://, http:// or data:.`;
    throw new RequestError("request_invalid", text, { cause: { param } });
  }
  const detail = image["detail"] == null ? {} : { detail: image["detail"] };
  return { type: "input_image", image_url: url, ...detail };
}

function toFile(part: JsonObject, path: string, changes: Change[]): JsonObject {
  tellLeftovers(part, FILE_PART_FIELDS, path, changes);
  const file = isJsonObject(part["file"]) ? part["file"] : {};
  tellLeftovers(file, FILE_FIELDS, `${path}.file`, changes);
  const known = Object.entries(file).filter(([key, value]) => FILE_FIELDS.has(key) && value != null);
  return { type: "input_file", ...Object.fromEntries(known) };
}
