/**
 * The socket: where the gateway listens, and how it stops.
 * @module
 */
import { createServer, type IncomingMessage, type Server, ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { ConfigError } from "../errors.ts";
import type { Logger } from "../observe/index.ts";
import { isLoopbackName } from "./admission/host.ts";
import { answerBrokenRequest } from "./broken-request.ts";
import type { Exchange, LocalAddress } from "./exchange.ts";
import { createNodeExchange } from "./node-exchange.ts";
import { replayWithoutUpgrade } from "./replay-request.ts";
import { asksForWebSocket, Tunnel } from "./tunnel.ts";
import type { CloseOptions, Listening } from "./types.ts";

const DEFAULT_GRACE_MS = 10_000;

/** What {@link listen} needs. */
export interface ListenSetup {
  readonly host?: string | undefined;
  readonly port: number;
  /** There is a gateway key, so that more than loopback may be listened on. */
  readonly keyed: boolean;
  /** Answers one exchange; never throws. */
  readonly handle: (exchange: Exchange) => Promise<void>;
  readonly newId: () => string;
  readonly logger: Logger;
  readonly onClose: (exchange: Exchange, complete: boolean, durationMs: number) => void;
}

/**
 * Starts to listen.
 * @throws {ConfigError} `listen_refused` or `port_in_use`
 */
export async function listen(setup: ListenSetup): Promise<Listening> {
  const host = (setup.host ?? "127.0.0.1").replace(/^\[(.*)\]$/, "$1");
  if (!isLoopbackName(host.toLowerCase()) && !setup.keyed)
    throw new ConfigError(
      "listen_refused",
      `To listen on ${host} is to let other machines use your plan: set a gateway key first (PLANPORT_KEY, or --key).`,
    );
  // A request without Host is refused by the admission, with a body that says why.
  const server = createServer({ noDelay: true, requireHostHeader: false });
  const port = await bind(server, host, setup.port);
  const tunnels = new Set<Tunnel>();
  serveOn(server, setup, { beyondLoopback: !isLoopbackName(host.toLowerCase()) }, tunnels);
  return { url: urlOf(host, port), port, close: createClose(server, tunnels) };
}

async function bind(server: Server, host: string, port: number): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => reject(toListenError(error, host, port)));
    server.listen({ host, port }, resolve);
  });
  server.removeAllListeners("error");
  return (server.address() as AddressInfo).port;
}

function toListenError(error: NodeJS.ErrnoException, host: string, port: number): ConfigError {
  if (error.code === "EADDRINUSE")
    return new ConfigError("port_in_use", `Port ${port} is in use by another program; choose one with --port.`, {
      cause: error,
    });
  const why = error.code === "EACCES" ? "the system does not permit it" : (error.code ?? "unknown reason");
  return new ConfigError(
    "listen_refused",
    `Cannot listen on ${host} port ${port}: ${why}; choose with --host and --port.`,
    {
      cause: error,
    },
  );
}

function urlOf(host: string, port: number): string {
  // 0.0.0.0 and :: are not addresses to call; on this machine loopback reaches them.
  const name = host === "0.0.0.0" ? "127.0.0.1" : host === "::" ? "::1" : host;
  return `http://${name.includes(":") ? `[${name}]` : name}:${port}`;
}

function serveOn(server: Server, setup: ListenSetup, local: LocalAddress, tunnels: Set<Tunnel>): void {
  /** The answer under way on each socket, so that a broken request cannot write into the middle of it. */
  const underWay = new WeakMap<object, ServerResponse>();
  const serve = (
    incoming: IncomingMessage,
    outgoing: ServerResponse,
    { expectsContinue = false, tunnel = null }: { expectsContinue?: boolean; tunnel?: Tunnel | null } = {},
  ): void => {
    const startedAtMs = performance.now();
    underWay.set(incoming.socket, outgoing);
    const exchange = createNodeExchange({
      incoming,
      outgoing,
      local,
      expectsContinue,
      tunnel,
      newId: setup.newId,
      onClose: (exchange, complete) => {
        setup.onClose(exchange, complete, performance.now() - startedAtMs);
        // The connection is idle only once this event is over.
        if (!server.listening) setImmediate(() => server.closeIdleConnections());
      },
    });
    // A server that is closing keeps no connection open for a next request.
    if (!server.listening) exchange.reply.headers["connection"] = "close";
    void setup.handle(exchange);
  };
  server.on("request", (incoming, outgoing) => serve(incoming, outgoing));
  server.on("checkContinue", (incoming, outgoing) => serve(incoming, outgoing, { expectsContinue: true }));
  server.on("upgrade", (incoming: IncomingMessage, stream, head: Buffer) => {
    const socket = stream as Socket;
    if (!asksForWebSocket(incoming)) {
      replayWithoutUpgrade(server, incoming, socket, head);
      return;
    }
    const outgoing = new ServerResponse(incoming);
    outgoing.shouldKeepAlive = false;
    outgoing.assignSocket(socket);
    const tunnel = new Tunnel(socket, head, outgoing);
    tunnels.add(tunnel);
    socket.on("close", () => tunnels.delete(tunnel));
    serve(incoming, outgoing, { tunnel });
  });
  server.on("clientError", (error: NodeJS.ErrnoException, socket) => {
    setup.logger.debug("http.broken_request", { errorCode: "request_malformed", error });
    answerBrokenRequest(error, socket as Socket, underWay.get(socket));
  });
  server.on("error", (error) => setup.logger.error("http.server_error", { error }));
}

function createClose(server: Server, tunnels: ReadonlySet<Tunnel>): Listening["close"] {
  let closed: Promise<void> | undefined;
  return (options: CloseOptions = {}) => (closed ??= close(server, tunnels, options.graceMs ?? DEFAULT_GRACE_MS));
}

async function close(server: Server, tunnels: ReadonlySet<Tunnel>, graceMs: number): Promise<void> {
  const stopped = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeIdleConnections();
  // Node has let go of their connections, but waits for them.
  for (const tunnel of tunnels) tunnel.stop(graceMs);
  const cut = setTimeout(() => server.closeAllConnections(), graceMs);
  await stopped;
  clearTimeout(cut);
}
