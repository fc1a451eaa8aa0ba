/**
 * Serves over WebSockets, to whoever has the token.
 * @module
 */
import { createHash, timingSafeEqual } from "node:crypto";
import { createServer as createHttpServer, type IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { ConfigError } from "../errors.ts";
import { MAX_MESSAGE_BYTES, socketTransport } from "../json-rpc/index.ts";
import type { Server } from "./server.ts";

/** Options of {@link listen}. */
export interface ListenOptions {
  /** An IP address of this machine. */
  readonly host: string;
  /** 0 takes any free one. */
  readonly port: number;
  /** SHA-256 of the token that clients must bring as their bearer, in hex. */
  readonly tokenSha256: string;
}

/** A server that listens. */
export interface Listening {
  /** `ws://IP:PORT`. */
  readonly url: string;
  /** Ends all conversations and stops listening. */
  readonly close: () => Promise<void>;
}

/**
 * Listens. Programs alone are let in: a request with an `Origin` comes from a web page, which has no business here.
 * @throws {ConfigError} `port_in_use`, `listen_refused`
 */
export async function listen(server: Server, options: ListenOptions): Promise<Listening> {
  const { WebSocketServer } = await import("ws");
  const sockets = new WebSocketServer({ noServer: true, maxPayload: MAX_MESSAGE_BYTES });
  const http = createHttpServer((request, response) => {
    const isHealth = request.url === "/readyz" || request.url === "/healthz";
    response.writeHead(isHealth ? 200 : 400, { "content-type": "text/plain" });
    response.end(isHealth ? "ok" : "This port speaks WebSocket.");
  });
  http.on("upgrade", (request, socket, head) => {
    const refusal = refusalOf(request, options.tokenSha256);
    if (refusal !== null) return refuse(socket, refusal);
    sockets.handleUpgrade(request, socket, head, (opened) => server.connect(socketTransport(opened)));
  });
  await new Promise<void>((resolve, reject) => {
    http.once("error", (error: NodeJS.ErrnoException) => reject(listenFault(error, options)));
    http.listen({ host: options.host, port: options.port }, () => {
      http.removeAllListeners("error");
      resolve();
    });
  });
  const address = http.address();
  const port = typeof address === "object" && address !== null ? address.port : options.port;
  const host = options.host.includes(":") ? `[${options.host}]` : options.host;
  return {
    url: `ws://${host}:${port}`,
    close: () =>
      new Promise((resolve) => {
        for (const socket of sockets.clients) socket.terminate();
        http.close(() => resolve());
        http.closeAllConnections();
      }),
  };
}

type Refusal = "401 Unauthorized" | "403 Forbidden";

function refusalOf({ headers }: IncomingMessage, tokenSha256: string): Refusal | null {
  if (headers.origin !== undefined) return "403 Forbidden";
  const token = /^Bearer (.+)$/i.exec(headers.authorization ?? "")?.[1] ?? "";
  const given = createHash("sha256").update(token, "utf8").digest();
  const wanted = Buffer.from(tokenSha256, "hex");
  return wanted.length === given.length && timingSafeEqual(given, wanted) ? null : "401 Unauthorized";
}

function refuse(socket: Duplex, status: Refusal): void {
  socket.on("error", () => {});
  socket.end(`HTTP/1.1 ${status}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`);
}

function listenFault({ code }: NodeJS.ErrnoException, { host, port }: ListenOptions): ConfigError {
  if (code === "EADDRINUSE")
    return new ConfigError("port_in_use", `Port ${port} of ${host} is taken by another program; choose another one.`);
  return new ConfigError("listen_refused", `Cannot listen on ${host}:${port}: ${code ?? "unknown reason"}.`);
}
