/**
 * A streamed answer: the backend's bytes → events → the dialect's text → the client's socket.
 *
 * The hot path is synchronous from one socket to the other: no promise, no web stream and no object of our own per event,
 * and one write per piece that the backend sent, however many events it held. A piece that holds nothing but whole deltas
 * is not even decoded: its encoder takes it as bytes (`pass`). Whatever else comes goes event by event (`push`).
 * @module
 */
import { type AnyPlanportError, UpstreamError } from "../errors.ts";
import type { OpenAIErrorBody } from "../protocol/error-body.ts";
import { peekEventType } from "../protocol/responses/peek.ts";
import type { ByteString } from "../sse/byte-string.ts";
import { createSseDecoder, type SseDecoder, type SseEvent } from "../sse/decode.ts";
import { encodeComment } from "../sse/encode.ts";
import type { CodexEvent } from "../protocol/responses/event.ts";
import type { Change, Renames, StreamReporter } from "../translate/index.ts";
import type { ByteSink, ByteStream, CodexResponse } from "../upstream/types.ts";
import type { PieceEncoding } from "./chunk-writer.ts";
import type { Exchange } from "./exchange.ts";
import { noteAnswer } from "./routes/context.ts";
import { servedHeaders } from "./served-headers.ts";
import { describeError, type ErrorContext, sendError, toStreamError } from "./send-error.ts";

/** Turns events into the text of one stream of a dialect. */
export interface StreamEncoder {
  /** The text for one event; "" when there is none. */
  push(type: string, json: string): string;
  /** The bytes to write for a chunk that begins between two events; null when it has to be taken apart. */
  pass(chunk: ByteString): ByteString | null;
  /** True once a client expects no more events. */
  readonly terminated: boolean;
  /** What ends a stream that came to its end; "" when nothing does. */
  end(): string;
  /** What ends a stream that failed. */
  fail(body: OpenAIErrorBody): string;
  /** What breaks a silence; default a comment. */
  readonly keepAlive?: string;
}

/** Options of {@link streamResponse}. */
export interface StreamOptions extends ErrorContext {
  readonly createEncoder: (reporter: StreamReporter) => StreamEncoder;
  /** Makes the call. Its failure becomes an HTTP status as long as nothing has been written. */
  readonly call: () => Promise<CodexResponse>;
  readonly keepAliveMs: number;
  readonly commitAfterMs: number;
  readonly unreadLimitMs: number;
  /** What the translation altered, for the answer's headers. Read when the backend has answered. */
  readonly changes?: readonly Change[];
  /** What this client calls the fields of the request that was made for it. */
  readonly renames?: Renames | undefined;
  /** Sees every event that is not passed on as bytes, and so all but deltas. */
  readonly onEvent?: ((type: string, json: string) => void) | undefined;
  /** Called when the answer is whole. Its end goes to the client once the promise is settled, which must be soon. */
  readonly beforeEnd?: (() => Promise<void> | null) | undefined;
}

/** Of every streamed answer. */
export const STREAM_HEADERS: Readonly<Record<string, string>> = {
  "content-type": "text/event-stream; charset=utf-8",
  "cache-control": "no-cache, no-transform",
  // Without it nginx and its like gather a stream up (nginx `proxy_buffering`).
  "x-accel-buffering": "no",
};
const KEEP_ALIVE = encodeComment("keep-alive");
/** A longer piece is no few deltas, and not worth to be looked at as a whole first. */
const MAX_PASSED_BYTES = 64 * 1024;
/** How long the backend may take to close after its last event before it is cut: a clean end keeps the connection for reuse. */
const CLOSE_AFTER_END_MS = 2000;

/** Answers with a stream. Resolves when the backend has answered or failed; the stream then goes on by itself. */
export async function streamResponse(exchange: Exchange, options: StreamOptions): Promise<void> {
  const relay = new StreamRelay(exchange, options);
  try {
    const response = await options.call();
    if (exchange.signal.aborted) response.body.cancel();
    else relay.start(response);
  } catch (error) {
    relay.onError(error);
  }
}

class StreamRelay implements ByteSink, StreamReporter {
  readonly #exchange: Exchange;
  readonly #options: StreamOptions;
  readonly #encoder: StreamEncoder;
  readonly #decoder: SseDecoder;
  #headers: Record<string, string> = STREAM_HEADERS;
  #body: ByteStream | null = null;
  #failureOf: CodexResponse["failureOf"] | null = null;
  #pending = "";
  #done = false;
  /** The answer is whole, and its end waits for what is to happen before. */
  #ending = false;
  #blocked = false;
  #lastWriteMs: number;
  #timer: NodeJS.Timeout;
  /** Runs while the answer is complete and the backend has not closed yet. */
  #closing: NodeJS.Timeout | undefined;

