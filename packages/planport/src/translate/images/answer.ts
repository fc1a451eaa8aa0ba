/**
 * What the backend made, read from either of its ways, and told in the words of the images API.
 * @module
 */
import { UpstreamError } from "../../errors.ts";
import type { ImageKind } from "../../protocol/images/request.ts";
import type {
  ImageCompletedEvent,
  ImageData,
  ImageFacts,
  ImagesResponse,
  ImagesUsage,
  PartialImageEvent,
} from "../../protocol/images/response.ts";
import { asNumber, asString, type JsonObject, isJsonObject } from "../../protocol/json.ts";
import type { CodexEvent } from "../../protocol/responses/event.ts";
import type { ImageJob } from "./job.ts";

/** A finished image. */
export interface MadeImage {
  /** Its bytes in base64. */
  readonly base64: string;
  /** The prompt it was made from, when that is not the client's. */
  readonly revisedPrompt: string | null;
  readonly facts: ImageFacts;
}

/** What one call made. */
export interface MadeImages {
  readonly images: readonly MadeImage[];
  /** Null when the backend did not say. */
  readonly usage: ImagesUsage | null;
}

/** A first sight of an image. */
export interface PartialImage {
  readonly base64: string;
  readonly index: number;
  readonly facts: ImageFacts;
}

/**
 * Reads the answer of the backend's image path.
 * @throws {UpstreamError} `upstream_malformed` when there is no image in it.
 */
export function readImagePathAnswer(body: JsonObject): MadeImages {
  const data: unknown[] = Array.isArray(body["data"]) ? body["data"] : [];
  const facts = factsOf(body);
  const images = data.filter(isJsonObject).flatMap((entry): MadeImage[] => {
    const base64 = asString(entry["b64_json"]);
    if (base64 === undefined || base64 === "") return [];
    return [{ base64, revisedPrompt: asString(entry["revised_prompt"]) ?? null, facts }];
  });
  if (images.length === 0)
    throw new UpstreamError("upstream_malformed", "The backend's answer to a request for an image holds none.");
  return { images, usage: usageOf(body["usage"]) };
}

/** Reads the events of a model call that makes an image. */
export interface ImageReader {
  /** The first sight that an event brings; null for all others. */
  push(event: CodexEvent): PartialImage | null;
  /**
   * What was made, once the events are over.
   * @throws {UpstreamError} `content_refused` with the model's words when it answered by them; `upstream_malformed` when
   * there is nothing.
   */
  result(): MadeImages;
}

/** Makes a reader for one model call. */
export function createImageReader(): ImageReader {
  const images: MadeImage[] = [];
  let usage: ImagesUsage | null = null;
  let words = "";
  return {
    push(event) {
      if (event.type === "response.image_generation_call.partial_image") return partialOf(event);
      const { item, response } = event as JsonObject;
      if (event.type === "response.output_item.done" && isJsonObject(item)) {
        const image = imageOf(item);
        if (image !== null) images.push(image);
        else if (item["type"] === "message") words += textOf(item);
      } else if (isJsonObject(response) && isJsonObject(response["tool_usage"]))
        usage = usageOf(response["tool_usage"]["image_gen"]) ?? usage;
      return null;
    },
    result() {
      if (images.length > 0) return { images, usage };
      if (words.trim() !== "")
        throw new UpstreamError(
          "content_refused",
          `The model made no image, and answered: ${words.trim().slice(0, 1000)}`,
        );
      throw new UpstreamError(
        "upstream_malformed",
        "The backend ended its answer without the image that was asked for.",
      );
    },
  };
}

function partialOf(event: JsonObject): PartialImage | null {
  const base64 = asString(event["partial_image_b64"]);
  if (base64 === undefined || base64 === "") return null;
  return { base64, index: asNumber(event["partial_image_index"]) ?? 0, facts: factsOf(event) };
}

function imageOf(item: JsonObject): MadeImage | null {
  const base64 = asString(item["result"]);
  if (item["type"] !== "image_generation_call" || base64 === undefined || base64 === "") return null;
  return { base64, revisedPrompt: asString(item["revised_prompt"]) ?? null, facts: factsOf(item) };
}

