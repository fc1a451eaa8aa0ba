/**
 * One request whose answer is passed on as it comes, whatever it is.
 * @module
 */
import type { Dispatcher } from "undici";
import { UpstreamError } from "../../errors.ts";
import { toConnectionError } from "../../net/connection-error.ts";
import type { StreamDispatcher } from "../../net/types.ts";
import { BodyStream, type ByteSource } from "../byte-stream.ts";
import { IdleTimer } from "../idle-timer.ts";
import { cancelled } from "../retry.ts";
import { answerHeaders, type HeaderMap } from "./headers.ts";
import type { RelayAnswer } from "./types.ts";

/** What {@link openRelay} sends. */
export interface RelayRequest {
  readonly dispatcher: StreamDispatcher;
  readonly origin: string;
  /** With the query. */
  readonly path: string;
  readonly method: string;
  readonly headers: HeaderMap;
  readonly body: Uint8Array;
  /** Whether it does no harm if the server gets it twice. */
  readonly repeatable: boolean;
  /** Longest silence of the backend. */
  readonly idleTimeoutMs: number;
  readonly signal: AbortSignal | undefined;
}

/** An answer whose body can be read as events too. */
export interface OpenedRelay extends RelayAnswer {
  readonly body: BodyStream;
}

/**
 * Sends, and waits for the head of the answer.
 * @throws {UpstreamError} `upstream_unreachable`, `stream_idle`
 * @throws {RequestError} `cancelled`
 */
export function openRelay(request: RelayRequest): Promise<OpenedRelay> {
  return new Promise((resolve, reject) => {
    if (request.signal?.aborted === true) reject(cancelled());
    else new RelayAttempt(request, resolve, reject).start();
  });
}

class RelayAttempt implements Dispatcher.DispatchHandler, ByteSource {
  readonly #request: RelayRequest;
  readonly #resolve: (answer: OpenedRelay) => void;
  readonly #reject: (error: Error) => void;
  readonly #idle: IdleTimer;
  #controller: Dispatcher.DispatchController | null = null;
  #stream: BodyStream | null = null;
  #over = false;
  #abortReason: Error | null = null;

  constructor(request: RelayRequest, resolve: (answer: OpenedRelay) => void, reject: (error: Error) => void) {
    this.#request = request;
    this.#resolve = resolve;
    this.#reject = reject;
    this.#idle = new IdleTimer(request.idleTimeoutMs, () => this.#stop(this.#silence()));
  }

  start(): void {
    const { dispatcher, signal, origin, path, method, headers, body, repeatable } = this.#request;
    signal?.addEventListener("abort", this.#onAbort, { once: true });
    try {
      dispatcher.dispatchStream({ origin, path, method, headers, body, repeatable }, this);
    } catch (error) {
      this.#stop(toConnectionError(error, origin, dispatcher));
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
    if (status < 200 || this.#over || this.#stream !== null) return;
    this.#idle.touch();
    this.#stream = new BodyStream(this, this.#idle, []);
    this.#resolve({ status, headers: answerHeaders(headers), body: this.#stream });
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#stream?.push(chunk);
  }

  onResponseEnd(): void {
    this.#stream?.end();
  }

  onResponseError(_controller: Dispatcher.DispatchController | null, error: Error): void {
    if (!this.#over) this.#fail(toConnectionError(error, this.#request.origin, this.#request.dispatcher));
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
    this.#over = true;
    this.#idle.stop();
    this.#request.signal?.removeEventListener("abort", this.#onAbort);
  }

  readonly #onAbort = (): void => this.#stop(cancelled());

  /** Ends everything from this side, wherever it stands. */
  #stop(reason: Error): void {
    if (this.#over) return;
    this.#fail(reason);
    this.#destroy(reason);
  }

  #fail(error: Error): void {
    if (this.#stream !== null) {
      this.#stream.fail(error);
      return;
    }
    this.released();
    this.#reject(error);
  }

  #destroy(reason: Error): void {
    this.#abortReason = reason;
    this.#controller?.abort(reason);
  }

  #silence(): UpstreamError<"stream_idle"> {
    return new UpstreamError("stream_idle", `The backend was silent for ${this.#request.idleTimeoutMs / 1000} s.`);
  }
}
