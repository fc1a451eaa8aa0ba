/**
 * Pictures on this machine that a person sends along.
 * @module
 */
import { readFile } from "node:fs/promises";
import { extname } from "node:path";
import type { UserInput } from "../items.ts";

const MEDIA_TYPES: Readonly<Record<string, string>> = {
  ".png": "image/png",
  ".jpg": "image/jpeg",
  ".jpeg": "image/jpeg",
  ".gif": "image/gif",
  ".webp": "image/webp",
};

/** Reads the local pictures of an input as `data:` URLs, by path. One that cannot be read is left out. */
export async function readImages(input: readonly UserInput[]): Promise<ReadonlyMap<string, string>> {
  const images = new Map<string, string>();
  for (const part of input) {
    if (part.type !== "localImage" || typeof part.path !== "string") continue;
    const type = MEDIA_TYPES[extname(part.path).toLowerCase()];
    if (type === undefined) continue;
    try {
      images.set(part.path, `data:${type};base64,${(await readFile(part.path)).toString("base64")}`);
    } catch {
      // The model is told that it could not be read.
    }
  }
  return images;
}
