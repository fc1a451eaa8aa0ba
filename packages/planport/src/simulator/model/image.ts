/**
 * When the simulated model makes an image by the tool `image_generation`, and of what.
 * @module
 */
import { isJsonObject, type Item, type JsonObject } from "../../protocol/index.ts";
import { asNumber, asString } from "../../protocol/json.ts";
import type { Drawing } from "../image/draw.ts";

/** A call of the tool, which the backend itself answers. */
export interface PlannedImage {
  readonly kind: "image";
  readonly drawing: Drawing;
  /** First sights that a stream shows before. */
  readonly partials: number;
}

const ASKS = /\b(?:draw|paint|(?:make|generate|create) an? (?:image|picture))\b/i;

/** The tool when a request offers it; null when it does not. */
export function imageTool(body: JsonObject, items: readonly Item[]): JsonObject | null {
  const lists: unknown[] = [body["tools"], ...items.filter(isOffer).map((item) => item["tools"])];
  const tools: unknown[] = lists.flatMap((list) => (Array.isArray(list) ? (list as unknown[]) : []));
  return tools.filter(isJsonObject).find((tool) => tool["type"] === "image_generation") ?? null;
}

function isOffer(item: Item): boolean {
  return item.type === "additional_tools";
}

/** The image that a request asks for: by `tool_choice`, or in words. Null: none. */
export function planImage(body: JsonObject, items: readonly Item[], ask: string): PlannedImage | null {
  const tool = imageTool(body, items);
  const choice = body["tool_choice"];
  const forced = isJsonObject(choice) && choice["type"] === "image_generation";
  if (tool === null || choice === "none" || !(forced || ASKS.test(ask))) return null;
  const { type: _type, partial_images: partials, input_image_mask: mask, ...options } = tool;
  const last = items.findLast((item) => item["role"] === "user");
  const parts: unknown[] = Array.isArray(last?.["content"]) ? last["content"] : [];
  const sources = parts.filter(isJsonObject).flatMap((part) => asString(part["image_url"]) ?? []);
  const maskUrl = isJsonObject(mask) ? asString(mask["image_url"]) : undefined;
  const drawing = { prompt: ask, sources: maskUrl === undefined ? sources : [...sources, maskUrl], options };
  return { kind: "image", drawing, partials: asNumber(partials) ?? 0 };
}
