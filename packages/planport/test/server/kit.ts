/** What the gateway's tests share: a backend that does what the test says, and clients that speak raw HTTP. */
import http from "node:http";
import net from "node:net";
import { afterEach } from "vitest";
import { UpstreamError } from "../../src/errors.ts";
import type { ModelCatalogue } from "../../src/protocol/models.ts";
import type { CodexEvent } from "../../src/protocol/responses/event.ts";
import type { ResponsesRequest } from "../../src/protocol/responses/request.ts";
import { createGateway } from "../../src/server/app.ts";
import type { GatewayOptions, Listening } from "../../src/server/types.ts";
import { createSseDecoder } from "../../src/sse/decode.ts";
import { failureFromEvent } from "../../src/upstream/failure.ts";
import type {
  ByteSink,
  ByteStream,
  CodexClient,
  CodexResponse,
  ModelList,
  SendOptions,
} from "../../src/upstream/types.ts";

const utf8 = new TextEncoder();

/** One call that reached the fake backend, and the reins of its answer. */
export class FakeCall implements ByteStream {
  readonly request: ResponsesRequest;
  readonly options: SendOptions;
  paused = false;
  pauses = 0;
  cancelled = false;
  /** Resolves when the call is cancelled or its signal aborts. */
  readonly stopped: Promise<void>;
  #stop: () => void = () => {};
  #sink: ByteSink | null = null;
  #held: ((sink: ByteSink) => void)[] = [];
  onResume: (() => void) | null = null;

