/**
 * Small pictures that are real files: the same text gives the same picture, and another text another one.
 * @module
 */
import { createHash } from "node:crypto";
import { crc32, deflateSync } from "node:zlib";

/** What to draw. */
export interface Picture {
  /** Decides the colours and the pattern. */
  readonly seed: string;
  /** In pixels. */
  readonly width: number;
  /** In pixels. */
  readonly height: number;
  /** The ground shows through. */
  readonly transparent: boolean;
  /** Cells to a side: a first sight has fewer. */
  readonly cells: number;
}

const SIGNATURE = Buffer.from("89504e470d0a1a0a", "hex");
const COLOURS = 16;

/** Draws a PNG of 16 colours (RFC 2083): coloured cells, mirrored at the middle. */
export function drawPng({ seed, width, height, transparent, cells }: Picture): Buffer {
  const digest = createHash("sha512").update(seed).digest();
  const head = Buffer.alloc(13);
  head.writeUInt32BE(width, 0);
  head.writeUInt32BE(height, 4);
  // Four bits to a pixel, each the number of a colour; deflate, no filter, not interlaced.
  head.set([4, 3, 0, 0, 0], 8);
  const palette = Buffer.concat([createHash("sha384").update(seed).digest()]).subarray(0, COLOURS * 3);
  return Buffer.concat([
    SIGNATURE,
    chunk("IHDR", head),
    chunk("PLTE", palette),
    ...(transparent ? [chunk("tRNS", Buffer.from([0]))] : []),
    chunk("IDAT", deflateSync(rowsOf(digest, width, height, cells), { level: 1 })),
    chunk("IEND", Buffer.alloc(0)),
  ]);
}

function rowsOf(digest: Buffer, width: number, height: number, cells: number): Buffer {
  const rowBytes = 1 + Math.ceil(width / 2);
  const rows = Buffer.alloc(rowBytes * height);
  let drawn = -1;
  for (let y = 0; y < height; y += 1) {
    const cellY = Math.floor((y * cells) / height);
    const start = y * rowBytes;
    if (cellY === drawn) rows.copyWithin(start, start - rowBytes, start);
    else
      for (let x = 0; x < width; x += 1) {
        const at = start + 1 + (x >> 1);
        const colour = colourOf(digest, Math.floor((x * cells) / width), cellY, cells);
        rows[at] = (rows[at] ?? 0) | (x % 2 === 0 ? colour << 4 : colour);
      }
    drawn = cellY;
  }
  return rows;
}

function colourOf(digest: Buffer, x: number, y: number, cells: number): number {
  const mirrored = Math.min(x, cells - 1 - x);
  return (digest[(y * cells + mirrored) % digest.length] ?? 0) % COLOURS;
}

/** RFC 2083 §3.2. */
function chunk(type: string, data: Buffer): Buffer {
  const typed = Buffer.concat([Buffer.from(type, "latin1"), data]);
  const frame = Buffer.alloc(8);
  frame.writeUInt32BE(data.length, 0);
  frame.writeUInt32BE(crc32(typed), 4);
  return Buffer.concat([frame.subarray(0, 4), typed, frame.subarray(4)]);
}
