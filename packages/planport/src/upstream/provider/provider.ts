/**
 * Calls a provider: finds its address, shapes the request, sends it once.
 * @module
 */
import { Buffer } from "node:buffer";
import type { Grant } from "../../auth/token-source.ts";
import type { HttpClient } from "../../net/types.ts";
import { isLoopback } from "../../net/proxy.ts";
import { DEFAULT_CAPABILITIES } from "../../protocol/capabilities.ts";
import type { ModelInfo } from "../../protocol/models.ts";
import { type AccountCallContext, fetchAccounts, fetchCatalogue } from "../account-calls.ts";
import type { BodyStream } from "../byte-stream.ts";
import { Catalogue, findModel } from "../catalogue.ts";
import { CODEX_CLIENT_VERSION } from "../client-version.ts";
import { assertRoute, type Endpoints, moveToOrigin, resolveEndpoints, routeOf } from "../endpoints.ts";
import { eventsOf } from "../event-stream.ts";
import { responsesHeaders } from "../headers.ts";
import type { ClientIdentity } from "../identity.ts";
import { preparer, withCacheKey } from "../prepare.ts";
import { openRelay } from "../relay/open.ts";
import { abortable } from "../retry.ts";
import { createRouteFinder, DIRECT_ROUTE, type Route } from "../routing.ts";
import { fitReasoning } from "../sealed-reasoning.ts";
import type { ModelProvider, ProviderAnswer, ProviderCall, ProviderSettings } from "./types.ts";

/** Options of {@link createModelProvider}. */
export interface ModelProviderOptions {
  readonly settings: ProviderSettings;
  readonly http: HttpClient;
  readonly identity: ClientIdentity;
  /** Base of ChatGPT's own endpoints; default chatgpt.com's. */
  readonly chatgptBaseUrl?: string | undefined;
  /**
   * Where an account's calls go. Default: as `accounts/check` says, asked once for each account. Its errors are those of
   * {@link ModelProvider.open}.
   */
  readonly findRoute?: ((grant: Grant, signal: AbortSignal) => Promise<Route>) | undefined;
  /** Plain semver. Default {@link CODEX_CLIENT_VERSION}. */
  readonly clientVersion?: string;
  /** Milliseconds since the epoch. */
  readonly now?: () => number;
}

interface Target {
  readonly endpoints: Endpoints;
  readonly route: Route;
}

const MAX_TEXT_BYTES = 64 * 1024;

/** Makes one. Nothing is sent before the first call. */
export function createModelProvider(options: ModelProviderOptions): ModelProvider {
  return new Provider(options);
}

class Provider implements ModelProvider {
  readonly settings: ProviderSettings;
  readonly #options: ModelProviderOptions;
  readonly #context: AccountCallContext;
  readonly #findRoute: (grant: Grant, signal: AbortSignal) => Promise<Route>;
  readonly #catalogue: Catalogue<{ readonly grant: Grant; readonly endpoints: Endpoints }>;