  constructor(request: ResponsesRequest, options: SendOptions) {
    this.request = request;
    this.options = options;
    this.stopped = new Promise((resolve) => {
      this.#stop = resolve;
    });
    options.signal?.addEventListener("abort", () => this.#stop());
  }

  pipe(sink: ByteSink): void {
    this.#sink = sink;
    for (const give of this.#held.splice(0)) give(sink);
  }
  pause(): void {
    this.paused = true;
    this.pauses += 1;
  }
  resume(): void {
    this.paused = false;
    this.onResume?.();
  }
  cancel(): void {
    this.cancelled = true;
    this.#stop();
  }

  bytes(text: string): void {
    this.#give((sink) => sink.onBytes(utf8.encode(text)));
  }
  events(...events: CodexEvent[]): void {
    this.bytes(events.map(sse).join(""));
  }
  end(): void {
    this.#give((sink) => sink.onEnd());
  }
  fail(error: Error): void {
    this.#give((sink) => sink.onError(error));
  }
  #give(give: (sink: ByteSink) => void): void {
    if (this.#sink === null) this.#held.push(give);
    else give(this.#sink);
  }

  /** As the real client does it: ends after the terminal event, throws when cut off. */
  async *iterate(): AsyncGenerator<CodexEvent> {
    const events: CodexEvent[] = [];
    let wake: () => void = () => {};
    let over: Error | true | undefined;
    const decoder = createSseDecoder({ onEvent: ({ data }) => events.push(JSON.parse(data) as CodexEvent) });
    const finish = (why: Error | true): void => {
      over ??= why;
      wake();
    };
    this.pipe({
      onBytes: (bytes) => {
        decoder.feed(bytes);
        wake();
      },
      onEnd: () => finish(true),
      onError: finish,
    });
    void this.stopped.then(() => finish(new UpstreamError("stream_interrupted", "Cancelled.")));
    for (;;) {
      const event = events.shift();
      if (event !== undefined) {
        const failure = failureOf(event);
        if (failure !== null) throw failure;
        yield event;
        if (event.type === "response.completed") return;
      } else if (over === true) throw new UpstreamError("stream_interrupted", "The stream ended early.");
      else if (over !== undefined) throw over;
      else
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
    }
  }
}

/** As the real client tells failure events from others. */
export function failureOf(event: CodexEvent): UpstreamError | null {
  const context = {
    nowMs: 0,
    kind: "chatgpt",
    model: "gpt-x",
    knownModels: [],
    place: "backend.test/responses",
  } as const;
  return failureFromEvent(event, {}, () => context);
}

/** How the fake backend answers a call: by default with an open stream that the test feeds. */
export type Behaviour = (call: FakeCall) => Promise<Partial<CodexResponse>> | Partial<CodexResponse>;

export interface FakeClient extends CodexClient {
  readonly calls: FakeCall[];
  /** Whose calls these are. */
  accountKey: string;
  /** Resolves with the n-th call, counted from 0, once it is made. */
  call(index?: number): Promise<FakeCall>;
  behaviour: Behaviour;
  catalogue: () => Promise<ModelCatalogue & Partial<ModelList>>;
}

/** Makes a backend. */
export function fakeClient(behaviour: Behaviour = () => ({})): FakeClient {
  const waiting: (() => void)[] = [];
  const client: FakeClient = {
    route: "codex",
    calls: [],
    accountKey: "account-1",
    behaviour,
    catalogue: async () => ({ models: [] }),
    async call(index = 0) {
      while (client.calls[index] === undefined) await new Promise<void>((resolve) => waiting.push(resolve));
      return client.calls[index];
    },
    account: async () => client.accountKey,
    async send(request, options = {}) {
      const call = new FakeCall(request, options);
      client.calls.push(call);
      for (const wake of waiting.splice(0)) wake();
      const own = await client.behaviour(call);
      return {
        status: 200,
        headers: {},
        requestId: null,
        servedModel: null,
        usage: null,
        accountId: null,
        lite: false,
        changes: [],
        events: { [Symbol.asyncIterator]: () => call.iterate() },
        body: call,
        failureOf,
        ...own,
      };
    },
    models: async () => ({ live: true, error: null, ...(await client.catalogue()) }),
    usage: async () => ({}),
    close: async () => {},
  };
  return client;
}

export function sse(event: CodexEvent): string {
  return `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`;
}
export const created: CodexEvent = { type: "response.created", response: { id: "resp_1", model: "gpt-x" } };
export const delta = (text: string): CodexEvent => ({
  type: "response.output_text.delta",
  output_index: 0,
  delta: text,
});
export const done = (text: string): CodexEvent => ({
  type: "response.output_item.done",
  output_index: 0,
  item: { type: "message", id: "msg_1", role: "assistant", content: [{ type: "output_text", text }] },
});
export const completed: CodexEvent = {
  type: "response.completed",
  response: { id: "resp_1", model: "gpt-x", status: "completed", output: [], usage: null },
};

const open: Listening[] = [];
const sockets: net.Socket[] = [];
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await Promise.all(open.splice(0).map((listening) => listening.close({ graceMs: 0 })));
});

/** A gateway on a free port; closed after the test. */
export async function serve(options: Partial<GatewayOptions> & { host?: string } = {}): Promise<Listening> {
  const { host, ...rest } = options;
  const gateway = createGateway({ client: fakeClient(), version: "1.2.3", ...rest });
  const listening = await gateway.listen({ host, port: 0 });
  open.push(listening);
  return listening;
}

export interface Answer {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly text: string;
  /** False when the connection broke before the end. */
  readonly complete: boolean;
}

export interface RequestSpec {
  readonly method?: string;
  readonly headers?: Record<string, string>;
  readonly body?: string | Uint8Array;
}

/** One request on a connection of its own, its head given as soon as it is there. */
export function startRequest(
  at: Listening,
  path: string,
  spec: RequestSpec = {},
): { request: http.ClientRequest; head: Promise<http.IncomingMessage> } {
  const request = http.request({
    host: "127.0.0.1",
    port: at.port,
    path,
    method: spec.method ?? (spec.body === undefined ? "GET" : "POST"),
    headers: { ...(spec.body !== undefined && { "content-type": "application/json" }), ...spec.headers },
    agent: false,
  });
  const head = new Promise<http.IncomingMessage>((resolve, reject) => {
    request.on("response", resolve);
    request.on("error", reject);
  });
  head.catch(() => {}); // A test that cuts its own request does not wait for the head.
  request.end(spec.body);
  return { request, head };
}

/** Reads an answer to its end. */
export async function readAnswer(message: http.IncomingMessage): Promise<Answer> {
  const chunks: Buffer[] = [];
  message.on("data", (chunk: Buffer) => chunks.push(chunk));
  message.resume(); // A test may have paused it.
  await new Promise<void>((resolve) => {
    message.on("close", resolve);
    message.on("error", () => resolve());
  });
  return {
    status: message.statusCode ?? 0,
    headers: message.headers,
    text: Buffer.concat(chunks).toString("utf8"),
    complete: message.complete,
  };
}

export async function send(at: Listening, path: string, spec: RequestSpec = {}): Promise<Answer> {
  return readAnswer(await startRequest(at, path, spec).head);
}

/** Resolves when the text read so far satisfies `isEnough`. */
export function readUntil(message: http.IncomingMessage, isEnough: (text: string) => boolean): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = "";
    message.on("data", (chunk: Buffer) => {
      text += chunk.toString("utf8");
      if (isEnough(text)) resolve(text);
    });
    message.on("end", () => reject(new Error(`The answer ended with: ${text}`)));
    message.on("error", reject);
  });
}

/** Opens a bare socket and collects what comes back. */
export async function rawSocket(at: Listening): Promise<{ socket: net.Socket; all: Promise<string> }> {
  const socket = net.connect(at.port, "127.0.0.1");
  sockets.push(socket);
  let text = "";
  socket.on("data", (chunk: Buffer) => {
    text += chunk.toString("utf8");
  });
  socket.on("error", () => {});
  const all = new Promise<string>((resolve) => socket.on("close", () => resolve(text)));
  await new Promise<void>((resolve) => socket.on("connect", resolve));
  return { socket, all };
}

export function errorOf(answer: { text: string }): unknown {
  return (JSON.parse(answer.text) as { error: unknown }).error;
}

export const ask = (stream: boolean): string => JSON.stringify({ model: "gpt-x", input: "hi", stream });
