// Made by `npm run build` from packages/planport/src/hosts/pi/extension; change that.
import { ProxyAgent } from "undici/index.js";

// packages/planport/src/net/proxied.ts
/** How long an unused connection is kept; servers that say otherwise are heeded. */
const KEEP_ALIVE_MS = 3e4;
/** A pool for each proxy. */
var ProxyPools = class {
	#options;
	#agents = /* @__PURE__ */ new Map();
	constructor(options) {
		this.#options = options;
	}
	/** Sends a call through `proxy`. */
	dispatch(proxy, request, handler) {
		const { watch, ...options } = request;
		this.#through(proxy).dispatch({
			...options,
			headers: { ...request.headers }
		}, watch === void 0 ? handler : new WatchedHandler(handler, watch));
	}
	/** Resolves when running calls have ended. */
	async close() {
		await Promise.all([...this.#agents.values()].map((agent) => agent.close()));
	}
	#through(proxy) {
		const known = this.#agents.get(proxy.href);
		if (known !== void 0) return known;
		const { trust, connectTimeoutMs, headersTimeoutMs } = this.#options;
		const connect = {
			timeout: connectTimeoutMs,
			...trust !== null && { secureContext: trust }
		};
		const agent = new ProxyAgent({
			uri: proxy.href,
			headersTimeout: headersTimeoutMs,
			bodyTimeout: 0,
			keepAliveTimeout: KEEP_ALIVE_MS,
			requestTls: connect,
			proxyTls: connect,
			proxyTunnel: false
		});
		this.#agents.set(proxy.href, agent);
		return agent;
	}
};
/** Tells a watcher when undici has a connection for a call, which is right before it writes to it. */
var WatchedHandler = class {
	#handler;
	#watch;
	constructor(handler, watch) {
		this.#handler = handler;
		this.#watch = watch;
	}
	onRequestStart(controller, context) {
		this.#handler.onRequestStart?.(controller, context);
		if (controller.aborted) return;
		try {
			this.#watch.onSending?.();
		} catch (error) {
			controller.abort(error instanceof Error ? error : new Error("called off", { cause: error }));
			return;
		}
		queueMicrotask(() => this.#watch.onSent?.());
	}
	onResponseStart(...args) {
		this.#handler.onResponseStart?.(...args);
	}
	onResponseData(...args) {
		this.#handler.onResponseData?.(...args);
	}
	onResponseEnd(...args) {
		this.#handler.onResponseEnd?.(...args);
	}
	onResponseError(...args) {
		this.#handler.onResponseError?.(...args);
	}
};

export { ProxyPools };