/** Takes a PNG apart by the letter (RFC 2083), so that nothing passes that an image viewer would not show. */
import { crc32, inflateSync } from "node:zlib";

export interface Png {
  readonly width: number;
  readonly height: number;
  readonly transparent: boolean;
  /** Numbers of colours, row by row. */
  readonly pixels: Uint8Array;
}

export function decodePng(file: Buffer): Png {
  if (file.subarray(0, 8).toString("hex") !== "89504e470d0a1a0a") throw new Error("no PNG");
  const chunks = new Map<string, Buffer>();
  let at = 8;
  while (at < file.length) {
    const length = file.readUInt32BE(at);
    const typed = file.subarray(at + 4, at + 8 + length);
    if (crc32(typed) !== file.readUInt32BE(at + 8 + length)) throw new Error("a checksum is wrong");
    chunks.set(typed.toString("latin1", 0, 4), typed.subarray(4));
    at += 12 + length;
  }
  if (at !== file.length || [...chunks.keys()].at(-1) !== "IEND") throw new Error("the end is not the end");
  const head = chunks.get("IHDR");
  const palette = chunks.get("PLTE");
  const data = chunks.get("IDAT");
  if (head?.length !== 13 || palette === undefined || data === undefined) throw new Error("a chunk is missing");
  if (head.toString("hex", 8) !== "0403000000") throw new Error("not four bits with a palette");
  const width = head.readUInt32BE(0);
  const height = head.readUInt32BE(4);
  const rowBytes = 1 + Math.ceil(width / 2);
  const rows = inflateSync(data);
  if (rows.length !== rowBytes * height) throw new Error("the data is not as long as the picture");
  const pixels = new Uint8Array(width * height);
  for (let y = 0; y < height; y += 1) {
    if (rows[y * rowBytes] !== 0) throw new Error("a filter");
    for (let x = 0; x < width; x += 1) {
      const pair = rows[y * rowBytes + 1 + (x >> 1)] ?? 0;
      const colour = x % 2 === 0 ? pair >> 4 : pair & 15;
      if (colour * 3 >= palette.length) throw new Error("a colour that is not there");
      pixels[y * width + x] = colour;
    }
  }
  return { width, height, transparent: chunks.has("tRNS"), pixels };
}
