/**
 * One HTTP/1.1 connection that carries one call at a time, made for streams of many small pieces: each read lands in a
 * buffer that is used again, and its body goes to the handler in the same turn, without a copy or a queue.
 * @module
 */
import { Buffer } from "node:buffer";
import * as net from "node:net";
import * as tls from "node:tls";
import type { ExchangeWatch } from "../types.ts";
import { type BodyReader, createBodyReader, FramingError } from "./body.ts";
import { type AnswerHead, readAnswerHead } from "./head.ts";

/** Where a connection leads, and how it is made. */
export interface ConnectionOptions {
  readonly origin: URL;
  /** Null for Node's own defaults. */
  readonly trust: tls.SecureContext | null;
  readonly connectTimeoutMs: number;
  /** How long the head of an answer may take. */
  readonly headersTimeoutMs: number;
}

/** Who is told how a call goes. After `onEnd` or `onError` nothing more comes. */
export interface CallHandler {
  onHead(head: AnswerHead): void;
  /** The bytes from `start` to `end` are valid during the call alone. */
  onBody(bytes: Uint8Array, start: number, end: number): void;
  onEnd(): void;
  /** @param untouched True when nothing of an answer came: on a connection used before, another one may do better. */
  onError(error: Error, untouched: boolean): void;
}

/** One call, ready to be written. */
export interface Call {
  readonly method: string;
  /** In latin1. */
  readonly head: string;
  readonly body: Uint8Array;
  readonly watch: ExchangeWatch | undefined;
}

const MAX_HEAD_CHARS = 64 * 1024;
const READ_BUFFER_BYTES = 64 * 1024;
const TCP_KEEP_ALIVE_MS = 60_000;
const HEAD_END = "\r\n\r\n";

/**
 * One buffer for the reads of all connections: a read and the work on it are one turn, so there is never a second one.
 * Without it Node takes 64 KiB from the allocator for each piece of a few hundred bytes.
 */
let readBuffer: Uint8Array | null = null;

/** A connection. Made for the first call; `onIdle` says that it can take the next. */
export class Connection {
  readonly #options: ConnectionOptions;
  readonly #onIdle: (connection: Connection, keepAliveMs: number) => void;
  readonly #socket: net.Socket;
  #ready = false;
  #used = false;
  /** Who has the connection; null while nobody does. */
  #handler: CallHandler | null = null;
  /** What that one wants to have sent. */
  #call: Call | null = null;
  /** Something of the call's answer has come, were it only an informational one. */
  #heard = false;
  #headText = "";
  #head: AnswerHead | null = null;
  #reader: BodyReader | null = null;
  #timer: NodeJS.Timeout | null = null;

  constructor(options: ConnectionOptions, onIdle: (connection: Connection, keepAliveMs: number) => void) {
    this.#options = options;
    this.#onIdle = onIdle;
    this.#socket = this.#connect();
    this.#socket.setNoDelay(true);
    // A model may think for longer than routers remember a connection on which nothing moves.
    this.#socket.setKeepAlive(true, TCP_KEEP_ALIVE_MS);
    this.#socket.on("error", (error) => this.#lost(error));
    this.#socket.on("end", () => this.#lost(null));
    this.#socket.on("close", () => this.#lost(null));
  }

  /** True for a connection that has carried a call before. */
  get used(): boolean {
    return this.#used;
  }

  /** True as long as another call can be tried on it. */
  get alive(): boolean {
    return !this.#socket.destroyed;
  }

