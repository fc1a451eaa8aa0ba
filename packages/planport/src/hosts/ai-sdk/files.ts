/**
 * Files of the AI SDK as parts of a Responses message.
 * @module
 */
import { RequestError } from "../../errors.ts";
import type { ContentPart } from "../../protocol/responses/item.ts";
import { readOwn } from "./own-metadata.ts";
import type { FilePart, OutputPart } from "./types.ts";

/** What the backend fetches by itself, as planport's other ways in have it. */
export const SUPPORTED_URLS: Record<string, RegExp[]> = {
  "image/*": [/^https?:\/\/.*$/],
  "application/pdf": [/^https?:\/\/.*$/],
};

/**
 * A file of a message: an image, a text (ai 7), or any other file, which the backend judges.
 * @param path Where it stands, for the message of an error.
 * @throws {RequestError} `request_invalid` for audio and video, and for references to files that somebody else keeps.
 */
export function toFilePart(part: FilePart, path: string): ContentPart {
  const { data, mediaType } = part;
  if (typeof data === "object" && "type" in data && !(data instanceof Uint8Array)) {
    if (data.type !== "text" || data.text === undefined) throw refused(path, `the Codex backend keeps no files`);
    return { type: "input_text", text: data.text };
  }
  const [kind] = mediaType.split("/");
  if (kind === "audio" || kind === "video") throw refused(path, `the Codex backend does not take ${mediaType}`);
  const url = toUrl(data, mediaType);
  if (kind !== "image") return toFile(url, part.filename);
  const { imageDetail } = readOwn(part.providerOptions);
  return { type: "input_image", image_url: url, ...(typeof imageDetail === "string" && { detail: imageDetail }) };
}

/**
 * A piece of a tool's output.
 * @throws {RequestError} as {@link toFilePart}.
 */
export function toOutputPart(part: OutputPart, path: string): ContentPart {
  const { type, text, data, url, mediaType = type.startsWith("image") ? "image/*" : "application/pdf" } = part;
  if (type === "text") return { type: "input_text", text: text ?? "" };
  const given = data ?? url;
  if (given === undefined) throw refused(path, `the Codex backend does not take tool output of type ${type}`);
  return toFilePart({ ...part, type: "file", mediaType, data: url === undefined ? given : new URL(url) }, path);
}

function toFile(url: string, filename: string | undefined): ContentPart {
  const name = filename === undefined ? {} : { filename };
  if (!url.startsWith("data:")) return { type: "input_file", file_url: url };
  // Without a name it is not taken.
  return { type: "input_file", filename: "file", ...name, file_data: url };
}

function toUrl(data: Uint8Array | string | URL, mediaType: string): string {
  if (data instanceof URL) return data.href;
  if (typeof data === "string" && /^(?:https?:|data:)/i.test(data)) return data;
  const base64 = typeof data === "string" ? data : Buffer.from(data).toString("base64");
  return `data:${/^image(?:\/\*)?$/.test(mediaType) ? imageTypeOf(base64) : mediaType};base64,${base64}`;
}

/** Beginnings of files, in base64 (as far as they are the same for all files of the kind). */
const BEGINNINGS: Readonly<Record<string, string>> = {
  iVBORw0KGg: "image/png",
  R0lGOD: "image/gif",
  UklGR: "image/webp",
};

/** An image of a kind that nobody knows is most likely a photograph. */
function imageTypeOf(base64: string): string {
  return Object.entries(BEGINNINGS).find(([beginning]) => base64.startsWith(beginning))?.[1] ?? "image/jpeg";
}

function refused(param: string, why: string): RequestError<"request_invalid"> {
  return new RequestError("request_invalid", `${param}: ${why}.`, { cause: { param } });
}
