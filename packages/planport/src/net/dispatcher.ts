/**
 * planport's own connection pools: direct, and one for each proxy.
 * @module
 */
import type { SecureContext } from "node:tls";
import { Agent, Dispatcher, ProxyAgent } from "undici";
import type { ProxyRule } from "./proxy.ts";
import { StreamPool, type StreamRequest } from "./stream/pool.ts";

/** Options of {@link PooledDispatcher}. */
export interface PoolOptions {
  readonly proxyRule: ProxyRule;
  /** Null for Node's own defaults. */
  readonly trust: SecureContext | null;
  readonly connectTimeoutMs: number;
  /** How long the head of an answer may take. */
  readonly headersTimeoutMs: number;
}

/** How long an unused connection is kept; servers that say otherwise are heeded. */
const KEEP_ALIVE_MS = 30_000;

/**
 * Sends each call through the right pool. It hands handlers on as they are, so streams pay nothing for it. Never the
 * global dispatcher of undici: other code in the process may have replaced that.
 */
export class PooledDispatcher extends Dispatcher {
  readonly #options: PoolOptions;
  readonly #direct: Agent;
  readonly #streams: StreamPool;
  readonly #proxied = new Map<string, ProxyAgent>();
  #closed: Promise<void> | null = null;

  constructor(options: PoolOptions) {
    super();
    this.#options = options;
    this.#direct = new Agent({ ...limits(options), connect: tlsOptions(options) });
    this.#streams = new StreamPool(options);
  }

  /** The proxy for a URL; null when there is none. */
  proxyFor(url: URL): URL | null {
    return this.#options.proxyRule(url);
  }

  override dispatch(options: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler): boolean {
    const origin = options.origin;
    const proxy = origin === undefined ? null : this.proxyFor(typeof origin === "string" ? new URL(origin) : origin);
    return (proxy === null || this.#closed !== null ? this.#direct : this.#through(proxy)).dispatch(options, handler);
  }

  /**
   * Like `dispatch`, but where no proxy is in between it goes over connections of our own, at half the cost for each piece
   * of the answer; they hand out bytes that are valid during the call alone.
   */
  dispatchStream(request: StreamRequest, handler: Dispatcher.DispatchHandler): void {
    if (this.#closed === null && this.proxyFor(new URL(request.origin)) === null)
      this.#streams.dispatch(request, handler);
    else
      this.dispatch(
        { ...request, method: request.method as Dispatcher.HttpMethod, headers: { ...request.headers } },
        handler,
      );
  }

  override close(): Promise<void>;
  override close(callback: () => void): void;
  override close(callback?: () => void): Promise<void> | void {
    this.#streams.close();
    this.#closed ??= Promise.all([this.#direct, ...this.#proxied.values()].map((pool) => pool.close())).then(() => {});
    if (callback === undefined) return this.#closed;
    void this.#closed.finally(callback);
  }

  #through(proxy: URL): ProxyAgent {
    let agent = this.#proxied.get(proxy.href);
    if (agent === undefined) {
      const connect = tlsOptions(this.#options);
      agent = new ProxyAgent({
        ...limits(this.#options),
        uri: proxy.href,
        requestTls: connect,
        proxyTls: connect,
        // Plain http goes to the proxy as RFC 9112 §3.2.2 has it: many proxies allow CONNECT to port 443 alone.
        proxyTunnel: false,
      });
      this.#proxied.set(proxy.href, agent);
    }
    return agent;
  }
}

function limits(options: PoolOptions): Agent.Options {
  return {
    headersTimeout: options.headersTimeoutMs,
    bodyTimeout: 0, // A model may think for minutes; who reads a stream judges its silence.
    keepAliveTimeout: KEEP_ALIVE_MS,
  };
}

function tlsOptions(options: PoolOptions): { timeout: number; secureContext?: SecureContext } {
  return {
    timeout: options.connectTimeoutMs,
    ...(options.trust !== null && { secureContext: options.trust }),
  };
}
