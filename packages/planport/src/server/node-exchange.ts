/**
 * An exchange over a Node socket. The answer is written to the ServerResponse itself: no web stream in between.
 * @module
 */
import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from "node:http";
import { RequestError } from "../errors.ts";
import { bodyTooLarge } from "./admission/body-limit.ts";
import { ChunkWriter, type PieceEncoding } from "./chunk-writer.ts";
import {
  type Exchange,
  type Headers,
  type LocalAddress,
  type Reply,
  type ReplyHeaders,
  requestIdOf,
} from "./exchange.ts";
import type { Tunnel } from "./tunnel.ts";

/** How long what is left of a refused body is read and thrown away, so that the client gets to read its answer. */
const LINGER_MS = 1000;

/** What a Node exchange is made of. */
export interface NodeExchangeOptions {
  readonly incoming: IncomingMessage;
  readonly outgoing: ServerResponse;
  readonly local: LocalAddress;
  readonly newId: () => string;
  /** The client waits for `100 Continue` before it sends its body (RFC 9110 §10.1.1). */
  readonly expectsContinue: boolean;
  /** The WebSocket that the client asks for; null when it does not. */
  readonly tunnel: Tunnel | null;
  /** Called once, when the answer is complete or the client is gone. */
  readonly onClose: (exchange: Exchange, complete: boolean) => void;
}

/** Makes the exchange and starts to watch for the client leaving. */
export function createNodeExchange(options: NodeExchangeOptions): Exchange {
  const { incoming, outgoing, tunnel } = options;
  const abort = new AbortController();
  const headers = incoming.headers as Headers;
  const target = parseTarget(incoming.url ?? "/");
  const requestId = requestIdOf(headers, options.newId);
  const reply = new NodeReply(incoming, outgoing, tunnel);
  reply.holdsBody = options.expectsContinue;
  reply.headers["x-request-id"] = requestId;
  const exchange: Exchange = {
    method: incoming.method ?? "GET",
    path: target.path,
    query: target.query,
    authority: target.authority,
    headers,
    headerLines: () => headerLinesOf(incoming),
    upgrade: tunnel,
    requestId,
    reply,
    signal: abort.signal,
    local: options.local,
    notes: {},
    readBody: (maxBytes) => readBody(options, maxBytes, reply),
  };
  outgoing.on("error", ignore); // A write after the client left; `close` tells the same.
  const onClose = (complete: boolean): void => {
    if (!complete) abort.abort();
    options.onClose(exchange, complete);
  };
  outgoing.on("close", () => onClose(outgoing.writableFinished));
  if (tunnel !== null) {
    tunnel.onEnd = onClose;
    tunnel.replyHeaders = reply.headers;
  }
  return exchange;
}

function ignore(): void {}

function headerLinesOf({ rawHeaders }: IncomingMessage): (readonly [string, string])[] {
  const lines: (readonly [string, string])[] = [];
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) lines.push([rawHeaders[at] ?? "", rawHeaders[at + 1] ?? ""]);
  return lines;
}

