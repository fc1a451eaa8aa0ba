/**
 * Bytes of a `text/event-stream` to events, in push style: what is fed comes out through a callback in the same
 * call, so a hot path has no promise and no stream hop per event.
 * Rules: WHATWG HTML §9.2.6 (event stream interpretation).
 * @module
 */
import { createParser, type EventSourceParser } from "eventsource-parser";
import { UpstreamError } from "../errors.ts";
import { createUtf8Decoder } from "./utf8.ts";

/** One server-sent event. */
export interface SseEvent {
  /** The `event:` field; undefined when the stream did not name one. */
  readonly event?: string | undefined;
  /** The `data:` lines joined by `\n`. */
  readonly data: string;
}

/** Options of {@link createSseDecoder}. */
export interface SseDecoderOptions {
  /** Called once for each whole event, synchronously from `feed` or `end`. */
  readonly onEvent: (event: SseEvent) => void;
  /** Called for comment lines (`: ping`), without the colon. */
  readonly onComment?: (comment: string) => void;
  /** Longest event in UTF-16 code units before the stream counts as malformed. Responses events carry images, so it is high. */
  readonly maxEventChars?: number;
}

/** A decoder of one stream. */
export interface SseDecoder {
  /**
   * Takes the next bytes, cut anywhere.
   * @throws {UpstreamError} `upstream_malformed` when one event outgrows `maxEventChars`.
   */
  feed(bytes: Uint8Array): void;
  /**
   * True right after a blank line: nothing is pending, and the next byte begins an event. Whoever then finds that the next
   * bytes are whole events may deal with them himself and not feed them at all.
   */
  readonly betweenEvents: boolean;
  /** Says that no more bytes come. An event without its closing blank line is dropped, as the standard wants. */
  end(): void;
}

const DEFAULT_MAX_EVENT_CHARS = 64 * 1024 * 1024;
const LF = 10;
const CR = 13;

/** Makes a decoder. Any way of cutting the bytes gives the same events. */
export function createSseDecoder(options: SseDecoderOptions): SseDecoder {
  return new Decoder(options);
}

class Decoder implements SseDecoder {
  betweenEvents = false;
  readonly #maxEventChars: number;
  readonly #decode = createUtf8Decoder();
  readonly #parser: EventSourceParser;
  #overflow = false;
  #lastByte = 0;

  constructor(options: SseDecoderOptions) {
    this.#maxEventChars = options.maxEventChars ?? DEFAULT_MAX_EVENT_CHARS;
    this.#parser = createParser({
      maxBufferSize: this.#maxEventChars,
      onEvent: options.onEvent,
      ...(options.onComment && { onComment: options.onComment }),
      onError: (error) => {
        if (error.type === "max-buffer-size-exceeded") this.#overflow = true;
      },
    });
  }

  feed(bytes: Uint8Array): void {
    const { length } = bytes;
    if (length === 0) return;
    const byteBefore = length === 1 ? this.#lastByte : bytes[length - 2];
    this.#lastByte = bytes[length - 1] ?? 0;
    this.betweenEvents = this.#lastByte === LF && byteBefore === LF;
    this.#parser.feed(this.#decode(bytes));
    if (this.#overflow)
      throw new UpstreamError(
        "upstream_malformed",
        `The backend sent one event of more than ${this.#maxEventChars} characters.`,
      );
  }

  end(): void {
    // The parser holds a final CR back, since a LF of the same line end could follow; giving it that LF lets it decide.
    if (this.#lastByte === CR) this.#parser.feed("\n");
  }
}
