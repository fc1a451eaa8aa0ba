/**
 * What serves a method, and what it is given.
 * @module
 */
import type { RequestOptions, RequestOutcome } from "../json-rpc/index.ts";
import type { ClientInfo } from "./protocol/types/account.ts";
import type { ClientMethods, ServerNotifications, ServerRequests } from "./protocol/types/methods.ts";

/** Methods of the protocol. */
export type ClientMethod = keyof ClientMethods;
/** Methods by which the server tells something. */
export type NotificationMethod = keyof ServerNotifications;
/** Methods by which the server asks its client. */
export type ServerRequestMethod = keyof ServerRequests;

/** One client that is connected. */
export interface Client {
  /** Differs from that of any other client of this server. */
  readonly id: number;
  /** Who it is; as it said in `initialize`. */
  readonly info: ClientInfo;
  /** It has the capability `experimentalApi`. */
  readonly experimental: boolean;
  /** Aborted when it is gone. */
  readonly closed: AbortSignal;
  /** Tells it something, unless it has opted out of it. */
  notify<M extends NotificationMethod>(method: M, params: ServerNotifications[M]): void;
  /** Asks it. The result is not yet held to the protocol: see `checkAnswer`. */
  request<M extends ServerRequestMethod>(
    method: M,
    params: ServerRequests[M]["params"],
    options?: RequestOptions,
  ): Promise<RequestOutcome>;
}

/** What a handler is given besides the params. */
export interface RequestContext {
  readonly client: Client;
  /**
   * Runs `task` in the very turn in which the answer was sent, behind it: for what the client must hear after the answer.
   */
  readonly afterAnswer: (task: () => void) => void;
}

/** Serves one method. Errors of planport that it throws become answers: see `rpcErrorOf`. */
export type Handler<M extends ClientMethod> = (
  params: ClientMethods[M]["params"],
  context: RequestContext,
) => ClientMethods[M]["result"] | Promise<ClientMethods[M]["result"]>;

/** Handlers by method; a method that nobody serves is unknown. */
export type Handlers = { readonly [M in ClientMethod]?: Handler<M> };

/** Tells all clients that have come in. */
export interface Audience {
  broadcast<M extends NotificationMethod>(method: M, params: ServerNotifications[M]): void;
}
