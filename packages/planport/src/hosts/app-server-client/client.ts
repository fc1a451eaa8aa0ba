/**
 * One conversation with an app-server, over any transport.
 * @module
 */
import type { InitializeResponse } from "../../app-server/protocol/types/account.ts";
import type { ServerNotifications } from "../../app-server/protocol/types/methods.ts";
import { RequestError, UpstreamError } from "../../errors.ts";
import { createPeer, type MessageTransport, type Peer, type RpcError } from "../../json-rpc/index.ts";
import { oneLine } from "../../redact.ts";
import { connectAccount } from "./account.ts";
import { streamTurn } from "./turn.ts";
import type {
  AppServerClient,
  AppServerEnd,
  ConnectedAccount,
  ConversationOptions,
  Notification,
  RequestLimits,
  ServerRequestMethod,
} from "./types.ts";

/** What carries a conversation, and how it ends. */
export interface Line {
  readonly transport: MessageTransport;
  /** What messages call the server. */
  readonly name: string;
  /** Resolves when the server is gone and its last words are here. */
  readonly ended: Promise<AppServerEnd>;
  /** Ends it, and resolves when it has. */
  close(): Promise<AppServerEnd>;
}

type Handler = (params: unknown) => unknown;
type Listener = (notification: Notification) => void;

const REQUEST_TIMEOUT_MS = 60_000;
const START_TIMEOUT_MS = 30_000;
/** JSON-RPC 2.0 section 5.1. */
const METHOD_NOT_FOUND = -32601;
const INTERNAL_ERROR = -32603;
const MAX_TEXT_CHARS = 500;
/** The end of a process comes a little after that of its streams. */
const LAST_WORDS_MS = 2_000;

/**
 * Greets the server and gives the conversation. When that fails the line is closed.
 * @throws {UpstreamError} `app_server_gone` when it does not begin, `app_server_refused` when it does not want this client.
 */
export async function converse(line: Line, options: ConversationOptions): Promise<AppServerClient> {
  const conversation = new Conversation(line, options);
  try {
    const { clientInfo, capabilities = { experimentalApi: true }, startTimeoutMs = START_TIMEOUT_MS } = options;
    const greeting = await conversation.ask("initialize", { clientInfo, capabilities }, { timeoutMs: startTimeoutMs });
    conversation.greeted(greeting as InitializeResponse);
    return conversation.client;
  } catch (error) {
    await line.close();
    throw error;
  }
}

class Conversation {
  readonly #line: Line;
  readonly #options: ConversationOptions;
  readonly #peer: Peer;
  readonly #handlers = new Map<string, Handler[]>();
  readonly #listeners = new Set<Listener>();
  readonly #accounts = new Set<ConnectedAccount>();
  client!: AppServerClient;

  constructor(line: Line, options: ConversationOptions) {
    this.#line = line;
    this.#options = options;
    this.#peer = createPeer({
      transport: line.transport,
      onRequest: async ({ method, params }) => ({ result: await this.#serve(method, params) }),
      onFault: faultOf,
      onNotification: (method, params) => this.#tell({ method, params } as Notification),
      onUnreadable: (why) =>
        this.#warn(new UpstreamError("app_server_refused", `${line.name} sent what is no message: ${why}.`)),
    });
  }

  greeted(server: InitializeResponse): void {
    this.#peer.notify("initialized");
    const client: AppServerClient = {
      server,
      request: async (method, ...[params, limits]) => (await this.ask(method, params, limits)) as never,
      requestUntyped: (method, params, limits) => this.ask(method, params, limits),
      on: (method, listener) =>
        this.#listen((notification) => {
          if (notification.method === method) listener(notification.params as ServerNotifications[typeof method]);
        }),
      onAny: (listener) => this.#listen(listener),
      handle: (method, handler) => this.#handle(method, handler as Handler),
      streamTurn: (turn) => streamTurn(client, turn),
      connectAccount: async (tokens, account = {}) => {
        const connected = await connectAccount(client, tokens, account, (error) => this.#warn(error));
        this.#accounts.add(connected);
        return connected;
      },
      ended: this.#line.ended,
      close: async () => {
        await Promise.all([...this.#accounts].map((account) => account.disconnect()));
        return this.#line.close();
      },
    };
    this.client = client;
  }

  async ask(method: string, params: unknown, limits: RequestLimits = {}): Promise<unknown> {
    const timeoutMs = limits.timeoutMs ?? this.#options.requestTimeoutMs ?? REQUEST_TIMEOUT_MS;
    const outcome = await this.#peer.request(method, params, { timeoutMs, signal: limits.signal });
    switch (outcome.kind) {
      case "result":
        return outcome.result;
      case "error":
        throw refusal(this.#line.name, method, outcome.error);
      case "aborted":
        throw new RequestError("cancelled", `${method} was cancelled.`);
      case "timeout":
        throw new UpstreamError(
          "app_server_gone",
          `${this.#line.name} did not answer ${method} within ${timeoutMs / 1000} s.`,
        );
      case "closed":
    }
    throw await this.#gone();
  }

  async #gone(): Promise<UpstreamError> {
    const { name, ended } = this.#line;
    const unknown = { code: null, signal: null, lastLog: [] };
    const late = new Promise<typeof unknown>((resolve) => setTimeout(() => resolve(unknown), LAST_WORDS_MS).unref());
    const { code, signal, lastLog } = await Promise.race([ended, late]);
    let how = "closed the connection";
    if (signal !== null) how = `was ended by ${signal}`;
    else if (code !== null) how = `ended with exit code ${code}`;
    const last = lastLog.at(-1);
    return new UpstreamError(
      "app_server_gone",
      `${name} ${how}${last === undefined ? "." : `: ${oneLine(last, MAX_TEXT_CHARS)}`}`,
    );
  }

  #listen(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #handle(method: ServerRequestMethod, handler: Handler): () => void {
    const handlers = this.#handlers.get(method) ?? [];
    this.#handlers.set(method, handlers);
    handlers.push(handler);
    return () => {
      const at = handlers.indexOf(handler);
      if (at >= 0) handlers.splice(at, 1);
    };
  }

  async #serve(method: string, params: unknown): Promise<unknown> {
    const handler = this.#handlers.get(method)?.at(-1);
    if (handler === undefined) throw new NoHandler(method);
    return handler(params);
  }

  #tell(notification: Notification): void {
    for (const listener of this.#listeners) {
      try {
        listener(notification);
      } catch (error) {
        this.#warn(error instanceof Error ? error : new Error(String(error)));
      }
    }
  }

  #warn(error: Error): void {
    this.#options.onWarning?.(error);
  }
}

class NoHandler extends Error {
  constructor(method: string) {
    super(`this client does not answer ${method}`);
  }
}

/** What the server is told of a handler that threw. */
function faultOf(error: unknown): RpcError {
  const message = error instanceof Error ? oneLine(error.message, MAX_TEXT_CHARS) : "the client failed to answer";
  return { code: error instanceof NoHandler ? METHOD_NOT_FOUND : INTERNAL_ERROR, message };
}

function refusal(name: string, method: string, { code, message }: RpcError): UpstreamError {
  return new UpstreamError("app_server_refused", `${name} refused ${method}: ${oneLine(message, MAX_TEXT_CHARS)}`, {
    cause: { status: null, upstreamCode: String(code), requestId: null, cfRay: null, systemCode: null },
  });
}
