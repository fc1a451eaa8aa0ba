/** What the tests of passing on share: a backend of bare sockets, and the real client in front of it. */
import http from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { onTestFinished } from "vitest";
import type { Grant } from "../../src/auth/token-source.ts";
import { createHttpClient } from "../../src/net/index.ts";
import { Secret } from "../../src/secret.ts";
import type { GatewayOptions, Listening } from "../../src/server/types.ts";
import { type CodexClient, createCodexClient, resolveEndpoints } from "../../src/upstream/index.ts";
import { serve } from "./kit.ts";

/** A request as the backend got it. */
export interface Seen {
  readonly method: string;
  readonly url: string;
  /** In order and case, as they came. */
  readonly lines: readonly (readonly [string, string])[];
  readonly headers: http.IncomingHttpHeaders;
  readonly body: Buffer;
}

export interface Backend {
  readonly origin: string;
  readonly seen: Seen[];
  /** Connections that are open now. */
  readonly sockets: ReadonlySet<Socket>;
  answer: (seen: Seen, response: http.ServerResponse) => void;
  upgrade: (request: http.IncomingMessage, socket: Socket, head: Buffer) => void;
}

export async function startBackend(): Promise<Backend> {
  const sockets = new Set<Socket>();
  const server = http.createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const seen = seenOf(request, Buffer.concat(chunks));
      backend.seen.push(seen);
      backend.answer(seen, response);
    });
  });
  server.on("connection", (socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    socket.on("close", () => sockets.delete(socket));
  });
  server.on("upgrade", (request, socket, head) => {
    backend.seen.push(seenOf(request, Buffer.alloc(0)));
    backend.upgrade(request, socket as Socket, head);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });
  const backend: Backend = {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen: [],
    sockets,
    answer: (_seen, response) => response.end("ok"),
    upgrade: (_request, socket) => socket.end("HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n"),
  };
  return backend;
}

function seenOf({ method = "", url = "", headers, rawHeaders }: http.IncomingMessage, body: Buffer): Seen {
  return { method, url, headers, lines: linesOf(rawHeaders), body };
}

export function linesOf(raw: readonly string[]): (readonly [string, string])[] {
  return raw.flatMap((name, at) => (at % 2 === 0 ? [[name, raw[at + 1] ?? ""] as const] : []));
}

export interface GatewaySetup extends Partial<GatewayOptions> {
  /** Replaces the backend's base. */
  readonly baseUrl?: string;
  readonly grant?: Partial<Grant>;
  /** The bearers after the first, each given when the one before was rejected. */
  readonly renewals?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

export interface PassingGateway extends Listening {
  readonly client: CodexClient;
  readonly recoveries: () => number;
}

/** A gateway in front of a backend, with the bearer `own-1`. */
export async function gatewayTo(backend: Pick<Backend, "origin">, setup: GatewaySetup = {}): Promise<PassingGateway> {
  const { baseUrl = `${backend.origin}/backend-api/codex`, grant: facts, renewals = [], env = {}, ...options } = setup;
  const left = [...renewals];
  let recoveries = 0;
  let grant: Grant = {
    kind: "chatgpt",
    bearer: new Secret("own-1"),
    accountId: "account-own",
    fedramp: false,
    email: null,
    planType: null,
    userId: null,
    expiresAtMs: null,
    ...facts,
  };
  const http_ = createHttpClient({ env });
  const client = createCodexClient({
    tokens: {
      get: async () => grant,
      recover: async () => {
        recoveries += 1;
        const next = left.shift();
        if (next === undefined) return null;
        grant = { ...grant, bearer: new Secret(next) };
        return grant;
      },
    },
    http: http_,
    endpoints: resolveEndpoints({ route: grant.kind === "apiKey" ? "platform" : "codex", baseUrl }),
  });
  onTestFinished(() => client.close());
  return { ...(await serve({ client, ...options })), client, recoveries: () => recoveries };
}

/** Resolves once `holds`, which something else is about to make true. */
export async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 5));
}
