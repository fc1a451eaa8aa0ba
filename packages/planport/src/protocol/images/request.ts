/**
 * The requests of the images API: `POST /v1/images/generations` and `POST /v1/images/edits`.
 * @module
 */
import type { JsonObject } from "../json.ts";

/** Which of the two: an image from words alone, or from words and images. */
export type ImageKind = "generations" | "edits";

/** A request as clients send it. Unknown fields are kept. */
export interface ImageRequest extends JsonObject {
  prompt: string;
  model?: string | null;
  n?: number | null;
  /** `auto`, or width and height in pixels, such as `1536x1024`. */
  size?: string | null;
  quality?: string | null;
  background?: string | null;
  output_format?: string | null;
  /** Percent, of the formats that lose something. */
  output_compression?: number | null;
  moderation?: string | null;
  partial_images?: number | null;
  stream?: boolean | null;
  response_format?: string | null;
  style?: string | null;
  user?: string | null;
}

/** A request for an edit, whether it came as JSON or as a form: what a form uploads is a `data:` URL here. */
export interface ImageEditRequest extends ImageRequest {
  /** At least one. */
  images: ImageReference[];
  mask?: ImageReference | null;
  input_fidelity?: string | null;
}

/** An image, by where it is. */
export interface ImageReference extends JsonObject {
  /** An http, https or `data:` URL. */
  image_url: string;
}
