/**
 * One HTTP request for a stream, up to its first meaningful event.
 * @module
 */
import { Buffer } from "node:buffer";
import type { Dispatcher } from "undici";
import type { StreamDispatcher } from "../net/types.ts";
import { type CredentialError, UpstreamError, type UpstreamFailure } from "../errors.ts";
import { toConnectionError } from "../net/connection-error.ts";
import { BodyStream, type ByteSource } from "./byte-stream.ts";
import { type FailureContext, failureFromEvent, failureFromHttp } from "./failure.ts";
import { looksLikeHtml } from "./failure-body.ts";
import { createFirstEventProbe, type FirstEventProbe } from "./first-event.ts";
import { IdleTimer } from "./idle-timer.ts";
import { cancelled } from "./retry.ts";

/** What is left of a call's time. */
export interface TimeLimit {
  /** From the call's beginning, for the message. */
  readonly limitMs: number;
  readonly leftMs: number;
}

/** What one attempt sends. */
export interface AttemptRequest {
  readonly dispatcher: StreamDispatcher;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** JSON text. */
  readonly body: string;
  /** Longest silence of the backend, from here to the end of the stream. */
  readonly idleTimeoutMs: number;
  /** How long it all may take, from here to the end of the stream; null when there is no such limit. */
  readonly total: TimeLimit | null;
  readonly signal: AbortSignal | undefined;
  /** Read when something fails, for the error's message. */
  readonly failureContext: () => FailureContext;
}

/** A stream that has begun well. */
export interface OpenedStream {
  readonly status: number;
  /** Names in lower case; without `set-cookie`. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: BodyStream;
}

/** An error's body is read so far, and then the connection is closed. */
const MAX_ERROR_BYTES = 64 * 1024;
/** What may come before the first meaningful event. It is high: the events that say that work began repeat the request. */
const MAX_PREAMBLE_BYTES = 8 * 1024 * 1024;
/** System codes as they end a stream, in words. */
const CUT_REASONS: Readonly<Record<string, string>> = {
  ECONNRESET: " (the connection was reset)",
  EPIPE: " (the connection was closed)",
  ETIMEDOUT: " (the connection timed out)",
  UND_ERR_SOCKET: " (the connection was closed)",
};

/**
 * Sends, and waits until the stream shows its first event beyond the preamble. The bytes read so far are replayed.
 * @throws {UpstreamError | CredentialError} typed by what the backend answered, also inside of a 200.
 * @throws {RequestError} `cancelled`
 */
export function openStream(request: AttemptRequest): Promise<OpenedStream> {
  return new Promise((resolve, reject) => {
    if (request.signal?.aborted === true) {
      reject(cancelled());
      return;
    }
    new Attempt(request, resolve, reject).start();
  });
}

/** The handler of undici's dispatch interface. `#phase` says who gets the bytes. */
class Attempt implements Dispatcher.DispatchHandler, ByteSource {
  readonly #request: AttemptRequest;
  readonly #resolve: (stream: OpenedStream) => void;
  readonly #reject: (error: Error) => void;
  readonly #idle: IdleTimer;
  #phase: "head" | "probing" | "failing" | "streaming" | "over" = "head";
  #controller: Dispatcher.DispatchController | null = null;
  #status = 0;
  #headers: Record<string, string> = {};
  #chunks: Uint8Array[] = [];
  #bytes = 0;
  #probe: FirstEventProbe = createFirstEventProbe();
  #stream: BodyStream | null = null;
  #onAbort: (() => void) | null = null;
  #abortReason: Error | null = null;
  #limit: NodeJS.Timeout | undefined;

  constructor(request: AttemptRequest, resolve: (stream: OpenedStream) => void, reject: (error: Error) => void) {
    this.#request = request;
    this.#resolve = resolve;
    this.#reject = reject;
    this.#idle = new IdleTimer(request.idleTimeoutMs, () => this.#stop(this.#silence()));
  }

