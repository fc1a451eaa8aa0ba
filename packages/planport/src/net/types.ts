/**
 * How planport reaches other servers: one place for proxies, certificates and time limits.
 * @module
 */
import type { Dispatcher } from "undici";
import type { Socket } from "node:net";
import type { RequestHeaders } from "./stream/head.ts";
import type { StreamRequest } from "./stream/pool.ts";

/** Watches one exchange from as near as can be. Everything is told synchronously, in the turn in which it happens. */
export interface ExchangeWatch {
  /** The connection stands, and the request goes out when this returns. A throw calls it off, with nothing sent. */
  readonly onSending?: (() => void) | undefined;
  /** The whole request was handed to the socket. */
  readonly onSent?: (() => void) | undefined;
  /** More of the answer's body has come: all of it so far. Whether it is whole is for the watcher to tell. */
  readonly onBody?: ((status: number, soFar: Uint8Array) => void) | undefined;
}

/** Options of one {@link HttpClient.fetch}. */
export interface HttpFetchOptions {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
  readonly signal?: AbortSignal | undefined;
  /** The whole exchange, body included, must end within this time. */
  readonly timeoutMs?: number;
  readonly watch?: ExchangeWatch | undefined;
}

/** Sends calls, and hands over what comes back by the handler of undici's dispatch interface. */
export interface StreamDispatcher {
  /** What arrives is valid during the handler's call alone. */
  dispatchStream(request: StreamRequest, handler: Dispatcher.DispatchHandler): void;
}

/** A whole answer: the part of the Fetch standard's `Response` that planport needs. */
export interface HttpAnswer {
  readonly status: number;
  /** True for a 2xx. */
  readonly ok: boolean;
  /** `get` takes names in any case; iterating gives them in lower case. */
  readonly headers: Iterable<[name: string, value: string]> & { get(name: string): string | null };
  text(): Promise<string>;
  /** @throws {SyntaxError} when the body is no JSON. */
  json(): Promise<unknown>;
}

/** A request to change the protocol of a connection (RFC 9110 §7.8). */
export interface UpgradeRequest {
  readonly origin: string;
  /** With the query. */
  readonly path: string;
  /** Without `host` and `connection`, which are set. */
  readonly headers: RequestHeaders;
  readonly signal?: AbortSignal | undefined;
}

/** What became of an {@link UpgradeRequest}. */
export interface UpgradeAnswer {
  /** 101, or that of a refusal. */
  readonly status: number;
  /** Names in lower case; a name that came more than once has a list. */
  readonly headers: Readonly<Record<string, string | readonly string[]>>;
  /** After a 101: speaks the new protocol from its next byte on. It is paused, and its errors are for the caller. */
  readonly socket: Socket | null;
  /** Of a refusal: all of its body. */
  readonly body: Uint8Array;
}

/** A connection pool that honours `HTTPS_PROXY`, `NO_PROXY` and `CODEX_CA_CERTIFICATE`. */
export interface HttpClient {
  /**
   * For small exchanges (tokens, models, usage). Redirects are not followed: no OAuth or backend endpoint redirects, and
   * a bearer must not travel to a place nobody chose.
   * @throws {UpstreamError} `upstream_unreachable` with the host and the system's reason.
   */
  fetch(url: string, options?: HttpFetchOptions): Promise<HttpAnswer>;
  /**
   * Asks for another protocol on a connection of its own, through the proxy that there is for the server.
   * @throws {UpstreamError} `upstream_unreachable`; `upstream_malformed` for a refusal that is too long.
   * @throws {RequestError} `cancelled`
   */
  upgrade(request: UpgradeRequest): Promise<UpgradeAnswer>;
  /** For streams. */
  readonly dispatcher: StreamDispatcher;
  /** Closes idle connections. */
  close(): Promise<void>;
}
