/**
 * The simulated image model: from what was asked to the pictures, and what they cost.
 * @module
 */
import type { JsonObject } from "../../protocol/index.ts";
import { asString } from "../../protocol/json.ts";
import { drawPng } from "./png.ts";

/** What is asked for. */
export interface Drawing {
  readonly prompt: string;
  /** URLs of the images to work from, and of the mask. */
  readonly sources: readonly string[];
  /** `size`, `quality`, `background` and the like, checked. */
  readonly options: JsonObject;
}

/** What the images of an answer are. */
export interface DrawingFacts extends JsonObject {
  readonly background: string;
  readonly output_format: string;
  readonly quality: string;
  readonly size: string;
}

/** What an image of 1024 by 1024 costs in tokens (platform.openai.com, "Image generation", table of costs). */
const QUALITY_TOKENS: Readonly<Record<string, number>> = { low: 272, medium: 1056, high: 4160 };
const AUTO_SIZE = "1024x1024";
const CELLS = 8;

/** `auto` gets its value here, as with the real one. */
export function factsOf({ options }: Drawing): DrawingFacts {
  const settled = (name: string, auto: string): string => {
    const value = asString(options[name]) ?? "auto";
    return value === "auto" ? auto : value;
  };
  return {
    background: settled("background", "opaque"),
    output_format: "png",
    quality: settled("quality", "medium"),
    size: settled("size", AUTO_SIZE),
  };
}

/**
 * A picture in base64.
 * @param index Which of several.
 * @param step Of a first sight, from 0: the higher, the finer. Null: the finished picture.
 */
export function draw(drawing: Drawing, index: number, step: number | null): string {
  const { size, background } = factsOf(drawing);
  const [width = 0, height = 0] = size.split("x").map(Number);
  const seed = [drawing.prompt, ...drawing.sources, String(index)].join("\n");
  const cells = step === null ? CELLS : Math.min(CELLS - 2, 2 + step * 2);
  return drawPng({ seed, width, height, transparent: background === "transparent", cells }).toString("base64");
}

/** What `count` pictures cost. */
export function imageUsage(drawing: Drawing, count: number): JsonObject {
  const { size, quality } = factsOf(drawing);
  const [width = 0, height = 0] = size.split("x").map(Number);
  const each = Math.ceil(((QUALITY_TOKENS[quality] ?? 1056) * width * height) / (1024 * 1024));
  const text = Math.ceil(drawing.prompt.length / 4);
  const seen = drawing.sources.length * 323;
  return {
    input_tokens: text + seen,
    input_tokens_details: { image_tokens: seen, text_tokens: text },
    output_tokens: each * count,
    output_tokens_details: { image_tokens: each * count, text_tokens: 0 },
    total_tokens: text + seen + each * count,
  };
}
