/**
 * Streams over connections of our own, behind the part of undici's interface that a stream needs.
 * @module
 */
import { Buffer } from "node:buffer";
import type { Dispatcher } from "undici";
import type { ExchangeWatch } from "../types.ts";
import { type AnswerHead, type RequestHeaders, writeRequestHead } from "./head.ts";
import { type Call, type CallHandler, Connection, type ConnectionOptions } from "./connection.ts";

/** One call that streams its answer. */
export interface StreamRequest {
  readonly origin: string;
  /** With the query. */
  readonly path: string;
  readonly method: string;
  readonly headers: RequestHeaders;
  readonly body: string | Uint8Array | null;
  /**
   * Whether it does no harm if the server gets it twice. Then a kept connection is used where there is one, and a new one
   * if that turns out to be closed; anything else, such as the spending of a refresh token, goes over a new one at once.
   */
  readonly repeatable: boolean;
  /** Told of the sending; the answer is the handler's. */
  readonly watch?: ExchangeWatch | undefined;
}

/** Options of {@link StreamPool}. */
export type StreamPoolOptions = Omit<ConnectionOptions, "origin">;

const NO_BODY = new Uint8Array(0);
/** More unused connections than this to one server are closed. */
const MAX_IDLE = 64;

/** Direct connections for streams: as many as there are streams, kept for a while and used again. */
export class StreamPool {
  readonly #options: StreamPoolOptions;
  readonly #idle = new Map<string, Connection[]>();
  /** Calls under way. */
  #running = 0;
  #closed = false;
  readonly #onQuiet: (() => void)[] = [];

  constructor(options: StreamPoolOptions) {
    this.#options = options;
  }

  /** Sends a call. The handler hears of everything, also of what went wrong, after this has returned. */
  dispatch(request: StreamRequest, handler: Dispatcher.DispatchHandler): void {
    const origin = new URL(request.origin);
    const body = typeof request.body === "string" ? Buffer.from(request.body) : (request.body ?? NO_BODY);
    const head = writeRequestHead(request.method, request.path, origin.host, request.headers, body.length);
    const call = { method: request.method, head, body, watch: request.watch };
    const exchange = new Exchange(this, origin, call, request.repeatable, handler);
    this.#running++;
    if (this.#closed) exchange.abort(Object.assign(new Error("the client is closed"), { code: "UND_ERR_CLOSED" }));
    else exchange.start();
  }

  /** Closes unused connections, and others once their call is over; resolves when all are. */
  close(): Promise<void> {
    this.#closed = true;
    for (const connections of this.#idle.values()) for (const connection of connections) connection.destroy();
    this.#idle.clear();
    return new Promise((resolve) => {
      if (this.#running === 0) resolve();
      else this.#onQuiet.push(resolve);
    });
  }

  /** A call is over. */
  ended(): void {
    this.#running--;
    if (this.#running === 0) for (const resolve of this.#onQuiet.splice(0)) resolve();
  }

  /** A connection to send on: the one used last, since it is the least likely to have been closed; else a new one. */
  take(origin: URL, fresh: boolean): Connection {
    const idle = fresh ? [] : (this.#idle.get(origin.origin) ?? []);
    for (let connection = idle.pop(); connection !== undefined; connection = idle.pop())
      if (connection.alive) return connection;
    return new Connection({ ...this.#options, origin }, (connection, keepAliveMs) =>
      this.#keep(origin.origin, connection, keepAliveMs),
    );
  }

  #keep(origin: string, connection: Connection, keepAliveMs: number): void {
    const idle = (this.#idle.get(origin) ?? []).filter((other) => other.alive);
    if (this.#closed || idle.length >= MAX_IDLE) {
      connection.destroy();
      return;
    }
    this.#idle.set(origin, [...idle, connection]);
    connection.rest(keepAliveMs);
  }
}

/** One call on its way, and undici's controller of it. */
class Exchange implements Dispatcher.DispatchController, CallHandler {
  readonly rawHeaders = undefined as never;
  readonly rawTrailers = undefined as never;
  readonly #pool: StreamPool;
  readonly #origin: URL;
  readonly #call: Call;
  readonly #repeatable: boolean;
  readonly #handler: Dispatcher.DispatchHandler;
  #connection: Connection | null = null;
  #paused = false;
  #reason: Error | null = null;
  #over = false;
  #retried = false;

  constructor(pool: StreamPool, origin: URL, call: Call, repeatable: boolean, handler: Dispatcher.DispatchHandler) {
    this.#repeatable = repeatable;
    this.#pool = pool;
    this.#origin = origin;
    this.#call = call;
    this.#handler = handler;
  }

  get aborted(): boolean {
    return this.#reason !== null;
  }

  get paused(): boolean {
    return this.#paused;
  }

  get reason(): Error | null {
    return this.#reason;
  }

  start(): void {
    this.#handler.onRequestStart?.(this, {});
    if (!this.#over) this.#send(!this.#repeatable);
  }

  abort(reason: Error): void {
    if (this.#over) return;
    this.#reason = reason;
    this.#connection?.destroy();
    this.#finish();
    this.#handler.onResponseError?.(this, reason);
  }

  pause(): void {
    this.#paused = true;
    if (!this.#over) this.#connection?.pause();
  }

  resume(): void {
    this.#paused = false;
    if (!this.#over) this.#connection?.resume();
  }

  onHead(head: AnswerHead): void {
    this.#handler.onResponseStart?.(this, head.status, head.headers, "");
  }

  onBody(bytes: Uint8Array, start: number, end: number): void {
    this.#handler.onResponseData?.(this, Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start));
  }

  onEnd(): void {
    this.#finish();
    this.#handler.onResponseEnd?.(this, {});
  }

  onError(error: Error, untouched: boolean): void {
    // A server may close an unused connection just as a call sets out on it.
    if (untouched && this.#repeatable && !this.#retried && this.#connection?.used === true) {
      this.#retried = true;
      this.#send(true);
      return;
    }
    this.#finish();
    this.#handler.onResponseError?.(this, error);
  }

  #send(fresh: boolean): void {
    this.#connection = this.#pool.take(this.#origin, fresh);
    this.#connection.send(this.#call, this);
  }

  #finish(): void {
    this.#over = true;
    this.#pool.ended();
  }
}
