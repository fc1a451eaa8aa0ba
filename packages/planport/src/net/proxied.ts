/**
 * Calls through a proxy, by undici. In a module of its own, since loading undici costs 20 MB and most have no proxy.
 * @module
 */
import type { SecureContext } from "node:tls";
import { type Dispatcher, ProxyAgent } from "undici";
import type { StreamRequest } from "./stream/pool.ts";

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
    this.#through(proxy).dispatch({ ...request, headers: { ...request.headers } }, handler);
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
