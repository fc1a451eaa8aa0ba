/**
 * How planport reaches other servers: one place for proxies, certificates and time limits.
 * @module
 */
import type { Dispatcher, Response } from "undici";
import type { StreamRequest } from "./stream/pool.ts";

/** Options of one {@link HttpClient.fetch}. */
export interface HttpFetchOptions {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
  readonly signal?: AbortSignal | undefined;
  /** The whole exchange, body included, must end within this time. */
  readonly timeoutMs?: number;
}

/** undici's interface, with a way of its own for streams. */
export interface StreamDispatcher extends Dispatcher {
  dispatchStream(request: StreamRequest, handler: Dispatcher.DispatchHandler): void;
}

/** A connection pool that honours `HTTPS_PROXY`, `NO_PROXY` and `CODEX_CA_CERTIFICATE`. */
export interface HttpClient {
  /**
   * For small exchanges (tokens, models, usage). Redirects are not followed: no OAuth or backend endpoint redirects, and
   * a bearer must not travel to a place nobody chose.
   * @throws {UpstreamError} `upstream_unreachable` with the host and the system's reason.
   */
  fetch(url: string, options?: HttpFetchOptions): Promise<Response>;
  /** Sends streams; what arrives is valid during the handler's call alone. */
  readonly dispatcher: StreamDispatcher;
  /** Closes idle connections. */
  close(): Promise<void>;
}
