/**
 * The change of a connection's protocol, asked for and answered (RFC 9110 §7.8).
 * @module
 */
import { Buffer } from "node:buffer";
import type { Socket } from "node:net";
import { BodyTooLong } from "../exchange.ts";
import { createBodyReader } from "../stream/body.ts";
import { type AnswerHead, readAnswerHead, writeRequestHead } from "../stream/head.ts";
import type { UpgradeAnswer, UpgradeRequest } from "../types.ts";
import { connectSocket, type SocketOptions } from "./connect.ts";
import { readHead } from "./read-head.ts";

/** Options of {@link openUpgrade}. */
export interface UpgradeOptions extends SocketOptions {
  readonly connectTimeoutMs: number;
  /** How long the head of the answer, or all of a refusal, may take. */
  readonly headersTimeoutMs: number;
  /** Of a refusal's body. */
  readonly maxBodyBytes: number;
}

const NO_BODY = new Uint8Array(0);

/** Connects, asks, and gives the socket or the refusal. Rejects with what the system threw. */
export async function openUpgrade(request: UpgradeRequest, options: UpgradeOptions): Promise<UpgradeAnswer> {
  const url = new URL(request.origin);
  const head = writeRequestHead("GET", request.path, url.host, request.headers, 0, "Upgrade");
  const watch = watchOver(request.signal);
  try {
    watch.limit(options.connectTimeoutMs, "the connection was not made in time", "ETIMEDOUT");
    const socket = await watch.run(connectSocket(url, options, watch.adopt));
    watch.limit(options.headersTimeoutMs, "no answer came in time", "UND_ERR_HEADERS_TIMEOUT");
    socket.write(head, "latin1");
    const answer = await watch.run(readAnswer(socket));
    if (answer.status === 101) {
      watch.release();
      return { status: 101, headers: answer.headers, socket, body: NO_BODY };
    }
    const body = await watch.run(readBody(socket, answer, options.maxBodyBytes));
    return { status: answer.status, headers: answer.headers, socket: null, body };
  } finally {
    watch.end();
  }
}

/** The clock and the signal of one handshake, which end its sockets. */
interface Watch {
  readonly adopt: (socket: Socket) => void;
  /** Rejects as soon as the time is up or the signal fires. */
  readonly run: <T>(step: Promise<T>) => Promise<T>;
  limit(delayMs: number, message: string, code: string): void;
  /** The socket is the caller's from here on. */
  release(): void;
  end(): void;
}

function watchOver(signal: AbortSignal | undefined): Watch {
  const sockets: Socket[] = [];
  let timer: NodeJS.Timeout | undefined;
  let fail: (error: Error) => void = () => {};
  const failed = new Promise<never>((_resolve, reject) => {
    fail = reject;
  });
  failed.catch(() => {}); // Heard by `run`, if it still runs.
  const onAbort = (): void => fail(new Error("The handshake was called off."));
  if (signal?.aborted === true) onAbort();
  signal?.addEventListener("abort", onAbort, { once: true });
  return {
    adopt(socket) {
      sockets.push(socket);
      socket.on("error", ignore); // Whoever waits for it hears of it, too.
    },
    run: (step) => Promise.race([step, failed]),
    limit(delayMs, message, code) {
      clearTimeout(timer);
      timer = setTimeout(() => fail(Object.assign(new Error(message), { code })), delayMs);
    },
    release() {
      sockets.length = 0;
    },
    end() {
      clearTimeout(timer);
      signal?.removeEventListener("abort", onAbort);
      for (const socket of sockets) socket.destroy();
    },
  };
}

function ignore(): void {}

/** Reads past informational answers (RFC 9110 §15.2), 101 excepted, which is the answer. */
async function readAnswer(socket: Socket): Promise<AnswerHead> {
  for (;;) {
    const head = readAnswerHead(await readHead(socket), "GET");
    if (head.status === 101 || head.status >= 200) return head;
  }
}

/** Reads a refusal's body to its end. */
function readBody(socket: Socket, { framing }: AnswerHead, maxBytes: number): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const reader = createBodyReader(framing);
    const chunks: Buffer[] = [];
    let size = 0;
    const finish = (): void => resolve(Buffer.concat(chunks, size));
    const take = (bytes: Uint8Array, start: number, end: number): void => {
      size += end - start;
      if (size > maxBytes) throw new BodyTooLong(maxBytes);
      chunks.push(Buffer.from(bytes.subarray(start, end)));
    };
    const onEnd = (): void => {
      if (reader.endsWithConnection || reader.complete) finish();
      else reject(Object.assign(new Error("the connection was closed"), { code: "UND_ERR_SOCKET" }));
    };
    socket.on("error", reject).on("end", onEnd).on("close", onEnd);
    socket.on("data", (chunk: Buffer) => {
      try {
        reader.feed(chunk, 0, chunk.length, take);
        if (reader.complete) finish();
      } catch (error) {
        reject(error);
      }
    });
    if (reader.complete) finish();
    socket.resume();
  });
}
