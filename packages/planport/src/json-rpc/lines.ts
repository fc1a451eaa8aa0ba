/**
 * Framing: one message a line.
 * @module
 */

/** Where whole lines go. */
export interface LineEvents {
  /** A line without its end. */
  onLine(line: string): void;
  /** A line was longer than it may be, and was dropped. */
  onTooLong(): void;
}

const NEWLINE = 0x0a;
const RETURN = 0x0d;

/** Cuts bytes into lines of UTF-8, ended by `\n` or `\r\n`. Keeps no more than one line of at most `maxBytes`. */
export class LineCutter {
  readonly #events: LineEvents;
  readonly #maxBytes: number;
  #parts: Uint8Array[] = [];
  #bytes = 0;
  #isDropping = false;

  constructor(events: LineEvents, maxBytes: number) {
    this.#events = events;
    this.#maxBytes = maxBytes;
  }

  /** Takes what has arrived. */
  push(chunk: Uint8Array): void {
    let start = 0;
    for (;;) {
      const end = chunk.indexOf(NEWLINE, start);
      this.#keep(chunk.subarray(start, end < 0 ? chunk.length : end));
      if (end < 0) return;
      this.#finish();
      start = end + 1;
    }
  }

  /** The input has ended: what is left is a line, too. */
  end(): void {
    if (this.#bytes > 0 || this.#isDropping) this.#finish();
  }

  #keep(part: Uint8Array): void {
    if (this.#isDropping || part.length === 0) return;
    this.#bytes += part.length;
    if (this.#bytes > this.#maxBytes) {
      this.#isDropping = true;
      this.#parts = [];
      this.#events.onTooLong();
    } else this.#parts.push(part);
  }

  #finish(): void {
    const line = this.#isDropping ? null : Buffer.concat(this.#parts);
    this.#parts = [];
    this.#bytes = 0;
    this.#isDropping = false;
    if (line === null) return;
    this.#events.onLine(line.toString("utf8", 0, line.at(-1) === RETURN ? line.length - 1 : line.length));
  }
}
