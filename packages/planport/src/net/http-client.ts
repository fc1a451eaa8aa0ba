/**
 * The connection pool that everything in planport uses.
 * @module
 */
import { ConfigError, RequestError, UpstreamError } from "../errors.ts";
import { createTrust } from "./certificates.ts";
import { toConnectionError } from "./connection-error.ts";
import { PooledDispatcher } from "./dispatcher.ts";
import { BodyTooLong, exchange, type ExchangeAnswer } from "./exchange.ts";
import { createProxyRule, type Env } from "./proxy.ts";
import type { HttpAnswer, HttpClient, HttpFetchOptions } from "./types.ts";
import { openUpgrade } from "./upgrade/handshake.ts";

/** Options of {@link createHttpClient}. */
export interface HttpClientOptions {
  /** Read: `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY`, `NO_PROXY` (each also in lower case), `CODEX_CA_CERTIFICATE`, `SSL_CERT_FILE`. */
  readonly env: Env;
  /** How long making a connection may take. Default 15 s. */
  readonly connectTimeoutMs?: number;
  /** How long the head of an answer may take. Default 300 s, as Codex gives a silent stream. */
  readonly headersTimeoutMs?: number;
  /** Time limit of a `fetch` that names none. Default 30 s. */
  readonly fetchTimeoutMs?: number;
  /** Longest answer of a `fetch`. Default 16 MiB: model catalogues carry whole prompts. */
  readonly maxBodyBytes?: number;
}

/**
 * Makes the pool. Nothing connects before the first call.
 * @throws {ConfigError} `config_invalid` when a proxy or certificate variable cannot be used.
 */
export function createHttpClient(options: HttpClientOptions): HttpClient {
  const pool = {
    proxyRule: createProxyRule(options.env),
    trust: createTrust(options.env),
    connectTimeoutMs: options.connectTimeoutMs ?? 15_000,
    headersTimeoutMs: options.headersTimeoutMs ?? 300_000,
  };
  const dispatcher = new PooledDispatcher(pool);
  const fetchTimeoutMs = options.fetchTimeoutMs ?? 30_000;
  const maxBodyBytes = options.maxBodyBytes ?? 16 * 1024 * 1024;
  return {
    dispatcher,
    close: () => dispatcher.close(),
    upgrade: async (request) => {
      try {
        return await openUpgrade(request, { ...pool, maxBodyBytes });
      } catch (error) {
        if (error instanceof BodyTooLong) throw tooLong(new URL(request.origin), error);
        if (error instanceof Error && request.signal?.aborted !== true)
          throw toConnectionError(error, request.origin, dispatcher);
        throw cancelled();
      }
    },
    fetch: (url, fetchOptions = {}) =>
      fetchWhole(dispatcher, url, { timeoutMs: fetchTimeoutMs, ...fetchOptions }, maxBodyBytes),
  };
}

async function fetchWhole(
  dispatcher: PooledDispatcher,
  url: string,
  options: HttpFetchOptions & { readonly timeoutMs: number },
  maxBodyBytes: number,
): Promise<HttpAnswer> {
  const { signal, timeoutMs } = options;
  if (signal?.aborted === true) throw cancelled();
  const target = parseUrl(url);
  const running = exchange(dispatcher, {
    url: target,
    method: options.method ?? "GET",
    headers: options.headers ?? {},
    body: options.body ?? null,
    maxBodyBytes,
    watch: options.watch,
  });
  const onAbort = (): void => running.abort(cancelled());
  const timer = setTimeout(() => running.abort(timedOut(target, timeoutMs)), timeoutMs);
  signal?.addEventListener("abort", onAbort, { once: true });
  try {
    return toHttpAnswer(await running.answer);
  } catch (error) {
    if (error instanceof RequestError || error instanceof UpstreamError) throw error;
    if (error instanceof BodyTooLong) throw tooLong(target, error);
    throw toConnectionError(error, url, dispatcher);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", onAbort);
  }
}

function parseUrl(url: string): URL {
  if (URL.canParse(url)) {
    const parsed = new URL(url);
    if (parsed.protocol === "https:" || parsed.protocol === "http:") return parsed;
  }
  throw new ConfigError("config_invalid", `"${url.slice(0, 200)}" is not an http or https URL.`);
}

function toHttpAnswer({ status, headers, body }: ExchangeAnswer): HttpAnswer {
  const text = new TextDecoder().decode(body);
  return {
    status,
    ok: status >= 200 && status < 300,
    headers: {
      get: (name) => headers.get(name.toLowerCase()) ?? null,
      [Symbol.iterator]: () => headers[Symbol.iterator](),
    },
    text: async () => text,
    json: async () => JSON.parse(text) as unknown,
  };
}

function cancelled(): RequestError<"cancelled"> {
  return new RequestError("cancelled", "The request was cancelled.");
}

function timedOut(url: URL, timeoutMs: number): UpstreamError<"upstream_unreachable"> {
  return new UpstreamError("upstream_unreachable", `${url.host} did not answer within ${timeoutMs} ms.`, {
    cause: { status: null, upstreamCode: null, requestId: null, cfRay: null, systemCode: "ETIMEDOUT" },
  });
}

function tooLong(url: URL, error: BodyTooLong): UpstreamError<"upstream_malformed"> {
  return new UpstreamError("upstream_malformed", `${url.host}: ${error.message}`);
}
