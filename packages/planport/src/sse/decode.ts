/**
 * Bytes of a `text/event-stream` to events, in push style: what is fed comes out through a callback in the same
 * call, so a hot path has no promise and no stream hop per event.
 * Rules: WHATWG HTML §9.2.6 (event stream interpretation).
 * @module
 */
import { createParser } from "eventsource-parser";
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
  const maxEventChars = options.maxEventChars ?? DEFAULT_MAX_EVENT_CHARS;
  const decode = createUtf8Decoder();
  let overflow = false;
  let [byteBefore, lastByte] = [0, 0];
  const parser = createParser({
    maxBufferSize: maxEventChars,
    onEvent: options.onEvent,
    ...(options.onComment && { onComment: options.onComment }),
    onError: (error) => {
      if (error.type === "max-buffer-size-exceeded") overflow = true;
    },
  });
  return {
    get betweenEvents() {
      return lastByte === LF && byteBefore === LF;
    },
    feed(bytes) {
      const { length } = bytes;
      if (length === 0) return;
      byteBefore = length === 1 ? lastByte : (bytes[length - 2] ?? 0);
      lastByte = bytes[length - 1] ?? 0;
      parser.feed(decode(bytes));
      if (overflow)
        throw new UpstreamError(
          "upstream_malformed",
          `The backend sent one event of more than ${maxEventChars} characters.`,
        );
    },
    end() {
      // The parser holds a final CR back, since a LF of the same line end could follow; giving it that LF lets it decide.
      if (lastByte === CR) parser.feed("\n");
    },
  };
}