/** Path, query and, in absolute form, authority of a request line (RFC 9112 §3.2). */
function parseTarget(target: string): {
  readonly path: string;
  readonly query: string;
  readonly authority: string | null;
} {
  const absolute = /^https?:\/\/([^/?#]*)/i.exec(target);
  const rest = absolute === null ? target : target.slice(absolute[0].length);
  const query = /^[^?#]*\?([^#]*)/.exec(rest)?.[1] ?? "";
  return { path: rest.split(/[?#]/, 1)[0] || "/", query, authority: absolute?.[1] ?? null };
}

/** RFC 9112 §6: a request has a body exactly when one of these says so. `complete` alone comes too late to tell. */
function hasBody({ headers }: IncomingMessage): boolean {
  return headers["transfer-encoding"] !== undefined || (headers["content-length"] ?? "0") !== "0";
}

const BEYOND_ASCII = /[^\0-\x7f]/;

class NodeReply implements Reply {
  readonly headers: Record<string, string> = {};
  onDrain: (() => void) | null = null;
  /** The client keeps its body back until it is told to send it. */
  holdsBody = false;
  readonly #incoming: IncomingMessage;
  readonly #outgoing: ServerResponse;
  readonly #tunnel: Tunnel | null;
  #chunks: ChunkWriter | null = null;

  constructor(incoming: IncomingMessage, outgoing: ServerResponse, tunnel: Tunnel | null) {
    this.#incoming = incoming;
    this.#outgoing = outgoing;
    this.#tunnel = tunnel;
  }

  get begun(): boolean {
    return this.#outgoing.headersSent || this.#tunnel?.accepted === true;
  }

  get status(): number | null {
    if (this.#tunnel?.accepted === true) return 101;
    return this.#outgoing.headersSent ? this.#outgoing.statusCode : null;
  }

  send(status: number, headers: Record<string, string>, text: string): void {
    const outgoing = this.#outgoing;
    if (this.begun || outgoing.destroyed) return;
    const unread = hasBody(this.#incoming) && !this.#incoming.complete;
    const length: Record<string, string> = status === 204 ? {} : { "content-length": String(Buffer.byteLength(text)) };
    outgoing.writeHead(status, { ...this.headers, ...headers, ...length, ...(unread && { connection: "close" }) });
    if (unread && !this.holdsBody) this.#endAfterBody(text);
    else outgoing.end(text);
  }

  begin(status: number, headers: ReplyHeaders): void {
    const outgoing = this.#outgoing;
    if (this.begun || outgoing.destroyed) return;
    const { socket } = outgoing;
    socket?.setNoDelay(true);
    // What is written before this turn is over goes out together with the head, in one call of the system.
    socket?.cork();
    process.nextTick(() => socket?.uncork());
    outgoing.writeHead(status, { ...this.headers, ...headers } as OutgoingHttpHeaders);
    // `flushHeaders` writes UTF-8, and would make two bytes of one that is not ASCII. An empty piece in latin1 does not.
    if (BEYOND_ASCII.test(Object.values(headers).flat().join())) outgoing.write("", "latin1");
    else outgoing.flushHeaders();
    this.#chunks = new ChunkWriter(outgoing, () => this.onDrain?.());
  }

  write(piece: string, encoding: PieceEncoding = "utf8"): boolean {
    return this.#chunks?.write(piece, encoding) ?? true;
  }

  end(last = ""): void {
    // Node uncorks the socket itself when an answer ends.
    if (last !== "") this.#outgoing.socket?.cork();
    this.write(last);
    this.#outgoing.end();
  }

  destroy(): void {
    this.#outgoing.destroy();
  }

  /**
   * To close a socket with unread bytes in it resets the connection, and the client may lose the answer that it has not
   * read yet. So the answer goes out whole, and the end waits until the client has stopped sending, or for a second.
   */
  #endAfterBody(text: string): void {
    const incoming = this.#incoming;
    const finish = (): void => {
      clearTimeout(timer);
      incoming.off("end", finish).off("close", finish);
      this.#outgoing.end();
    };
    const timer = setTimeout(finish, LINGER_MS);
    timer.unref();
    incoming.on("end", finish).on("close", finish);
    incoming.resume();
    this.#outgoing.write(text);
  }
}

function readBody(options: NodeExchangeOptions, maxBytes: number, reply: NodeReply): Promise<Uint8Array> {
  const { incoming, outgoing } = options;
  return new Promise((resolve, reject) => {
    if (Number(incoming.headers["content-length"] ?? 0) > maxBytes) {
      reject(bodyTooLarge(maxBytes));
      return;
    }
    const chunks: Buffer[] = [];
    let size = 0;
    const stop = (): void => {
      incoming.off("data", onData).off("end", onEnd).off("close", onClose);
    };
    const onData = (chunk: Buffer): void => {
      size += chunk.byteLength;
      if (size <= maxBytes) chunks.push(chunk);
      else {
        stop();
        reject(bodyTooLarge(maxBytes));
      }
    };
    const onEnd = (): void => {
      stop();
      resolve(chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks, size));
    };
    const onClose = (): void => {
      stop();
      reject(new RequestError("cancelled", "The client left before its request was complete."));
    };
    incoming.on("data", onData).on("end", onEnd).on("close", onClose).on("error", ignore);
    if (!reply.holdsBody) return;
    reply.holdsBody = false;
    outgoing.writeContinue();
  });
}
