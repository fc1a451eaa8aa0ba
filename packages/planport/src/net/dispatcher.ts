/**
 * planport's own connections: direct ones, and those through proxies.
 * @module
 */
import type { Dispatcher } from "undici";
import type { ProxyPoolOptions, ProxyPools } from "./proxied.ts";
import type { ProxyRule } from "./proxy.ts";
import { StreamPool, type StreamRequest } from "./stream/pool.ts";
import type { StreamDispatcher } from "./types.ts";

/** Options of {@link PooledDispatcher}. */
export interface PoolOptions extends ProxyPoolOptions {
  readonly proxyRule: ProxyRule;
}

/**
 * Sends each call over the right connection: without a proxy over our own, which cost half of undici's for each piece of
 * an answer, else through undici, which knows how to talk to proxies. Never by undici's global dispatcher: other code in
 * the process may have replaced that.
 */
export class PooledDispatcher implements StreamDispatcher {
  readonly #options: PoolOptions;
  readonly #direct: StreamPool;
  #proxied: Promise<ProxyPools> | null = null;
  #closed: Promise<void> | null = null;

  constructor(options: PoolOptions) {
    this.#options = options;
    this.#direct = new StreamPool(options);
  }

  /** The proxy for a URL; null when there is none. */
  proxyFor(url: URL): URL | null {
    return this.#options.proxyRule(url);
  }

  dispatchStream(request: StreamRequest, handler: Dispatcher.DispatchHandler): void {
    const proxy = this.#closed === null ? this.proxyFor(new URL(request.origin)) : null;
    if (proxy === null) this.#direct.dispatch(request, handler);
    else void this.#dispatchThrough(proxy, request, handler);
  }

  /** Closes unused connections, and the others when their calls have ended. */
  close(): Promise<void> {
    this.#closed ??= Promise.all([this.#direct.close(), this.#proxied?.then((pools) => pools.close())]).then(() => {});
    return this.#closed;
  }

  async #dispatchThrough(proxy: URL, request: StreamRequest, handler: Dispatcher.DispatchHandler): Promise<void> {
    try {
      this.#proxied ??= import("./proxied.ts").then((module) => new module.ProxyPools(this.#options));
      (await this.#proxied).dispatch(proxy, request, handler);
    } catch (error) {
      // As for a call that could not be made: undici throws for a header or path that cannot be sent.
      handler.onResponseError?.(undefined as never, error as Error);
    }
  }
}
