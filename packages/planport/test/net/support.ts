import { createServer, type IncomingMessage, type RequestListener, type Server } from "node:http";
import { type AddressInfo, connect } from "node:net";
import type { Server as TlsServer } from "node:https";
import { onTestFinished } from "vitest";
import { createHttpClient, type HttpClientOptions } from "../../src/net/http-client.ts";
import type { HttpClient } from "../../src/net/types.ts";

/** Listens on 127.0.0.1; closed, with all its sockets, after the test. */
export async function listen(server: Server | TlsServer): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return (server.address() as AddressInfo).port;
}

/** A plain server; gives its origin. */
export async function serve(listener: RequestListener): Promise<string> {
  return `http://127.0.0.1:${await listen(createServer(listener))}`;
}

/** A client whose connections end with the test. */
export function httpClient(options: Partial<HttpClientOptions> = {}): HttpClient {
  const client = createHttpClient({ env: {}, ...options });
  onTestFinished(() => client.close());
  return client;
}

/** What a test's proxy saw. */
export interface SeenByProxy {
  readonly port: number;
  /** `CONNECT host:port`, or the method and URL of a forwarded request. */
  readonly lines: string[];
  readonly authorizations: (string | undefined)[];
}

/** A proxy that leads every name to `targetPort` on this machine, or refuses CONNECT with `refuseWith`. */
export async function startProxy(targetPort: number, refuseWith?: number): Promise<SeenByProxy> {
  const lines: string[] = [];
  const authorizations: (string | undefined)[] = [];
  const see = (request: IncomingMessage): void => {
    lines.push(`${request.method} ${request.url}`);
    authorizations.push(request.headers["proxy-authorization"]);
  };
  const server = createServer((request, response) => {
    see(request);
    response.end("forwarded");
  });
  server.on("connect", (request: IncomingMessage, socket) => {
    see(request);
    socket.on("error", () => {});
    if (refuseWith !== undefined) {
      socket.end(`HTTP/1.1 ${refuseWith} No\r\ncontent-length: 0\r\n\r\n`);
      return;
    }
    const target = connect(targetPort, "127.0.0.1", () => {
      socket.write("HTTP/1.1 200 OK\r\n\r\n");
      target.pipe(socket).pipe(target);
    });
    target.on("error", () => socket.destroy());
    socket.on("close", () => target.destroy());
  });
  return { port: await listen(server), lines, authorizations };
}
