/**
 * Bodies that are at hand as a whole.
 * @module
 */
import { Buffer } from "node:buffer";
import { UpstreamError } from "../../errors.ts";
import type { ByteSink, ByteStream } from "../types.ts";

/** A body of these bytes. */
export function streamOf(bytes: Uint8Array): ByteStream {
  return new WholeBody(bytes);
}

class WholeBody implements ByteStream {
  #sink: ByteSink | null = null;
  /** Null once they are handed over. */
  #bytes: Uint8Array | null;
  #paused = false;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes.length > 0 ? bytes : null;
  }

  pipe(sink: ByteSink): void {
    this.#sink = sink;
    this.#flow();
  }

  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    this.#paused = false;
    this.#flow();
  }

  cancel(): void {
    this.#sink = null;
  }

  /** The sink may pause or cancel from within `onBytes`. */
  #flow(): void {
    if (this.#paused) return;
    const bytes = this.#bytes;
    this.#bytes = this.#sink === null ? bytes : null;
    if (bytes !== null) this.#sink?.onBytes(bytes);
    if (this.#paused) return;
    const sink = this.#sink;
    this.#sink = null;
    sink?.onEnd();
  }
}

/**
 * Reads a body to its end.
 * @throws {UpstreamError} `upstream_malformed` when it is longer than `maxBytes`; what ended it otherwise.
 */
export function bytesOf(body: ByteStream, maxBytes: number): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    body.pipe({
      onBytes(bytes) {
        size += bytes.length;
        chunks.push(Buffer.from(bytes)); // A copy: they are lent for this call alone.
        if (size <= maxBytes) return;
        body.cancel();
        reject(new UpstreamError("upstream_malformed", `The backend's answer has more than ${maxBytes} bytes.`));
      },
      onEnd: () => resolve(Buffer.concat(chunks, size)),
      onError: reject,
    });
  });
}
