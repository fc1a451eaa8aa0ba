/**
 * One small request and its whole answer.
 * @module
 */
import { Buffer } from "node:buffer";
import type { Dispatcher } from "undici";
import type { ExchangeWatch, StreamDispatcher } from "./types.ts";

/** What {@link exchange} sends. */
export interface ExchangeRequest {
  readonly url: URL;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array | null;
  /** The answer's body may not be longer. */
  readonly maxBodyBytes: number;
  readonly watch?: ExchangeWatch | undefined;
}

/** What came back. */
export interface ExchangeAnswer {
  readonly status: number;
  /** Names in lower case; values of a name that came more than once are joined. */
  readonly headers: ReadonlyMap<string, string>;
  readonly body: Uint8Array;
}

/** A running exchange. */
export interface Exchange {
  readonly answer: Promise<ExchangeAnswer>;
  /** Ends it now: `answer` rejects with `reason` at once, even while the connection is still being made. */
  abort(reason: Error): void;
}

/**
 * Runs over undici's dispatch interface. Its `fetch` and `request` report an abort during connecting only after the
 * connection stood or failed, and would leave reading the body outside of our time limit.
 */
export function exchange(dispatcher: StreamDispatcher, request: ExchangeRequest): Exchange {
  const collector = new Collector(request.maxBodyBytes, request.watch);
  try {
    dispatcher.dispatchStream(
      {
        origin: request.url.origin,
        path: request.url.pathname + request.url.search,
        method: request.method,
        headers: request.headers,
        body: request.body,
        repeatable: request.method === "GET",
        watch: request.watch,
      },
      collector,
    );
  } catch (error) {
    collector.abort(error as Error); // Thrown for a header or path that cannot be sent.
  }
  return collector;
}

class Collector implements Exchange, Dispatcher.DispatchHandler {
  readonly answer: Promise<ExchangeAnswer>;
  readonly #maxBodyBytes: number;
  readonly #watch: ExchangeWatch | undefined;
  readonly #chunks: Uint8Array[] = [];
  #resolve: (answer: ExchangeAnswer) => void = () => {};
  #reject: (error: Error) => void = () => {};
  #controller: Dispatcher.DispatchController | null = null;
  #aborted: Error | null = null;
  #status = 0;
  readonly #headers = new Map<string, string>();
  #bytes = 0;

  constructor(maxBodyBytes: number, watch: ExchangeWatch | undefined) {
    this.#maxBodyBytes = maxBodyBytes;
    this.#watch = watch;
    this.answer = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  abort(reason: Error): void {
    if (this.#aborted !== null) return;
    this.#aborted = reason;
    this.#reject(reason);
    this.#controller?.abort(reason);
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#aborted !== null) controller.abort(this.#aborted);
  }

  onResponseStart(
    _controller: Dispatcher.DispatchController,
    statusCode: number,
    headers: Record<string, string | string[] | undefined>,
  ): void {
    if (statusCode < 200) return;
    this.#status = statusCode;
    for (const [name, value] of Object.entries(headers))
      this.#headers.set(name.toLowerCase(), Array.isArray(value) ? value.join(", ") : (value ?? ""));
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#bytes += chunk.length;
    if (this.#bytes > this.#maxBodyBytes) this.abort(new BodyTooLong(this.#maxBodyBytes));
    else {
      this.#chunks.push(Buffer.from(chunk)); // A copy: the bytes are lent for this call alone.
      this.#watch?.onBody?.(this.#status, Buffer.concat(this.#chunks));
    }
  }

  onResponseEnd(): void {
    const answer = { status: this.#status, headers: this.#headers, body: Buffer.concat(this.#chunks) };
    // undici takes the connection back one turn of the event loop later. Who answered before that would make the caller's
    // next call open a connection of its own, with a TLS handshake for each of routes, models and answer.
    setImmediate(() => setImmediate(() => this.#resolve(answer)));
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.#reject(error);
  }
}

/** The answer outgrew `maxBodyBytes`. */
export class BodyTooLong extends Error {
  override readonly name = "BodyTooLong";
  constructor(maxBodyBytes: number) {
    super(`The answer has more than ${maxBodyBytes} bytes.`);
  }
}
