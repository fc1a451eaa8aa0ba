/**
 * Where the body of an HTTP/1.1 answer ends (RFC 9112 §6), for bytes cut anywhere.
 * @module
 */

/** How the end of a body is known. */
export type Framing =
  | { readonly kind: "none" }
  | { readonly kind: "chunked" }
  | { readonly kind: "length"; readonly bytes: number }
  | { readonly kind: "close" };

/** Gets what `bytes` hold of the body. */
export type OnRun = (bytes: Uint8Array, start: number, end: number) => void;

/** Reads one body. */
export interface BodyReader {
  /**
   * Takes the bytes from `start` to `end` and hands out what of them is body, in one run. The bytes are the reader's: it may
   * move those between `start` and `end`.
   * @returns Where it stopped: `end`, or earlier when the body is complete.
   * @throws {FramingError} when the bytes are not framed as HTTP wants it.
   */
  feed(bytes: Uint8Array, start: number, end: number, onRun: OnRun): number;
  readonly complete: boolean;
  /** True when a closed connection is how this body ends. */
  readonly endsWithConnection: boolean;
}

/** The server broke the rules of HTTP/1.1; the connection is of no further use. */
export class FramingError extends Error {
  override readonly name = "FramingError";
  readonly code = "ERR_HTTP_FRAMING";
}

/** Makes the reader for a framing. */
export function createBodyReader(framing: Framing): BodyReader {
  if (framing.kind === "chunked") return new ChunkedReader();
  if (framing.kind === "close") return new UntilCloseReader();
  return new LengthReader(framing.kind === "length" ? framing.bytes : 0);
}

class LengthReader implements BodyReader {
  readonly endsWithConnection = false;
  #left: number;

  constructor(bytes: number) {
    this.#left = bytes;
  }

  get complete(): boolean {
    return this.#left === 0;
  }

  feed(bytes: Uint8Array, start: number, end: number, onRun: OnRun): number {
    const stop = Math.min(end, start + this.#left);
    this.#left -= stop - start;
    if (stop > start) onRun(bytes, start, stop);
    return stop;
  }
}

class UntilCloseReader implements BodyReader {
  readonly complete = false;
  readonly endsWithConnection = true;

  feed(bytes: Uint8Array, start: number, end: number, onRun: OnRun): number {
    if (end > start) onRun(bytes, start, end);
    return end;
  }
}

const LF = 10;
const CR = 13;
const SEMICOLON = 59;
const SPACE = 32;
const TAB = 9;
/** More hexadecimal digits than any chunk needs, and few enough that the size stays an exact number. */
const MAX_SIZE_DIGITS = 12;
/** Chunk extensions and trailers are read past; this much of them is more than anyone sends. */
const MAX_SKIPPED_BYTES = 16 * 1024;

/**
 * RFC 9112 §7.1. `size`: in the digits; `extension`: after them; `data`: in the chunk; `dataEnd`: at its line end;
 * `trailer`: at the start of a trailer line, `trailerLine` within one.
 */
type ChunkState = "size" | "extension" | "data" | "dataEnd" | "trailer" | "trailerLine" | "end";

class ChunkedReader implements BodyReader {
  readonly endsWithConnection = false;
  #state: ChunkState = "size";
  #left = 0;
  #digits = 0;
  #skipped = 0;
  /** The last byte was a CR whose LF has to follow. */
  #carriage = false;

  get complete(): boolean {
    return this.#state === "end";
  }

  /**
   * On a busy machine one read holds many chunks. They are joined where they lie, because what follows costs by the run: each
   * one ends in a write to a client. What came before a fault is handed out before the fault is thrown.
   */
  feed(bytes: Uint8Array, start: number, end: number, onRun: OnRun): number {
    let at = start;
    let runStart = start;
    let runLength = 0;
    try {
      while (at < end && this.#state !== "end") {
        if (this.#state === "data") {
          const stop = Math.min(end, at + this.#left);
          this.#left -= stop - at;
          if (this.#left === 0) this.#state = "dataEnd";
          if (runLength === 0) runStart = at;
          else bytes.copyWithin(runStart + runLength, at, stop);
          runLength += stop - at;
          at = stop;
        } else this.#control(bytes[at++] as number);
      }
    } finally {
      if (runLength > 0) onRun(bytes, runStart, runStart + runLength);
    }
    return at;
  }

  /** Takes one byte that is not body. */
  #control(byte: number): void {
    if (this.#carriage && byte !== LF) throw new FramingError("a CR without LF in chunked framing");
    if (byte === CR) {
      this.#carriage = true;
      return;
    }
    // A LF alone is no line end here: a proxy that takes it for one sees another message than we do.
    if (byte === LF && !this.#carriage) throw new FramingError("a LF without CR in chunked framing");
    this.#carriage = false;
    switch (this.#state) {
      case "size":
        this.#size(byte);
        break;
      case "extension":
        if (byte === LF) this.#beginChunk();
        else this.#skip();
        break;
      case "dataEnd":
        if (byte !== LF) throw new FramingError("a chunk longer than its size");
        this.#state = "size";
        break;
      case "trailer":
        this.#state = byte === LF ? "end" : "trailerLine";
        this.#skip();
        break;
      case "trailerLine":
        if (byte === LF) this.#state = "trailer";
        else this.#skip();
        break;
      case "data":
      case "end":
        break; // Not reached: `feed` sees to these.
    }
  }

  #size(byte: number): void {
    const digit = hexDigit(byte);
    if (digit >= 0) {
      if (++this.#digits > MAX_SIZE_DIGITS) throw new FramingError("a chunk size without end");
      this.#left = this.#left * 16 + digit;
      return;
    }
    if (this.#digits === 0) throw new FramingError("a chunk without a size");
    if (byte === LF) this.#beginChunk();
    else if (byte === SEMICOLON || byte === SPACE || byte === TAB) this.#state = "extension";
    else throw new FramingError("a chunk size that is no hexadecimal number");
  }

  #beginChunk(): void {
    this.#digits = 0;
    this.#skipped = 0; // The bound is on one line or the trailers: a long stream may have an extension on every chunk.
    this.#state = this.#left === 0 ? "trailer" : "data";
  }

  #skip(): void {
    if (++this.#skipped > MAX_SKIPPED_BYTES) throw new FramingError("chunk extensions or trailers without end");
  }
}

function hexDigit(byte: number): number {
  if (byte >= 48 && byte <= 57) return byte - 48;
  const lower = byte | 32;
  return lower >= 97 && lower <= 102 ? lower - 87 : -1;
}
