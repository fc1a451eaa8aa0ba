/**
 * The way to other servers by a given `fetch`: for programs that have one of their own, and for runtimes where Node's sockets
 * are not to be had.
 * @module
 */
import { Buffer } from "node:buffer";
import type { Dispatcher } from "undici";
import { RequestError, UpstreamError } from "../errors.ts";
import { toConnectionError } from "./connection-error.ts";
import type { StreamRequest } from "./stream/pool.ts";
import type { HttpClient, StreamDispatcher } from "./types.ts";

/** The part of the Fetch standard's function that is used. */
export type FetchFunction = (url: string, init: RequestInit) => Promise<Response>;

const FETCH_TIMEOUT_MS = 30_000;

/**
 * Makes a client out of a `fetch`. Proxies and certificates are those of that function. WebSockets are not to be had by it.
 * An exchange is watched only as closely as the function lets it be: before it is called, and when an answer is whole.
 */
export function createFetchClient(fetch: FetchFunction): HttpClient {
  const dispatcher = new FetchDispatcher(fetch);
  return {
    dispatcher,
    async fetch(url, options = {}) {
      const { method = "GET", headers = {}, body, signal, timeoutMs = FETCH_TIMEOUT_MS, watch } = options;
      const limit = AbortSignal.timeout(timeoutMs);
      try {
        watch?.onSending?.();
        const init = {
          method,
          headers,
          redirect: "manual" as const,
          ...(body !== undefined && { body: bodyOf(body) }),
        };
        const answer = await fetch(url, {
          ...init,
          signal: signal === undefined ? limit : AbortSignal.any([signal, limit]),
        });
        watch?.onSent?.();
        const text = await answer.text();
        watch?.onBody?.(answer.status, Buffer.from(text));
        const { status, ok } = answer;
        return {
          status,
          ok,
          headers: answer.headers,
          text: async () => text,
          json: async () => JSON.parse(text) as unknown,
        };
      } catch (error) {
        if (signal?.aborted === true) throw new RequestError("cancelled", "The request was cancelled.");
        if (limit.aborted)
          throw unreachable(`${new URL(url).host} did not answer within ${timeoutMs} ms.`, "ETIMEDOUT");
        throw faultOf(error, url, dispatcher);
      }
    },
    upgrade: async ({ origin }) => {
      throw unreachable(`No WebSocket to ${new URL(origin).host} is to be had by a fetch.`, null);
    },
    close: async () => {},
  };
}

class FetchDispatcher implements StreamDispatcher {
  readonly #fetch: FetchFunction;

  constructor(fetch: FetchFunction) {
    this.#fetch = fetch;
  }

  dispatchStream(request: StreamRequest, handler: Dispatcher.DispatchHandler): void {
    void new FetchExchange(request, handler).run(this.#fetch);
  }
}

/** One call. Bytes are read only while the handler takes them. */
class FetchExchange implements Dispatcher.DispatchController {
  readonly #request: StreamRequest;
  readonly #handler: Dispatcher.DispatchHandler;
  readonly #abort = new AbortController();
  #resume: (() => void) | null = null;
  #isPaused = false;

  constructor(request: StreamRequest, handler: Dispatcher.DispatchHandler) {
    this.#request = request;
    this.#handler = handler;
  }

  get aborted(): boolean {
    return this.#abort.signal.aborted;
  }

  get paused(): boolean {
    return this.#isPaused;
  }

  get reason(): Error | null {
    return this.aborted ? (this.#abort.signal.reason as Error) : null;
  }

  abort(reason: Error): void {
    this.#abort.abort(reason);
    this.resume();
  }

  pause(): void {
    this.#isPaused = true;
  }

  resume(): void {
    this.#isPaused = false;
    this.#resume?.();
    this.#resume = null;
  }

  async run(fetch: FetchFunction): Promise<void> {
    const { origin, path, method, headers, body, watch } = this.#request;
    const handler = this.#handler;
    try {
      handler.onRequestStart?.(this, {});
      this.#abort.signal.throwIfAborted();
      watch?.onSending?.();
      const answer = await fetch(origin + path, {
        method,
        headers: Object.entries(headers).flatMap(([name, values]) =>
          [values].flat().map((value): [string, string] => [name, value]),
        ),
        redirect: "manual",
        signal: this.#abort.signal,
        ...(body !== null && { body: bodyOf(body) }),
      });
      watch?.onSent?.();
      handler.onResponseStart?.(this, answer.status, headersOf(answer), answer.statusText);
      await this.#read(answer);
      handler.onResponseEnd?.(this, {});
    } catch (error) {
      handler.onResponseError?.(this, this.reason ?? socketError(error));
    }
  }

  async #read({ body }: Response): Promise<void> {
    if (body === null) return;
    for await (const chunk of body) {
      this.#handler.onResponseData?.(this, Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength));
      if (this.#isPaused) await new Promise<void>((resolve) => (this.#resume = resolve));
      this.#abort.signal.throwIfAborted();
    }
  }
}

function bodyOf(body: string | Uint8Array): string | Uint8Array<ArrayBuffer> {
  return typeof body === "string" ? body : new Uint8Array(body);
}

/** What came encoded has been decoded by now. */
function headersOf({ headers }: Response): Record<string, string> {
  const { "content-encoding": _encoding, "content-length": _length, ...rest } = Object.fromEntries(headers);
  return rest;
}

/** `fetch` hides the system's error one level down. */
function socketError(error: unknown): Error {
  if (error instanceof Error && error.cause instanceof Error) return error.cause;
  return error instanceof Error ? error : new Error("The fetch failed.");
}

function faultOf(error: unknown, url: string, dispatcher: StreamDispatcher): Error {
  return error instanceof RequestError || error instanceof UpstreamError
    ? error
    : toConnectionError(socketError(error), url, dispatcher);
}

function unreachable(message: string, systemCode: string | null): UpstreamError<"upstream_unreachable"> {
  return new UpstreamError("upstream_unreachable", message, {
    cause: { status: null, upstreamCode: null, requestId: null, cfRay: null, systemCode },
  });
}
