/**
 * The parent's side of an app-server, as its users see it.
 * @module
 */
import type {
  ClientInfo,
  InitializeCapabilities,
  InitializeResponse,
} from "../../app-server/protocol/types/account.ts";
import type { ClientMethods, ServerNotifications, ServerRequests } from "../../app-server/protocol/types/methods.ts";
import type { TokenSource } from "../../auth/token-source.ts";

/** What can be asked of the server. */
export type RequestMethod = Exclude<keyof ClientMethods, "initialize">;
/** What the server may ask. */
export type ServerRequestMethod = keyof ServerRequests;
/** What the server tells. */
export type NotificationMethod = keyof ServerNotifications;

/**
 * A notification by its method. A newer server may send methods that these types do not know: they come as well, and fall through a
 * `switch` on `method`.
 */
export type Notification = {
  [M in NotificationMethod]: { readonly method: M; readonly params: ServerNotifications[M] };
}[NotificationMethod];

/** Limits of one request. */
export interface RequestLimits {
  /** In milliseconds. Default: {@link ConversationOptions.requestTimeoutMs}. */
  readonly timeoutMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** How a conversation is held, whatever carries it. */
export interface ConversationOptions {
  /** Who the parent is. The name is sent to the backend as `originator`. */
  readonly clientInfo: ClientInfo;
  /** Default: `{ experimentalApi: true }`, without which tokens cannot be handed over. */
  readonly capabilities?: InitializeCapabilities | undefined;
  /** How long an answer may take, in milliseconds. Default 60 s; answers to a turn's start come at once, its events later. */
  readonly requestTimeoutMs?: number | undefined;
  /** How long the server may take to begin, in milliseconds. Default 30 s. */
  readonly startTimeoutMs?: number | undefined;
  /** Told of what goes wrong while nobody waits: listeners that throw, tokens that cannot be pushed. */
  readonly onWarning?: ((error: Error) => void) | undefined;
}

/** Options of `spawnAppServer`. */
export interface SpawnOptions extends ConversationOptions {
  /**
   * The program and its arguments. Default: `["codex", "app-server"]`; planport's own is `["planport", "app-server"]`. On Windows
   * names of batch files are found as the shell finds them.
   */
  readonly command?: readonly string[] | undefined;
  readonly cwd?: string | undefined;
  /** Variables of the server. Default: this process's. */
  readonly env?: Readonly<Record<string, string | undefined>> | undefined;
  /** Told of each line that the server writes to standard error, without what looks like a token. */
  readonly onLog?: ((line: string) => void) | undefined;
}

/** Options of `connectAppServer`. */
export interface ConnectOptions extends ConversationOptions {
  /** `ws://127.0.0.1:PORT`, as the server printed it. */
  readonly url: string;
  /** The server's capability token. */
  readonly token?: string | undefined;
}

/** How a server ended. */
export interface AppServerEnd {
  /** Exit code of a server that was spawned; null when a signal ended it or another connection closed. */
  readonly code: number | null;
  readonly signal: string | null;
  /** The last lines it wrote to standard error, without what looks like a token. */
  readonly lastLog: readonly string[];
  /** True when `close()` was called before. */
  readonly expected: boolean;
}

/** What a turn is made of. */
export interface TurnOptions {
  readonly threadId: string;
  /** A text, or the protocol's own list of inputs. */
  readonly input: string | ClientMethods["turn/start"]["params"]["input"];
  /** More of `turn/start`'s params: `model`, `effort`, `cwd`, `approvalPolicy`, … */
  readonly more?: Partial<ClientMethods["turn/start"]["params"]> | undefined;
  /** Interrupts the turn. */
  readonly signal?: AbortSignal | undefined;
}

/** Options of {@link AppServerClient.connectAccount}. */
export interface AccountOptions {
  /** How long before its end a token is replaced, in milliseconds. Default 5 minutes. */
  readonly earlyMs?: number | undefined;
  /** Between two looks at the clock, in milliseconds. Default 15 s. */
  readonly intervalMs?: number | undefined;
  /** The only workspace to be used. Default: that of the first token. */
  readonly accountId?: string | undefined;
  /** Milliseconds since the epoch. */
  readonly now?: (() => number) | undefined;
}

/** An account that the parent lends to the server. */
export interface ConnectedAccount {
  /** The workspace. */
  readonly accountId: string;
  /** Pushes a token now if there is a newer one than the server has. */
  push(): Promise<void>;
  /** Logs the server out and takes the account back. Safe to call twice. */
  disconnect(): Promise<void>;
}

/** A conversation with an app-server. */
export interface AppServerClient {
  /** What the server said of itself. */
  readonly server: InitializeResponse;
  /**
   * Asks the server.
   * @throws {UpstreamError} `app_server_refused` with the server's words, and its code in `cause.upstreamCode`; `app_server_gone`.
   * @throws {RequestError} `cancelled`.
   */
  request<M extends RequestMethod>(
    method: M,
    ...rest: undefined extends ClientMethods[M]["params"]
      ? [params?: ClientMethods[M]["params"], limits?: RequestLimits]
      : [params: ClientMethods[M]["params"], limits?: RequestLimits]
  ): Promise<ClientMethods[M]["result"]>;
  /** Asks with a method that these types do not know. Throws as {@link AppServerClient.request}. */
  requestUntyped(method: string, params?: unknown, limits?: RequestLimits): Promise<unknown>;
  /** Hears one kind of notification until the returned function is called. */
  on<M extends NotificationMethod>(method: M, listener: (params: ServerNotifications[M]) => void): () => void;
  /** Hears every notification, in the order in which they come. */
  onAny(listener: (notification: Notification) => void): () => void;
  /**
   * Answers one kind of the server's requests until the returned function is called; a later handler goes before an earlier one. What it
   * throws is told to the server. Requests without a handler are answered with an error.
   */
  handle<M extends ServerRequestMethod>(
    method: M,
    handler: (
      params: ServerRequests[M]["params"],
    ) => ServerRequests[M]["result"] | Promise<ServerRequests[M]["result"]>,
  ): () => void;
  /**
   * Starts a turn and gives its notifications, the last of which is `turn/completed`. Whoever leaves early interrupts the turn.
   * @throws As {@link AppServerClient.request}.
   */
  streamTurn(options: TurnOptions): AsyncGenerator<Notification, void, void>;
  /**
   * Lends an account: logs the server in with the source's token, answers each of its requests for a fresh one, and pushes a fresh one
   * before the token ends. The refresh token stays here, with the one coordinator that all of planport shares, so that no server
   * spends it.
   * @throws {CredentialError} from the source; `credential_unsupported` for what is no ChatGPT sign-in, `workspace_forbidden`.
   * @throws As {@link AppServerClient.request}.
   */
  connectAccount(tokens: TokenSource, options?: AccountOptions): Promise<ConnectedAccount>;
  /** Resolves when the conversation is over, for whatever reason. Never rejects. */
  readonly ended: Promise<AppServerEnd>;
  /** Takes accounts back, ends the conversation and waits for the server's end. */
  close(): Promise<AppServerEnd>;
}