  start(): void {
    const { dispatcher, signal, headers, body } = this.#request;
    if (signal !== undefined) {
      this.#onAbort = () => this.#stop(cancelled());
      signal.addEventListener("abort", this.#onAbort, { once: true });
    }
    const { total } = this.#request;
    if (total !== null) this.#limit = setTimeout(() => this.#stop(this.#tooLong(total)), Math.max(0, total.leftMs));
    const url = new URL(this.#request.url);
    try {
      const path = url.pathname + url.search;
      dispatcher.dispatchStream({ origin: url.origin, path, method: "POST", headers, body, repeatable: true }, this);
    } catch (error) {
      this.#stop(toConnectionError(error, this.#request.url, dispatcher));
    }
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    // Given up while the connection was being made: nothing of the request goes out.
    if (this.#abortReason !== null) controller.abort(this.#abortReason);
  }

  onResponseStart(
    _controller: Dispatcher.DispatchController,
    status: number,
    headers: Record<string, string | string[] | undefined>,
  ): void {
    if (status < 200 || this.#phase !== "head") return;
    this.#idle.touch();
    this.#status = status;
    this.#headers = flatten(headers);
    const type = this.#headers["content-type"] ?? "";
    // A page or a JSON document with status 200 is no stream: a portal or a proxy answered, or an error went unmarked.
    const encoding = this.#headers["content-encoding"] ?? "identity";
    if (status < 300 && !/^\s*identity\s*$/i.test(encoding)) {
      this.#stop(this.#unexpected(`answered in the encoding "${encoding.slice(0, 40)}", which was not asked for`));
      return;
    }
    const streams = status < 300 && !/^\s*(text\/html|application\/json)/i.test(type);
    this.#phase = streams ? "probing" : "failing";
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#phase === "streaming") {
      (this.#stream as BodyStream).push(chunk);
      return;
    }
    if (this.#phase === "over") return;
    // While probing, bytes alone are no life: comments could otherwise keep a call waiting for ever.
    if (this.#phase === "failing") this.#idle.touch();
    this.#chunks.push(Buffer.from(chunk)); // A copy: the bytes are lent for this call alone.
    this.#bytes += chunk.length;
    if (this.#phase === "probing") this.#probeChunk(chunk);
    else if (this.#bytes > MAX_ERROR_BYTES) this.#stop(this.#httpFailure());
  }

  onResponseEnd(): void {
    if (this.#phase === "streaming") this.#stream?.end();
    else if (this.#phase === "failing") this.#fail(this.#httpFailure());
    else this.#fail(this.#cutOff("ended its stream before it had answered", null));
  }

  onResponseError(_controller: Dispatcher.DispatchController | null, error: Error): void {
    if (this.#phase === "over") return;
    const cause = toConnectionError(error, this.#request.url, this.#request.dispatcher);
    if (this.#phase === "head") this.#fail(cause);
    else if (this.#phase === "failing") this.#fail(this.#httpFailure());
    else if (this.#phase === "probing") this.#fail(this.#cutOff("cut its stream off before it had answered", cause));
    else this.#stream?.fail(this.#cutOff("cut its stream off", cause));
  }

  pause(): void {
    this.#controller?.pause();
  }

  resume(): void {
    this.#controller?.resume();
  }

  abort(): void {
    this.#destroy(cancelled());
  }

  released(): void {
    this.#phase = "over";
    this.#idle.stop();
    clearTimeout(this.#limit);
    if (this.#onAbort !== null) this.#request.signal?.removeEventListener("abort", this.#onAbort);
    this.#onAbort = null;
  }

  #probeChunk(chunk: Uint8Array): void {
    const { progress } = this.#probe;
    let event;
    try {
      event = this.#probe.feed(chunk);
    } catch (error) {
      this.#stop(error as Error);
      return;
    }
    if (this.#probe.progress !== progress) this.#idle.touch();
    if (event === null) {
      if (this.#bytes > MAX_PREAMBLE_BYTES)
        this.#stop(this.#unexpected(`sent ${MAX_PREAMBLE_BYTES / 1024 / 1024} MiB without beginning its answer`));
      return;
    }
    const failure = failureFromEvent(event, this.#headers, this.#request.failureContext);
    if (failure !== null) {
      this.#stop(failure);
      return;
    }
    this.#phase = "streaming";
    this.#stream = new BodyStream(this, this.#idle, this.#chunks);
    this.#chunks = [];
    this.#resolve({ status: this.#status, headers: this.#headers, body: this.#stream });
  }

  /** Ends everything from this side, wherever it stands. */
  #stop(reason: Error): void {
    const stream = this.#stream;
    if (this.#phase === "over") return;
    if (stream === null) this.#fail(reason);
    else stream.fail(reason);
    this.#destroy(reason);
  }

  #fail(error: Error): void {
    this.released();
    this.#reject(error);
  }

  #destroy(reason: Error): void {
    this.#abortReason = reason;
    this.#controller?.abort(reason);
  }

  #httpFailure(): UpstreamError | CredentialError {
    const body = Buffer.concat(this.#chunks).toString("utf8");
    const context = this.#request.failureContext();
    if (this.#status >= 300 && this.#status < 400)
      return this.#unexpected(`answered with a redirect (HTTP ${this.#status}), which is not followed`);
    if (this.#status < 300 && looksLikeHtml(body))
      return this.#unexpected("answered with a web page: a captive portal or a wrong base URL may be in the way");
    return failureFromHttp({ status: this.#status, headers: this.#headers, body }, context);
  }

  /** A redirect or a page in the answer's place stays what it is. */
  #unexpected(what: string): UpstreamError<"upstream_malformed"> {
    return new UpstreamError("upstream_malformed", `${this.#request.failureContext().place} ${what}.`, {
      retryable: false,
      cause: { ...this.#facts(), status: this.#status },
    });
  }

  #cutOff(what: string, cause: UpstreamError | null): UpstreamError<"stream_interrupted"> {
    const systemCode = cause?.cause?.systemCode ?? null;
    const why = systemCode === null ? "" : (CUT_REASONS[systemCode] ?? "");
    return new UpstreamError("stream_interrupted", `The backend ${what}${why}.`, {
      cause: { ...this.#facts(), systemCode },
    });
  }

  #silence(): UpstreamError<"stream_idle"> {
    const seconds = this.#request.idleTimeoutMs / 1000;
    return new UpstreamError("stream_idle", `The backend was silent for ${seconds} s.`, { cause: this.#facts() });
  }

  #tooLong({ limitMs }: TimeLimit): UpstreamError<"upstream_timeout"> {
    const text = `The answer was not complete after ${limitMs / 1000} s, the time limit of the call.`;
    return new UpstreamError("upstream_timeout", text, { cause: this.#facts() });
  }

  #facts(): UpstreamFailure {
    return {
      status: null,
      upstreamCode: null,
      requestId: this.#headers["x-request-id"] ?? this.#headers["x-oai-request-id"] ?? null,
      cfRay: this.#headers["cf-ray"] ?? null,
      systemCode: null,
    };
  }
}

/** One string per name. Cookies stay here: they are Cloudflare's and the backend's, not the client's. */
function flatten(headers: Record<string, string | string[] | undefined>): Record<string, string> {
  const flat: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value === undefined || name === "set-cookie") continue;
    flat[name.toLowerCase()] = Array.isArray(value) ? value.join(", ") : value;
  }
  return flat;
}
