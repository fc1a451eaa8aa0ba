/** A server in this process, with a home of its own, and clients that talk to it over streams. */
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { expect, onTestFinished } from "vitest";
import { type AppServer, type Feature, openAppServer } from "../../src/app-server/index.ts";
import { check } from "../../src/app-server/protocol/check.ts";
import { clientMethods, serverNotifications, serverRequests } from "../../src/app-server/protocol/methods.ts";
import { createPeer, type Peer, streamTransport } from "../../src/json-rpc/index.ts";

export interface Told {
  readonly method: string;
  readonly params: Record<string, unknown>;
}

export type Answer = { readonly result: unknown } | { readonly error: { code: number; message: string } };

export interface TestClient {
  readonly peer: Peer;
  /** All that was told, in order; answers are in it by `#<method>`. */
  readonly log: Told[];
  /** What the server asked. */
  readonly asked: Told[];
  /** Answers what the server asks; by default nothing does. */
  onAsk: (method: string, params: Record<string, unknown>) => Answer | Promise<Answer>;
  /** Asks, and gives the result. Fails for an error. */
  ask(method: string, params?: unknown): Promise<Record<string, unknown>>;
  /** Asks, and gives the error. */
  fail(method: string, params?: unknown): Promise<{ code: number; message: string }>;
  /** Waits until the so-manyth notification of this name has come. */
  told(method: string, count?: number): Promise<Record<string, unknown>>;
  /** Writes a line as it stands. */
  write(line: string): void;
  /** Ends the client's side. */
  end(): void;
}

export interface TestServer {
  readonly server: AppServer;
  readonly home: string;
  /** Lines on standard error. */
  readonly trouble: string[];
  /** A client that has come in. */
  client(options?: { experimental?: boolean; initialize?: boolean; capabilities?: object }): Promise<TestClient>;
  /** The stored sign-in; null when there is none. */
  authJson(): Promise<Record<string, unknown> | null>;
}

export interface TestServerOptions {
  readonly config?: string;
  readonly auth?: object;
  readonly env?: Readonly<Record<string, string>>;
  readonly features?: readonly Feature[];
}

/** Opens a server that ends with the test. Everything that it says is held to the protocol's own schemas. */
export async function openServer(options: TestServerOptions = {}): Promise<TestServer> {
  const home = await mkdtemp(join(tmpdir(), "planport-app-server-"));
  onTestFinished(() => rm(home, { recursive: true, force: true }));
  await writeFile(join(home, "config.toml"), options.config ?? "");
  if (options.auth !== undefined) await writeFile(join(home, "auth.json"), JSON.stringify(options.auth));
  const trouble: string[] = [];
  const server = await openAppServer({
    env: { CODEX_HOME: home, ...options.env },
    platform: process.platform,
    homeDir: home,
    onTrouble: (line) => trouble.push(line),
    callbackPorts: [0],
    ...(options.features !== undefined && { features: options.features }),
  });
  onTestFinished(() => server.end());
  return {
    server,
    home,
    trouble,
    async client({ experimental = true, initialize = true, capabilities } = {}) {
      const client = connect(server);
      if (initialize)
        await client.ask("initialize", {
          clientInfo: { name: "test_client", version: "1.0.0" },
          capabilities: capabilities ?? { experimentalApi: experimental },
        });
      return client;
    },
    async authJson() {
      const text = await readFile(join(home, "auth.json"), "utf8").catch(() => null);
      return text === null ? null : (JSON.parse(text) as Record<string, unknown>);
    },
  };
}

function connect(server: AppServer): TestClient {
  const [toServer, toClient] = [new PassThrough(), new PassThrough()];
  const log: Told[] = [];
  const asked: Told[] = [];
  const methods: string[] = [];
  const transport = streamTransport(toClient, toServer);
  const noteAnswer = (text: string): void => {
    const { id, result } = JSON.parse(text) as { id?: unknown; result?: Record<string, unknown> };
    if (typeof id === "number" && result !== undefined) log.push({ method: `#${methods[id]}`, params: result });
  };
  const request: Peer["request"] = (method, ...rest) => {
    methods.push(method);
    return peer.request(method, ...rest);
  };
  const peer = createPeer({
    // Answers are noted as they arrive: whoever waits for one goes on only after what came with it was told.
    transport: {
      ...transport,
      open: (events) =>
        transport.open({
          ...events,
          onMessage: (text) => {
            noteAnswer(text);
            events.onMessage(text);
          },
        }),
    },
    onRequest: async ({ method, params }) => {
      const given = params as Record<string, unknown>;
      expect(check(serverRequests[method]?.params as never, given)).toMatchObject({ ok: true });
      asked.push({ method, params: given });
      return client.onAsk(method, given);
    },
    onFault: (error) => ({ code: -1, message: String(error) }),
    onNotification: (method, params) => {
      expect(check(serverNotifications[method] as never, params), method).toMatchObject({ ok: true });
      log.push({ method, params: params as Record<string, unknown> });
    },
  });
  const client: TestClient = {
    peer,
    log,
    asked,
    onAsk: () => new Promise(() => {}),
    async ask(method, params = {}) {
      const outcome = await request(method, params, { timeoutMs: 20_000 });
      if (outcome.kind !== "result") throw new Error(`${method}: ${JSON.stringify(outcome)}`);
      expect(check(clientMethods[method]?.result as never, outcome.result), method).toMatchObject({ ok: true });
      return outcome.result as Record<string, unknown>;
    },
    async fail(method, params = {}) {
      const outcome = await request(method, params, { timeoutMs: 20_000 });
      if (outcome.kind !== "error") throw new Error(`${method}: ${JSON.stringify(outcome)}`);
      return outcome.error;
    },
    async told(method, count = 1) {
      const deadline = Date.now() + 20_000;
      for (;;) {
        const found = log.filter((each) => each.method === method)[count - 1];
        if (found !== undefined) return found.params;
        if (Date.now() > deadline) throw new Error(`${method} was not told; ${JSON.stringify(log)}`);
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    },
    write: (line) => void toServer.write(`${line}\n`),
    end: () => void toServer.end(),
  };
  server.connect(streamTransport(toServer, toClient));
  return client;
}
