import { PassThrough } from "node:stream";
import {
  createPeer,
  type Peer,
  type PeerRequest,
  type RequestOutcome,
  streamTransport,
} from "../../../src/json-rpc/index.ts";
import { converse } from "../../../src/hosts/app-server-client/client.ts";
import type { AppServerClient, AppServerEnd, ConversationOptions } from "../../../src/hosts/app-server-client/types.ts";

/** A stand-in for an app-server in this process: answers what it is told to, and says what it is told to. */
export interface FakeServer {
  readonly client: AppServerClient;
  /** Requests as they came, `initialize` first. */
  readonly asked: PeerRequest[];
  readonly notified: string[];
  readonly warnings: Error[];
  notify(method: string, params: unknown): void;
  request(method: string, params: unknown): Promise<RequestOutcome>;
  /** Ends it as a crash would. */
  crash(end?: Partial<AppServerEnd>): void;
}

export type Answers = Readonly<Record<string, (params: never, server: Pick<FakeServer, "notify">) => unknown>>;

const GREETING = { userAgent: "fake/1", codexHome: "/home", platformFamily: "unix", platformOs: "linux" };

/** Starts one and greets it. A method without an answer is refused. */
export async function fakeServer(
  answers: Answers = {},
  options: Partial<ConversationOptions> = {},
): Promise<FakeServer> {
  const toServer = new PassThrough();
  const toClient = new PassThrough();
  const asked: PeerRequest[] = [];
  const notified: string[] = [];
  const warnings: Error[] = [];
  const all: Answers = { initialize: () => GREETING, ...answers };
  const peer: Peer = createPeer({
    transport: streamTransport(toServer, toClient),
    onRequest: async (request) => {
      asked.push(request);
      const answer = all[request.method];
      if (answer === undefined) return { error: { code: -32600, message: `no ${request.method} here` } };
      return {
        result: await answer(request.params as never, { notify: (method, params) => peer.notify(method, params) }),
      };
    },
    onFault: (error) => ({ code: -32603, message: (error as Error).message }),
    onNotification: (method) => notified.push(method),
  });
  let end = (_how: Partial<AppServerEnd>): void => {};
  let expected = false;
  const ended = new Promise<AppServerEnd>((resolve) => {
    end = (how) => resolve({ code: 0, signal: null, lastLog: [], expected, ...how });
  });
  const crash = (how: Partial<AppServerEnd> = {}): void => {
    end(how);
    toClient.end();
  };
  const client = await converse(
    {
      name: "The app-server (fake)",
      transport: streamTransport(toClient, toServer),
      ended,
      close() {
        expected = true;
        crash();
        return ended;
      },
    },
    { clientInfo: { name: "test", version: "1" }, onWarning: (error) => warnings.push(error), ...options },
  );
  return {
    client,
    asked,
    notified,
    warnings,
    notify: (method, params) => peer.notify(method, params),
    request: (method, params) => peer.request(method, params),
    crash,
  };
}
