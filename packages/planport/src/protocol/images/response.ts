/**
 * The answers of the images API.
 * @module
 */
import type { JsonObject } from "../json.ts";
import type { ImageKind } from "./request.ts";

/** What the images cost. */
export interface ImagesUsage extends JsonObject {
  input_tokens: number;
  input_tokens_details?: JsonObject;
  output_tokens: number;
  output_tokens_details?: JsonObject;
  total_tokens: number;
}

/** What an image turned out to be, as far as the backend says. */
export interface ImageFacts {
  size?: string;
  quality?: string;
  background?: string;
  output_format?: string;
}

/** One image: its bytes in base64, or a `data:` URL that holds them. */
export interface ImageData extends JsonObject {
  b64_json?: string;
  url?: string;
  revised_prompt?: string;
}

/** A whole answer. */
export interface ImagesResponse extends JsonObject, ImageFacts {
  /** Unix seconds. */
  created: number;
  data: ImageData[];
  usage?: ImagesUsage;
}

type EventPrefix<K extends ImageKind> = K extends "edits" ? "image_edit" : "image_generation";

interface ImageEventBase extends JsonObject, ImageFacts {
  b64_json?: string;
  url?: string;
  /** Unix seconds. */
  created_at: number;
}

/** A first sight of an image. */
export interface PartialImageEvent extends ImageEventBase {
  type: `${EventPrefix<ImageKind>}.partial_image`;
  /** From 0. */
  partial_image_index: number;
}

/** An image is done. */
export interface ImageCompletedEvent extends ImageEventBase {
  type: `${EventPrefix<ImageKind>}.completed`;
  revised_prompt?: string;
  usage?: ImagesUsage;
}