  constructor(exchange: Exchange, options: StreamOptions) {
    this.#exchange = exchange;
    this.#options = options;
    this.#encoder = options.createEncoder(this);
    this.#decoder = createSseDecoder({ onEvent: (event) => this.#onEvent(event) });
    this.#lastWriteMs = performance.now();
    this.#timer = this.#arm(options.commitAfterMs);
    exchange.signal.addEventListener("abort", () => this.#onClientGone(), { once: true });
  }

  start(response: CodexResponse): void {
    if (this.#done) {
      response.body.cancel();
      return;
    }
    this.#body = response.body;
    this.#failureOf = response.failureOf;
    noteAnswer(this.#exchange, response);
    const { changes, renames } = this.#options;
    this.#headers = { ...servedHeaders(this.#exchange, response, changes, renames), ...STREAM_HEADERS };
    this.#exchange.reply.onDrain = () => this.#onDrain();
    response.body.pipe(this);
  }

  onBytes(bytes: Uint8Array): void {
    if (this.#done || this.#ending || this.#pass(bytes)) return;
    try {
      this.#decoder.feed(bytes);
    } catch (error) {
      this.onError(error);
      return;
    }
    if (this.#encoder.terminated) this.#finish();
    else if (this.#pending !== "") this.#flush();
  }

  onEnd(): void {
    clearTimeout(this.#closing);
    if (this.#done || this.#ending) return;
    try {
      this.#decoder.end();
    } catch (error) {
      this.onError(error);
      return;
    }
    if (this.#encoder.terminated) this.#finish();
    else this.onError(endedEarly());
  }

  /** Before the first byte a status, after it the dialect's own error event; either way a defined end. */
  onError(thrown: unknown): void {
    clearTimeout(this.#closing);
    if (this.#done || this.#ending) return;
    const { reply } = this.#exchange;
    const error = this.#body === null ? thrown : toStreamError(thrown);
    if (!reply.begun && this.#pending === "") {
      this.#close();
      this.#body?.cancel();
      sendError(this.#exchange, error, this.#options);
      return;
    }
    this.#pending += this.#encoder.fail(describeError(this.#exchange, error, this.#options).body);
    const last = this.#take();
    this.#close();
    this.#body?.cancel();
    reply.end(last);
  }

  failed(event: CodexEvent): OpenAIErrorBody {
    const error =
      this.#failureOf?.(event) ?? new UpstreamError("upstream_failed", "The backend gave up on this answer.");
    return describeError(this.#exchange, error, this.#options).body;
  }

  skipped(type: string): void {
    const { requestId } = this.#exchange;
    this.#options.logger.warn("http.event_not_json", { requestId, type: type.slice(0, 100) });
  }

  /** True when the bytes were dealt with as a whole. The decoder never sees them, and stands where it stood: between events. */
  #pass(bytes: Uint8Array): boolean {
    if (!this.#decoder.betweenEvents || bytes.length > MAX_PASSED_BYTES || !this.#exchange.reply.begun) return false;
    const passed = this.#encoder.pass(toBuffer(bytes).toString("latin1"));
    if (passed === null) return false;
    this.#write(passed, "latin1");
    return true;
  }

  #onEvent(event: SseEvent): void {
    // Whatever the backend says after the end is not part of the answer.
    if (this.#encoder.terminated) return;
    const type = event.event ?? peekEventType(event.data) ?? "";
    this.#pending += this.#encoder.push(type, event.data);
    this.#options.onEvent?.(type, event.data);
  }

  #flush(): void {
    this.#write(this.#take(), "utf8");
  }

  /** What is to be written, to an answer that has begun. */
  #take(): string {
    const { reply } = this.#exchange;
    if (!reply.begun) {
      reply.begin(200, this.#headers);
      clearTimeout(this.#timer);
      this.#timer = this.#arm(this.#options.keepAliveMs);
    }
    const text = this.#pending;
    this.#pending = "";
    return text;
  }

  #write(piece: string, encoding: PieceEncoding): void {
    this.#lastWriteMs = performance.now();
    if (this.#exchange.reply.write(piece, encoding) || this.#blocked) return;
    this.#blocked = true;
    this.#body?.pause();
  }

  #onDrain(): void {
    if (!this.#blocked) return;
    this.#blocked = false;
    if (!this.#done) this.#body?.resume();
  }

  #finish(): void {
    const before = this.#options.beforeEnd?.() ?? null;
    if (before === null) {
      this.#complete();
      return;
    }
    this.#ending = true;
    const complete = (): void => {
      if (!this.#done) this.#complete();
    };
    before.then(complete, complete);
  }

  #complete(): void {
    this.#pending += this.#encoder.end();
    const last = this.#take();
    this.#close();
    this.#exchange.reply.end(last);
    const body = this.#body;
    // The rest of the body is empty, or nearly: let it end by itself. It may do so right in `resume`.
    this.#closing = setTimeout(() => body?.cancel(), CLOSE_AFTER_END_MS).unref();
    body?.resume();
  }

  #onClientGone(): void {
    if (this.#done) return;
    this.#close();
    this.#body?.cancel();
  }

  #close(): void {
    this.#done = true;
    clearTimeout(this.#timer);
    this.#exchange.reply.onDrain = null;
  }

  /** One timer, set anew only when it fires: a chunk costs a clock reading and no more. */
  #arm(delayMs: number): NodeJS.Timeout {
    return setTimeout(() => this.#onTimer(), delayMs).unref();
  }

  #onTimer(): void {
    if (this.#ending) return;
    const { keepAliveMs, unreadLimitMs } = this.#options;
    const silentMs = performance.now() - this.#lastWriteMs;
    const isDue = !this.#exchange.reply.begun || silentMs >= keepAliveMs;
    this.#timer = this.#arm(isDue ? keepAliveMs : keepAliveMs - silentMs);
    if (!isDue) return;
    if (this.#blocked) {
      // A client that does not read needs no keep-alive: more would only pile up.
      if (silentMs >= unreadLimitMs) this.#exchange.reply.destroy();
      return;
    }
    this.#pending = (this.#encoder.keepAlive ?? KEEP_ALIVE) + this.#pending;
    this.#flush();
  }
}

function toBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function endedEarly(): AnyPlanportError {
  return new UpstreamError("stream_interrupted", "The backend ended its answer before it was complete.");
}
