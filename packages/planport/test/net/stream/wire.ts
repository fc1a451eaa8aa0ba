import type { Buffer } from "node:buffer";
import { createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { createServer as createTlsServer } from "node:tls";
import type { Dispatcher } from "undici";
import { onTestFinished } from "vitest";
import type { HttpClient } from "../../../src/net/types.ts";

/** What a call heard, in order. */
export interface Heard {
  readonly controller: Dispatcher.DispatchController;
  status: number;
  headers: Record<string, string | string[] | undefined>;
  body: string;
  starts: number;
  pieces: number;
  ending: "end" | Error | null;
  /** Resolves with the ending. */
  readonly over: Promise<"end" | Error>;
}

/** What a test does while its call goes on. */
export interface Hooks {
  readonly onStart?: (heard: Heard) => void;
  readonly onHead?: (heard: Heard) => void;
  readonly onPiece?: (heard: Heard, piece: string) => void;
  readonly headers?: Record<string, string>;
  readonly repeatable?: boolean;
  readonly body?: string;
  readonly path?: string;
}

/** Sends one streamed POST and writes down all that its handler hears. */
export function call(client: HttpClient, origin: string, hooks: Hooks = {}): Heard {
  let settle: (ending: "end" | Error) => void = () => {};
  const over = new Promise<"end" | Error>((resolve) => (settle = resolve));
  const heard: Heard = {
    controller: undefined as unknown as Dispatcher.DispatchController,
    status: 0,
    headers: {},
    body: "",
    starts: 0,
    pieces: 0,
    ending: null,
    over,
  };
  const finish = (ending: "end" | Error): void => {
    if (heard.ending !== null) throw new Error("a call ended twice");
    heard.ending = ending;
    settle(ending);
  };
  const { path = "/responses", headers = {}, body = "{}", repeatable = true } = hooks;
  client.dispatcher.dispatchStream(
    { origin, path, method: "POST", headers, body, repeatable },
    {
      onRequestStart(controller) {
        (heard as { controller: Dispatcher.DispatchController }).controller = controller;
        hooks.onStart?.(heard);
      },
      onResponseStart(_controller, status, head) {
        heard.starts++;
        heard.status = status;
        heard.headers = head;
        hooks.onHead?.(heard);
      },
      onResponseData(_controller, chunk: Buffer) {
        heard.pieces++;
        const piece = chunk.toString("latin1");
        heard.body += piece;
        hooks.onPiece?.(heard, piece);
      },
      onResponseEnd: () => finish("end"),
      onResponseError: (_controller, error) => finish(error),
    },
  );
  return heard;
}

/** The error a call ended with. */
export async function failure(heard: Heard): Promise<Error & { readonly code?: string }> {
  const ending = await heard.over;
  if (ending === "end") throw new Error("the call ended well");
  return ending;
}

/** A server that speaks bytes. */
export interface RawServer {
  readonly origin: string;
  /** Every connection there ever was. */
  readonly sockets: Socket[];
  /** Whole requests, head and body, in order of arrival. */
  readonly requests: string[];
}

/** Called for each whole request; `index` counts from 0 over all connections. */
export type Answer = (socket: Socket, index: number) => void;

async function start(server: Server, scheme: string, event: string, answer: Answer): Promise<RawServer> {
  const sockets: Socket[] = [];
  const requests: string[] = [];
  server.on(event, (socket: Socket) => {
    sockets.push(socket);
    let text = "";
    socket.on("error", () => {});
    socket.on("data", (chunk) => {
      text += chunk.toString("latin1");
      for (;;) {
        const head = text.indexOf("\r\n\r\n");
        const length = Number(/content-length: (\d+)/i.exec(text)?.[1] ?? 0);
        if (head < 0 || text.length < head + 4 + length) return;
        requests.push(text.slice(0, head + 4 + length));
        text = text.slice(head + 4 + length);
        answer(socket, requests.length - 1);
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return { origin: `${scheme}://127.0.0.1:${(server.address() as AddressInfo).port}`, sockets, requests };
}

/** A plain server of raw bytes. */
export function serveRaw(answer: Answer): Promise<RawServer> {
  return start(createServer(), "http", "connection", answer);
}

/** The same within TLS. */
export function serveRawTls(key: string, cert: string, answer: Answer): Promise<RawServer> {
  const server = createTlsServer({ key, cert, ALPNProtocols: ["http/1.1"] });
  server.on("tlsClientError", () => {});
  return start(server, "https", "secureConnection", answer);
}

/** A whole answer in chunks. */
export function chunked(...pieces: string[]): string {
  const body = pieces.map((piece) => `${piece.length.toString(16)}\r\n${piece}\r\n`).join("");
  return `HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n${body}0\r\n\r\n`;
}

/** A whole answer with a length. */
export function sized(body: string, more = ""): string {
  return `HTTP/1.1 200 OK\r\n${more}content-length: ${body.length}\r\n\r\n${body}`;
}

/** Waits until `condition` holds; the test's own time limit is what ends it otherwise. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5));
}
