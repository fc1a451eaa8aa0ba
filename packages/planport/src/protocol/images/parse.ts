/**
 * Checks requests of the images API. Ranges and words as in OpenAI's API reference of `images`.
 * @module
 */
import {
  checkFields,
  checkList,
  checkName,
  checkObject,
  choice,
  type FieldKind,
  type Fields,
  FLAG,
  integerFrom,
  invalid,
  TEXT,
} from "../check.ts";
import { type JsonObject, isJsonObject } from "../json.ts";
import type { ImageEditRequest, ImageReference, ImageRequest } from "./request.ts";

/** As many images as one request may bring (OpenAI's API reference, `images/edit`). */
export const MAX_INPUT_IMAGES = 16;

const SIZE = /^(?:auto|[1-9]\d{1,4}x[1-9]\d{1,4})$/;
const SIZE_KIND: FieldKind = {
  expected: "auto, or width and height in pixels such as 1024x1024",
  test: (value) => typeof value === "string" && SIZE.test(value),
};

/** Optional parameters of `POST /v1/images/generations`. */
export const IMAGE_FIELDS: Fields = {
  model: TEXT,
  n: integerFrom(1, 10),
  size: SIZE_KIND,
  quality: TEXT,
  background: choice("auto", "transparent", "opaque"),
  output_format: choice("png", "jpeg", "webp"),
  output_compression: integerFrom(0, 100),
  moderation: choice("auto", "low"),
  partial_images: integerFrom(0, 3),
  stream: FLAG,
  response_format: choice("b64_json", "url"),
  style: TEXT,
  user: TEXT,
};

/** Optional parameters of `POST /v1/images/edits`. */
export const IMAGE_EDIT_FIELDS: Fields = { ...IMAGE_FIELDS, input_fidelity: choice("low", "high") };

/**
 * Checks a request for images from words. Unknown fields are kept; the value itself is returned, not a copy.
 * @throws {RequestError} `request_invalid`; `cause.param` is the path of the field.
 */
export function parseImageRequest(value: unknown): ImageRequest {
  const request = checkObject(value, "");
  checkName(request["prompt"], "prompt");
  checkFields(request, IMAGE_FIELDS, "");
  return request as ImageRequest;
}

/**
 * Checks a request for edits, and brings its images into the one form: `image`, by which a form names them, is taken in
 * JSON too, and so is the bare URL in place of the object.
 * @throws {RequestError} `request_invalid`; `cause.param` is the path of the field.
 */
export function parseImageEditRequest(value: unknown): ImageEditRequest {
  const { image, images, mask, ...rest } = checkObject(value, "");
  checkName(rest["prompt"], "prompt");
  checkFields(rest, IMAGE_EDIT_FIELDS, "");
  if (image != null && images != null) invalid("image", "nothing beside images", image);
  const name = image == null ? "images" : "image";
  const given = image ?? images;
  if (given == null) invalid(name, `1 to ${MAX_INPUT_IMAGES} images, here or in image`, given);
  const list = name === "image" && !Array.isArray(given) ? [given] : checkList(given, name);
  if (list.length === 0 || list.length > MAX_INPUT_IMAGES)
    invalid(name, `1 to ${MAX_INPUT_IMAGES} images`, given, `${list.length}`);
  return {
    ...rest,
    prompt: rest["prompt"] as string,
    images: list.map((one, index) => toReference(one, Array.isArray(given) ? `${name}[${index}]` : name)),
    ...(mask != null && { mask: toReference(mask, "mask") }),
  };
}

function toReference(value: unknown, path: string): ImageReference {
  const reference: JsonObject = isJsonObject(value) ? value : { image_url: value };
  if (reference["file_id"] != null && reference["image_url"] == null)
    invalid(`${path}.file_id`, "image_url, since a plan has no files to refer to", reference["file_id"]);
  const at = isJsonObject(value) ? `${path}.image_url` : path;
  const url = checkName(reference["image_url"], at);
  if (!/^(?:https?:\/\/|data:image\/)/i.test(url)) invalid(at, "an http, https or data:image/… URL", url);
  return reference as ImageReference;
}