  constructor(options: ModelProviderOptions) {
    this.settings = options.settings;
    this.#options = options;
    this.#context = {
      http: options.http,
      now: options.now ?? Date.now,
      identity: options.identity,
      clientVersion: options.clientVersion ?? CODEX_CLIENT_VERSION,
      closing: new AbortController().signal,
    };
    this.#findRoute = options.findRoute ?? this.#ownFinder();
    this.#catalogue = new Catalogue({
      now: this.#context.now,
      keyOf: ({ grant, endpoints }) => `${grant.accountId ?? grant.kind}|${endpoints.models}`,
      fetch: ({ grant, endpoints }) => fetchCatalogue(this.#context, endpoints, grant),
    });
  }

  async findModel(slug: string, grant: Grant | null, signal: AbortSignal): Promise<ModelInfo | null> {
    const endpoints = this.#endpoints(grant);
    // OpenAI's plain API and servers of others list names alone: nothing there says how to shape a request.
    if (grant === null || this.settings.id !== "openai" || endpoints.route === "platform")
      return findModel(this.#catalogue.snapshot, slug);
    const { catalogue } = await abortable(this.#catalogue.known({ grant, endpoints }), signal);
    return findModel(catalogue, slug);
  }

  async open(call: ProviderCall): Promise<ProviderAnswer> {
    const { grant, signal } = call;
    const { endpoints, route } = await this.#locate(grant, signal);
    const model = await this.findModel(call.request.model, grant, signal);
    // What servers of others give, and want back, is theirs to say.
    const isOpenai = this.settings.id === "openai";
    const asked = isOpenai ? fitReasoning(call.request, endpoints.route).request : call.request;
    const request = withCacheKey(asked, call.threadId);
    const shape = preparer(request, endpoints.route, { ...DEFAULT_CAPABILITIES, prompt_mode: call.promptMode });
    const { translation, body } = shape({ slug: request.model, model, effort: null, serviceTier: null });
    const url = this.#urlOf(endpoints);
    const headers = responsesHeaders(grant, {
      ...this.#context,
      routingOverride: route.override,
      threadId: call.threadId,
      model: translation.request.model,
      serviceTier: translation.request.service_tier ?? null,
      lite: translation.lite,
      turnState: call.turnState,
    });
    const { bearer } = this.settings;
    if (bearer !== null) headers["authorization"] = `Bearer ${bearer.reveal()}`;
    const answer = await openRelay({
      dispatcher: this.#options.http.dispatcher,
      origin: url.origin,
      path: url.pathname + url.search,
      method: "POST",
      headers: { ...headers, ...lowerCased(this.settings.headers) },
      body: Buffer.from(body, "utf8"),
      repeatable: true,
      idleTimeoutMs: this.settings.idleTimeoutMs,
      signal,
    });
    return toAnswer(answer.status, flatten(answer.headers), url.href, answer.body);
  }

  #ownFinder(): (grant: Grant) => Promise<Route> {
    const { accountsCheck } = resolveEndpoints({ chatgptBaseUrl: this.#options.chatgptBaseUrl });
    if (accountsCheck === null) return () => Promise.resolve(DIRECT_ROUTE);
    const finder = createRouteFinder((grant) => fetchAccounts(this.#context, accountsCheck, grant));
    return (grant) => finder.find(grant);
  }

  #endpoints(grant: Grant | null): Endpoints {
    const { baseUrl, id } = this.settings;
    const { chatgptBaseUrl } = this.#options;
    // Without a credential the built-in provider speaks to OpenAI's plain API, as with a key.
    const isPlatform = id === "openai" && (grant === null || routeOf(grant.kind) === "platform");
    if (baseUrl === null) return resolveEndpoints({ route: isPlatform ? "platform" : "codex", chatgptBaseUrl });
    const given = resolveEndpoints({ route: grant?.kind === "apiKey" ? "platform" : "codex", chatgptBaseUrl });
    return {
      ...given,
      explicit: true,
      codexBase: baseUrl,
      responses: `${baseUrl}/responses`,
      models: `${baseUrl}/models`,
    };
  }

  async #locate(grant: Grant | null, signal: AbortSignal): Promise<Target> {
    const endpoints = this.#endpoints(grant);
    if (grant !== null) assertRoute(grant.kind, endpoints.responses);
    const isRouted = this.settings.id === "openai" && grant !== null && routeOf(grant.kind) === "codex";
    if (!isRouted) return { endpoints, route: DIRECT_ROUTE };
    const route = await abortable(this.#findRoute(grant, signal), signal);
    if (route.origin === null || endpoints.explicit) return { endpoints, route };
    const moved = moveToOrigin(endpoints, route.origin);
    assertRoute(grant.kind, moved.responses);
    // A server on this machine stands in for OpenAI's; its tokens mean nothing to the origin that it names.
    return { endpoints: isLoopback(new URL(endpoints.responses).hostname) ? endpoints : moved, route };
  }

  #urlOf({ responses }: Endpoints): URL {
    const url = new URL(responses);
    for (const [name, value] of Object.entries(this.settings.query)) url.searchParams.set(name, value);
    return url;
  }
}

function lowerCased(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}

function flatten(headers: Readonly<Record<string, string | readonly string[]>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, typeof value === "string" ? value : value.join(", ")]),
  );
}

function toAnswer(
  status: number,
  headers: Readonly<Record<string, string>>,
  url: string,
  body: BodyStream,
): ProviderAnswer {
  return {
    status,
    headers,
    url,
    events: () => eventsOf(body, () => null),
    text: () => beginningOf(body),
    cancel: () => body.cancel(),
  };
}

function beginningOf(body: BodyStream): Promise<string> {
  return new Promise((resolve) => {
    const chunks: Uint8Array[] = [];
    let bytes = 0;
    const done = (): void => resolve(Buffer.concat(chunks).toString("utf8"));
    body.pipe({
      onBytes: (chunk) => {
        chunks.push(chunk.slice());
        bytes += chunk.length;
        if (bytes < MAX_TEXT_BYTES) return;
        body.cancel();
        done();
      },
      onEnd: done,
      onError: done,
    });
  });
}