  /** Carries a call. Only when no other is under way. */
  send(call: Call, handler: CallHandler): void {
    this.#call = call;
    this.#handler = handler;
    this.#heard = false;
    this.#headText = "";
    this.#head = null;
    this.#reader = null;
    this.#socket.ref();
    if (this.#ready) this.#write();
    else this.#arm(this.#options.connectTimeoutMs, "ETIMEDOUT", "the connection was not made in time");
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  /** Ends everything on it without a word to the handler. */
  destroy(): void {
    this.#handler = null;
    this.#disarm();
    this.#socket.destroy();
  }

  /** Keeps it open for another call for a while; the process is not kept for it. */
  rest(keepAliveMs: number): void {
    this.#socket.unref();
    this.#timer = setTimeout(() => this.destroy(), keepAliveMs).unref();
  }

  #connect(): net.Socket {
    const { origin, trust } = this.#options;
    const host = origin.hostname.replaceAll(/^\[|\]$/g, "");
    readBuffer ??= new Uint8Array(READ_BUFFER_BYTES);
    const onread = { buffer: readBuffer, callback: this.#onRead };
    if (origin.protocol !== "https:")
      return net.connect({ host, port: Number(origin.port || 80), onread }, () => this.#connected());
    return tls.connect(
      {
        host,
        port: Number(origin.port || 443),
        onread,
        ALPNProtocols: ["http/1.1"],
        ...(net.isIP(host) === 0 && { servername: host }),
        ...(trust !== null && { secureContext: trust }),
      } as tls.ConnectionOptions,
      // Not before: until then nobody has looked at the certificate.
      () => this.#connected(),
    );
  }

  #connected(): void {
    this.#ready = true;
    if (this.#handler !== null) this.#write();
  }

  #write(): void {
    const { head, body, watch } = this.#call as Call;
    try {
      watch?.onSending?.();
    } catch (error) {
      this.#fail(error instanceof Error ? error : new Error("called off", { cause: error }), false);
      return;
    }
    this.#arm(this.#options.headersTimeoutMs, "UND_ERR_HEADERS_TIMEOUT", "no answer came in time");
    this.#socket.cork();
    this.#socket.write(head, "latin1");
    if (body.length > 0) this.#socket.write(body);
    this.#socket.uncork();
    watch?.onSent?.();
  }

  /** What Node calls with each read; false would stop the reading, which `pause` does. */
  readonly #onRead = (length: number, buffer: Uint8Array): boolean => {
    // Bytes that nobody asked for: whatever they are, they must not become the next call's answer.
    if (this.#handler === null) {
      this.#socket.destroy();
      return true;
    }
    this.#heard = true;
    try {
      const at = this.#reader === null ? this.#readHead(buffer, length) : 0;
      if (this.#reader !== null) this.#readBody(buffer, at, length);
    } catch (error) {
      this.#fail(error instanceof Error ? error : new FramingError(String(error)), false);
    }
    return true;
  };

  /** Returns where the body begins. Informational answers are read past (RFC 9110 §15.2). */
  #readHead(buffer: Uint8Array, length: number): number {
    let at = 0;
    for (;;) {
      const before = this.#headText.length;
      this.#headText += Buffer.from(buffer.buffer, buffer.byteOffset + at, length - at).toString("latin1");
      // From a little before what is new, in case the end of the head was cut in two.
      const end = this.#headText.indexOf(HEAD_END, Math.max(0, before - HEAD_END.length + 1));
      if (end > MAX_HEAD_CHARS || (end < 0 && this.#headText.length > MAX_HEAD_CHARS))
        throw new FramingError("a head without end");
      if (end < 0) return length;
      at += end + HEAD_END.length - before;
      const head = readAnswerHead(this.#headText.slice(0, end), (this.#call as Call).method);
      this.#headText = "";
      if (head.status === 101) throw new FramingError("an upgrade that nobody asked for");
      if (head.status >= 200) {
        this.#begin(head);
        return at;
      }
      if (at === length) return at;
    }
  }

  #begin(head: AnswerHead): void {
    this.#disarm();
    this.#head = head;
    this.#reader = createBodyReader(head.framing);
    this.#handler?.onHead(head);
  }

  #readBody(buffer: Uint8Array, start: number, length: number): void {
    const reader = this.#reader as BodyReader;
    const stop = reader.feed(buffer, start, length, this.#onRun);
    // The handler may have given up meanwhile.
    if (this.#handler !== null && reader.complete) this.#complete(stop === length);
  }

  readonly #onRun = (bytes: Uint8Array, start: number, end: number): void => {
    this.#handler?.onBody(bytes, start, end);
  };

  #complete(clean: boolean): void {
    const handler = this.#handler;
    const keepAliveMs = clean ? (this.#head?.keepAliveMs ?? 0) : 0;
    this.#handler = null;
    this.#used = true;
    this.#socket.resume(); // A paused one would not notice that the server closes it.
    if (keepAliveMs > 0) this.#onIdle(this, keepAliveMs);
    else this.#socket.destroy();
    handler?.onEnd();
  }

  /** The connection is gone: the end of a body that ends with it, a failure for any other. */
  #lost(error: Error | null): void {
    this.#disarm();
    if (this.#handler === null) this.#socket.destroy();
    else if (error === null && this.#reader?.endsWithConnection === true) this.#complete(false);
    else this.#fail(error ?? closedEarly(), !this.#heard);
  }

  #fail(error: Error, untouched: boolean): void {
    const handler = this.#handler;
    this.destroy();
    handler?.onError(error, untouched);
  }

  #arm(delayMs: number, code: string, message: string): void {
    this.#disarm();
    this.#timer = setTimeout(() => this.#fail(Object.assign(new Error(message), { code }), false), delayMs);
  }

  /** Stops whatever clock runs: connecting, waiting for a head, resting. */
  #disarm(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }
}

function closedEarly(): Error {
  return Object.assign(new Error("the connection was closed"), { code: "UND_ERR_SOCKET" });
}