function textOf(message: JsonObject): string {
  const parts: unknown[] = Array.isArray(message["content"]) ? message["content"] : [];
  return parts
    .filter(isJsonObject)
    .map((part) => asString(part["text"]) ?? asString(part["refusal"]) ?? "")
    .join("");
}

const FACTS = ["size", "quality", "background", "output_format"] as const;

function factsOf(source: JsonObject): ImageFacts {
  const facts: ImageFacts = {};
  for (const name of FACTS) {
    const value = asString(source[name]);
    if (value !== undefined) facts[name] = value;
  }
  return facts;
}

function usageOf(value: unknown): ImagesUsage | null {
  return isJsonObject(value) && asNumber(value["total_tokens"]) !== undefined ? (value as ImagesUsage) : null;
}

/** What several calls cost together; null as soon as one did not say. */
export function addUsage(usages: readonly (ImagesUsage | null)[]): ImagesUsage | null {
  const known = usages.filter((usage) => usage !== null);
  if (known.length === 0 || known.length < usages.length) return null;
  return known.reduce((sum, usage) => addNumbers(sum, usage) as ImagesUsage);
}

function addNumbers(sum: JsonObject, more: JsonObject): JsonObject {
  const result: JsonObject = { ...sum };
  for (const [name, value] of Object.entries(more)) {
    const before = result[name];
    if (typeof value === "number") result[name] = value + (typeof before === "number" ? before : 0);
    else if (isJsonObject(value)) result[name] = addNumbers(isJsonObject(before) ? before : {}, value);
  }
  return result;
}

/** The whole answer. What the images are is told once, so it is that of the first. */
export function toImagesResponse(job: ImageJob, made: readonly MadeImages[], createdSeconds: number): ImagesResponse {
  const images = made.flatMap((one) => one.images).slice(0, job.n);
  const usage = addUsage(made.map((one) => one.usage));
  return {
    created: createdSeconds,
    ...images[0]?.facts,
    data: images.map((image) => toData(job, image)),
    ...(usage !== null && { usage }),
  };
}

function toData(job: ImageJob, { base64, revisedPrompt }: MadeImage): ImageData {
  return { ...bytesOf(job, base64), ...(revisedPrompt !== null && { revised_prompt: revisedPrompt }) };
}

/** The event for a first sight. What the backend does not say of it is as it was asked for. */
export function toPartialEvent(job: ImageJob, partial: PartialImage, createdSeconds: number): PartialImageEvent {
  const asked = { background: "auto", output_format: "png", quality: "auto", size: "auto", ...factsOf(job.options) };
  return {
    type: `${prefixOf(job.kind)}.partial_image`,
    ...bytesOf(job, partial.base64),
    created_at: createdSeconds,
    ...asked,
    ...partial.facts,
    partial_image_index: partial.index,
  };
}

/** The event for a finished image. */
export function toCompletedEvent(
  job: ImageJob,
  image: MadeImage,
  usage: ImagesUsage | null,
  createdSeconds: number,
): ImageCompletedEvent {
  return {
    type: `${prefixOf(job.kind)}.completed`,
    ...toData(job, image),
    created_at: createdSeconds,
    ...image.facts,
    ...(usage !== null && { usage }),
  };
}

function prefixOf(kind: ImageKind): "image_edit" | "image_generation" {
  return kind === "edits" ? "image_edit" : "image_generation";
}

function bytesOf({ asUrl }: ImageJob, base64: string): { b64_json: string } | { url: string } {
  return asUrl ? { url: `data:${imageTypeOf(base64)};base64,${base64}` } : { b64_json: base64 };
}

/** The media type of an image by its first bytes (RFC 2083 §3.1, ITU-T T.81 §B.1.1.3, RFC 9649 §2.4): what was asked for need not be what came. */
export function imageTypeOf(base64: string): string {
  if (base64.startsWith("/9j/")) return "image/jpeg";
  return base64.startsWith("UklGR") ? "image/webp" : "image/png";
}
