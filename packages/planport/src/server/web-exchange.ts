/**
 * An exchange over the web's Request and Response: for programs that have a server of their own and embed the gateway.
 * @module
 */
import { RequestError } from "../errors.ts";
import { fromByteString } from "../sse/byte-string.ts";
import { bodyTooLarge } from "./admission/body-limit.ts";
import type { PieceEncoding } from "./chunk-writer.ts";
import { type Exchange, type Headers, type Reply, type ReplyHeaders, requestIdOf } from "./exchange.ts";

/** An exchange and the answer that comes of it. */
export interface WebExchange {
  readonly exchange: Exchange;
  /** Resolves as soon as status and headers are known. */
  readonly response: Promise<Response>;
}

/**
 * Makes the exchange.
 * @param onClose Called once, when the answer is complete or the client is gone.
 */
export function createWebExchange(
  request: Request,
  newId: () => string,
  onClose: (exchange: Exchange, complete: boolean) => void,
): WebExchange {
  const url = new URL(request.url);
  const headers: Headers = { host: url.host, ...Object.fromEntries(request.headers) };
  const requestId = requestIdOf(headers, newId);
  const abort = new AbortController();
  const { promise, resolve } = withResolvers<Response>();
  const reply = new WebReply(resolve, request.method === "HEAD", (complete) => {
    if (!complete) abort.abort();
    onClose(exchange, complete);
  });
  const exchange: Exchange = {
    method: request.method,
    path: url.pathname,
    query: url.search.slice(1),
    authority: null,
    headers,
    headerLines: () => Object.entries(headers).map(([name, value]) => [name, value ?? ""] as const),
    upgrade: null, // A Response cannot carry one.
    requestId,
    reply,
    signal: abort.signal,
    local: null,
    notes: {},
    readBody: (maxBytes) => readBody(request, maxBytes),
  };
  reply.headers["x-request-id"] = requestId;
  request.signal.addEventListener("abort", () => reply.leave(request.signal.reason), { once: true });
  return { exchange, response: promise };
}

/** Two functions of a promise, for Node 20, which has no Promise.withResolvers. */
function withResolvers<T>(): { readonly promise: Promise<T>; readonly resolve: (value: T) => void } {
  let resolve: (value: T) => void = () => {};
  const promise = new Promise<T>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}

const utf8 = new TextEncoder();
/** Bytes that may wait unread before the backend is told to wait. */
const HIGH_WATER_BYTES = 16 * 1024;

class WebReply implements Reply {
  readonly headers: Record<string, string> = {};
  onDrain: (() => void) | null = null;
  status: number | null = null;
  readonly #resolve: (response: Response) => void;
  readonly #bodiless: boolean;
  #onClose: ((complete: boolean) => void) | null;
  #controller: ReadableStreamDefaultController<Uint8Array> | null = null;

  constructor(resolve: (response: Response) => void, bodiless: boolean, onClose: (complete: boolean) => void) {
    this.#resolve = resolve;
    this.#bodiless = bodiless;
    this.#onClose = onClose;
  }

  get begun(): boolean {
    return this.status !== null;
  }

  send(status: number, headers: Record<string, string>, text: string): void {
    if (this.begun || this.#onClose === null) return;
    this.status = status;
    const body = this.#bodiless || status === 204 ? null : text;
    this.#resolve(new Response(body, { status, headers: { ...this.headers, ...headers } }));
    this.#close(true);
  }

  begin(status: number, headers: ReplyHeaders): void {
    if (this.begun || this.#onClose === null) return;
    this.status = status;
    const body = new ReadableStream<Uint8Array>(
      {
        start: (controller) => {
          this.#controller = controller;
        },
        pull: () => this.onDrain?.(),
        cancel: () => this.leave(),
      },
      new ByteLengthQueuingStrategy({ highWaterMark: HIGH_WATER_BYTES }),
    );
    const list = Object.entries({ ...this.headers, ...headers }).flatMap(([name, values]) =>
      [values].flat().map((value): [string, string] => [name, value]),
    );
    // These have no body (RFC 9110 §15), and `Response` throws if there is one.
    const bodiless = this.#bodiless || status === 204 || status === 205 || status === 304;
    this.#resolve(new Response(bodiless ? null : body, { status, headers: list }));
  }

  write(piece: string, encoding: PieceEncoding = "utf8"): boolean {
    if (piece === "" || this.#controller === null || this.#onClose === null) return true;
    this.#controller.enqueue(encoding === "latin1" ? fromByteString(piece) : utf8.encode(piece));
    return (this.#controller.desiredSize ?? 1) > 0;
  }

  end(last = ""): void {
    if (this.#onClose === null) return;
    this.write(last);
    this.#controller?.close();
    this.#close(true);
  }

  destroy(): void {
    if (this.#onClose === null) return;
    this.#controller?.error(new Error("The answer was cut off."));
    this.#close(false);
  }

  /**
   * The client is gone. A caller that still waits for the head gets an answer nobody will read, so that it ends.
   * @param reason Of an abort: what reading on throws. Absent when the reader itself has cancelled.
   */
  leave(reason?: unknown): void {
    if (this.#onClose === null) return;
    if (!this.begun) this.#resolve(new Response(null, { status: 499 }));
    if (reason !== undefined) this.#controller?.error(reason);
    this.#close(false);
  }

  #close(complete: boolean): void {
    const onClose = this.#onClose;
    this.#onClose = null;
    onClose?.(complete);
  }
}

async function readBody(request: Request, maxBytes: number): Promise<Uint8Array> {
  if (Number(request.headers.get("content-length") ?? 0) > maxBytes) throw bodyTooLarge(maxBytes);
  const chunks: Uint8Array[] = [];
  let size = 0;
  try {
    for await (const chunk of request.body ?? []) {
      size += chunk.byteLength;
      if (size > maxBytes) throw bodyTooLarge(maxBytes);
      chunks.push(chunk);
    }
  } catch (error) {
    if (error instanceof RequestError) throw error;
    throw new RequestError("cancelled", "The client left before its request was complete.");
  }
  return Buffer.concat(chunks, size);
}
