/**
 * Calls through a proxy, by undici. In a module of its own, since loading undici costs 20 MB and most have no proxy.
 * @module
 */
import type { SecureContext } from "node:tls";
// By its file: in Bun the bare name is a stand-in of Bun's own, whose agents send nothing anywhere.
import { type Dispatcher, ProxyAgent } from "undici/index.js";
import type { StreamRequest } from "./stream/pool.ts";
import type { ExchangeWatch } from "./types.ts";

/** Options of {@link ProxyPools}. */
export interface ProxyPoolOptions {
  /** Null for Node's own defaults. */
  readonly trust: SecureContext | null;
  readonly connectTimeoutMs: number;
  /** How long the head of an answer may take. */
  readonly headersTimeoutMs: number;
}

/** How long an unused connection is kept; servers that say otherwise are heeded. */
const KEEP_ALIVE_MS = 30_000;

/** A pool for each proxy. */
export class ProxyPools {
  readonly #options: ProxyPoolOptions;
  readonly #agents = new Map<string, ProxyAgent>();

  constructor(options: ProxyPoolOptions) {
    this.#options = options;
  }

  /** Sends a call through `proxy`. */
  dispatch(proxy: URL, request: StreamRequest, handler: Dispatcher.DispatchHandler): void {
    const { watch, ...options } = request;
    this.#through(proxy).dispatch(
      { ...options, headers: { ...request.headers } as Record<string, string | string[]> },
      watch === undefined ? handler : new WatchedHandler(handler, watch),
    );
  }

  /** Resolves when running calls have ended. */
  async close(): Promise<void> {
    await Promise.all([...this.#agents.values()].map((agent) => agent.close()));
  }

  #through(proxy: URL): ProxyAgent {
    const known = this.#agents.get(proxy.href);
    if (known !== undefined) return known;
    const { trust, connectTimeoutMs, headersTimeoutMs } = this.#options;
    const connect = { timeout: connectTimeoutMs, ...(trust !== null && { secureContext: trust }) };
    const agent = new ProxyAgent({
      uri: proxy.href,
      headersTimeout: headersTimeoutMs,
      bodyTimeout: 0, // A model may think for minutes; who reads a stream judges its silence.
      keepAliveTimeout: KEEP_ALIVE_MS,
      requestTls: connect,
      proxyTls: connect,
      // Plain http goes to the proxy as RFC 9112 §3.2.2 has it: many proxies allow CONNECT to port 443 alone.
      proxyTunnel: false,
    });
    this.#agents.set(proxy.href, agent);
    return agent;
  }
}

/** Tells a watcher when undici has a connection for a call, which is right before it writes to it. */
class WatchedHandler implements Dispatcher.DispatchHandler {
  readonly #handler: Dispatcher.DispatchHandler;
  readonly #watch: ExchangeWatch;

  constructor(handler: Dispatcher.DispatchHandler, watch: ExchangeWatch) {
    this.#handler = handler;
    this.#watch = watch;
  }

  onRequestStart(controller: Dispatcher.DispatchController, context: unknown): void {
    this.#handler.onRequestStart?.(controller, context);
    if (controller.aborted) return;
    try {
      this.#watch.onSending?.();
    } catch (error) {
      controller.abort(error instanceof Error ? error : new Error("called off", { cause: error }));
      return;
    }
    queueMicrotask(() => this.#watch.onSent?.()); // It writes what is whole at hand in the same turn.
  }

  onResponseStart(...args: Parameters<NonNullable<Dispatcher.DispatchHandler["onResponseStart"]>>): void {
    this.#handler.onResponseStart?.(...args);
  }

  onResponseData(...args: Parameters<NonNullable<Dispatcher.DispatchHandler["onResponseData"]>>): void {
    this.#handler.onResponseData?.(...args);
  }

  onResponseEnd(...args: Parameters<NonNullable<Dispatcher.DispatchHandler["onResponseEnd"]>>): void {
    this.#handler.onResponseEnd?.(...args);
  }

  onResponseError(...args: Parameters<NonNullable<Dispatcher.DispatchHandler["onResponseError"]>>): void {
    this.#handler.onResponseError?.(...args);
  }
}
