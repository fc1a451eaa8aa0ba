/**
 * What is refused about the options of an image, wherever they stand (OpenAI's API reference of `images` and of the tool
 * `image_generation`). PNG is all that can be drawn here: another format is refused rather than faked.
 * @module
 */
import type { JsonObject } from "../../protocol/index.ts";
import { isJsonObject } from "../../protocol/index.ts";
import { invalid, type Refusal, unsupportedValue } from "../backend/refusal.ts";

const WORDS: Readonly<Record<string, readonly string[]>> = {
  quality: ["low", "medium", "high", "auto"],
  background: ["transparent", "opaque", "auto"],
  output_format: ["png"],
  moderation: ["low", "auto"],
  input_fidelity: ["high", "low"],
  response_format: ["url", "b64_json"],
};
const RANGES: Readonly<Record<string, readonly [min: number, max: number]>> = {
  n: [1, 10],
  output_compression: [0, 100],
  partial_images: [0, 3],
};
const MAX_EDGE = 3840;

/** Refuses the first option that is unknown or out of its range. `at` stands in front of each name. */
export function checkImageOptions(options: JsonObject, known: ReadonlySet<string>, at = ""): Refusal | null {
  for (const [name, value] of Object.entries(options)) {
    const param = at + name;
    if (!known.has(name)) return invalid(`Unknown parameter: '${param}'.`, param, "unknown_parameter");
    if (value === null) continue;
    const words = WORDS[name];
    if (words !== undefined && !words.includes(value as string)) return unsupportedValue(value, words, param);
    const range = RANGES[name];
    if (range !== undefined && !isWithin(value, range))
      return invalid(
        `Invalid '${param}': expected an integer from ${range[0]} to ${range[1]}.`,
        param,
        "invalid_value",
      );
    if (name === "size" && !isSize(value))
      return invalid(`Invalid size ${JSON.stringify(value)}. Expected 'auto' or WIDTHxHEIGHT.`, param, "invalid_value");
    if ((name === "model" || name === "user") && typeof value !== "string")
      return invalid(`Invalid type for '${param}': expected a string.`, param, "invalid_type");
    if (name === "stream" && typeof value !== "boolean")
      return invalid(`Invalid type for '${param}': expected a boolean.`, param, "invalid_type");
  }
  if (options["output_compression"] != null)
    return invalid("Compression is not supported for png.", `${at}output_compression`, "invalid_value");
  return null;
}

/** Refuses a prompt that is none. */
export function checkPrompt(prompt: unknown): Refusal | null {
  if (prompt === undefined || prompt === null || prompt === "")
    return invalid("Missing required parameter: 'prompt'.", "prompt", "missing_required_parameter");
  return typeof prompt === "string"
    ? null
    : invalid("Invalid type for 'prompt': expected a string.", "prompt", "invalid_type");
}

/** The URLs of `images` (each `{"image_url": …}`), or the refusal of one that cannot be read. */
export function readImageUrls(images: unknown): Refusal | readonly string[] {
  if (!Array.isArray(images) || images.length === 0)
    return invalid("Missing required parameter: 'images'.", "images", "missing_required_parameter");
  const urls: string[] = [];
  for (const [index, image] of images.entries()) {
    const url: unknown = isJsonObject(image) ? image["image_url"] : undefined;
    const param = `images[${index}].image_url`;
    if (typeof url !== "string")
      return invalid(`Missing required parameter: '${param}'.`, param, "missing_required_parameter");
    if (!isReadable(url))
      return invalid("The image data you provided does not represent a valid image.", param, "invalid_image");
    urls.push(url);
  }
  return urls;
}

/** Images elsewhere are not fetched; those within have to be what they say. */
export function isReadable(url: string): boolean {
  if (/^https?:\/\//i.test(url)) return true;
  const [, type, base64] = /^data:image\/(png|jpeg|webp|gif);base64,([\w+/]+={0,2})$/.exec(url) ?? [];
  if (type === undefined || base64 === undefined) return false;
  const bytes = Buffer.from(base64, "base64").toString("latin1");
  if (type === "png") return bytes.startsWith("\u0089PNG\r\n\u001a\n");
  if (type === "jpeg") return bytes.startsWith("\u00ff\u00d8\u00ff");
  return bytes.startsWith(type === "gif" ? "GIF8" : "RIFF");
}

function isWithin(value: unknown, [min, max]: readonly [number, number]): boolean {
  return typeof value === "number" && Number.isInteger(value) && value >= min && value <= max;
}

function isSize(value: unknown): boolean {
  if (value === "auto") return true;
  const [, width, height] = /^(\d{2,4})x(\d{2,4})$/.exec(String(value)) ?? [];
  return width !== undefined && Number(width) <= MAX_EDGE && Number(height) <= MAX_EDGE;
}
