/**
 * The Codex backend, or OpenAI's plain API, for one token source: routes, lists of models, model calls with retries.
 * @module
 */
import { createHash, randomUUID } from "node:crypto";
import type { Grant, TokenSource } from "../auth/token-source.ts";
import { RequestError, errorTable, isPlanportError, toPlanportError } from "../errors.ts";
import { isLoopback } from "../net/proxy.ts";
import type { HttpClient } from "../net/types.ts";
import type { ResponsesRequest } from "../protocol/responses/request.ts";
import type { UsageBody } from "../protocol/usage.ts";
import { type ModelRules, pinModels, type ResolvedModel, resolveModel } from "../translate/model-names.ts";
import { type AccountCallContext, fetchAccounts, fetchCatalogue, fetchUsage } from "./account-calls.ts";
import { type OpenedStream, openStream, type TimeLimit } from "./attempt.ts";
import { authorized } from "./authorized.ts";
import { Catalogue, visibleSlugs } from "./catalogue.ts";
import { CODEX_CLIENT_VERSION } from "./client-version.ts";
import {
  type BackendRoute,
  type Endpoints,
  assertGrant,
  assertRoute,
  moveToOrigin,
  resolveEndpoints,
} from "./endpoints.ts";
import { eventsOf } from "./event-stream.ts";
import { type FailureContext, failureFromEvent } from "./failure.ts";
import { responsesHeaders } from "./headers.ts";
import { type ClientIdentity, createIdentity } from "./identity.ts";
import { createImagesApi } from "./images.ts";
import { chooseModel, mergeRules, NO_LIST } from "./model-choice.ts";
import { type PreparedRequest, preparer, type Translation, withCacheKey } from "./prepare.ts";
import { usageFromHeaders } from "./rate-limits.ts";
import { createRelay, type RelaySetup } from "./relay/relay.ts";
import type { Relay } from "./relay/types.ts";
import {
  DEFAULT_RETRY_POLICY,
  type RetryPolicy,
  type Sleep,
  abortable,
  cancelled,
  decideRetry,
  sleep,
} from "./retry.ts";
import { DIRECT_ROUTE, type Route, type RouteFinder, createRouteFinder } from "./routing.ts";
import type { CodexClient, CodexResponse, ImagesApi, ModelList, SendOptions } from "./types.ts";

/** Options of {@link createCodexClient}. */
export interface CodexClientOptions {
  readonly tokens: TokenSource;
  readonly http: HttpClient;
  /** From `resolveEndpoints`. Default: chatgpt.com with workspace routing. */
  readonly endpoints?: Endpoints;
  /** From `createIdentity`. Default: planport's own. */
  readonly identity?: ClientIdentity;
  /** Plain semver. Default {@link CODEX_CLIENT_VERSION}. */
  readonly clientVersion?: string;
  /** Default {@link DEFAULT_RETRY_POLICY}. */
  readonly retry?: Partial<RetryPolicy>;
  /** Longest silence of the backend before and within a stream. Default 300 s, as in Codex. */
  readonly idleTimeoutMs?: number;
  /** How long a whole call may take, retries and the answer's end included. Default: as long as it takes. */
  readonly timeoutMs?: number | undefined;
  /** What names of models mean, and which may be used. A function is asked at each call. */
  readonly models?: ModelRules | (() => ModelRules) | undefined;
  /** Milliseconds since the epoch. */
  readonly now?: () => number;
  /** Uniform in [0, 1). */
  readonly random?: () => number;
  readonly sleep?: Sleep;
}

/** Makes a client. Nothing is sent before the first call. */
export function createCodexClient(options: CodexClientOptions): CodexClient {
  return new Client(options);
}

/** Whose list of models, and where it is. */
interface ModelCaller {
  readonly grant: Grant;
  readonly endpoints: Endpoints;
}

class Client implements CodexClient {
  readonly route: BackendRoute;
  readonly relay: Relay | undefined;
  readonly images: ImagesApi;
  readonly #tokens: TokenSource;
  readonly #endpoints: Endpoints;
  readonly #context: AccountCallContext;
  readonly #retry: RetryPolicy;
  readonly #idleTimeoutMs: number;
  readonly #timeoutMs: number | null;
  readonly #rules: () => ModelRules;
  readonly #random: () => number;
  readonly #sleep: Sleep;
  /** Null where there is nothing to find: on the platform route. */
  readonly #routes: RouteFinder | null;
  readonly #catalogue: Catalogue<ModelCaller>;
  readonly #closing = new AbortController();

  constructor(options: CodexClientOptions) {
    const now = options.now ?? Date.now;
    this.#tokens = options.tokens;
    this.#endpoints = options.endpoints ?? resolveEndpoints({});
    this.route = this.#endpoints.route;
    this.#context = {
      http: options.http,
      now,
      identity: options.identity ?? createIdentity({ env: process.env }),
      clientVersion: options.clientVersion ?? CODEX_CLIENT_VERSION,
      closing: this.#closing.signal,
    };
    this.#retry = { ...DEFAULT_RETRY_POLICY, ...options.retry };
    this.#idleTimeoutMs = options.idleTimeoutMs ?? 300_000;
    this.#timeoutMs = options.timeoutMs ?? null;
    const { models } = options;
    this.#rules = typeof models === "function" ? models : () => models ?? {};
    this.#random = options.random ?? Math.random;
    this.#sleep = options.sleep ?? sleep;
    this.relay = this.route === "platform" ? undefined : createRelay(this.#passage());
    this.images = createImagesApi({
      ...this.#passage(),
      caller: this.#context,
      retry: this.#retry,
      now,
      random: this.#random,
      sleep: this.#sleep,
    });
    const { accountsCheck } = this.#endpoints;
    this.#routes =
      accountsCheck === null ? null : createRouteFinder((grant) => fetchAccounts(this.#context, accountsCheck, grant));
    this.#catalogue = new Catalogue<ModelCaller>({
      now,
      keyOf: ({ grant, endpoints }) => `${grant.accountId ?? ""}|${endpoints.models}`,
      fetch: ({ grant, endpoints }) => fetchCatalogue(this.#context, endpoints, grant),
    });
  }

  /** What calls need that are not made from a Responses request. */
  #passage(): RelaySetup {
    return {
      http: this.#context.http,
      tokens: this.#tokens,
      endpoints: this.#endpoints,
      locate: (grant, signal) => this.#locate(grant, signal),
      idleTimeoutMs: this.#idleTimeoutMs,
    };
  }

  async send(request: ResponsesRequest, options: SendOptions = {}): Promise<CodexResponse> {
    const { signal } = options;
    throwIfAborted(signal);
    const call: ModelCall = {
      request,
      threadId: options.threadId ?? randomUUID(),
      turnState: options.turnState ?? null,
      headers: options.headers ?? {},
      signal,
      idleTimeoutMs: options.idleTimeoutMs ?? this.#idleTimeoutMs,
      rules: mergeRules(options.names, this.#rules()),
      limit: timeLimit(options.timeoutMs ?? this.#timeoutMs, this.#context.now),
      onAccount: options.onAccount,
      prepare: preparer(withCacheKey(request, options.threadId), this.route, options.capabilities),
    };
    const budget = { spent: false };
    for (let attempt = 0; ; attempt++) {
      try {
        return await authorized(this.#tokens, budget, signal, (grant) => this.#call(call, grant));
      } catch (thrown) {
        const error = toPlanportError(thrown);
        const delayMs = decideRetry(error, attempt, this.#retry, this.#random);
        if (delayMs === null || delayMs >= (call.limit()?.leftMs ?? Number.POSITIVE_INFINITY)) throw error;
        options.onRetry?.(error, delayMs);
        await this.#sleep(delayMs, signal);
        throwIfAborted(signal);
      }
    }
  }

  async account({ signal }: { readonly signal?: AbortSignal | undefined } = {}): Promise<string> {
    return accountKey(await abortable(this.#tokens.get({ signal }), signal));
  }

  async models(options: { readonly signal?: AbortSignal | undefined } = {}): Promise<ModelList> {
    const { signal } = options;
    return await authorized(this.#tokens, { spent: false }, signal, async (grant) => {
      const caller = { grant, endpoints: await this.#locateForModels(grant, signal) };
      const { catalogue, live, error } = await abortable(this.#catalogue.get(caller), signal);
      if (!live && isRejection(error)) throw error;
      const { pin, aliases } = this.#rules();
      const { models } = pinModels(catalogue, pin);
      return { models, live, error: error === null ? null : toPlanportError(error), aliases };
    });
  }

  async usage(options: { readonly signal?: AbortSignal | undefined } = {}): Promise<UsageBody> {
    const { signal } = options;
    const { usage } = this.#endpoints;
    if (usage === null) throw noPlan();
    return await authorized(this.#tokens, { spent: false }, signal, (grant) =>
      fetchUsage(this.#context, usage, grant, signal),
    );
  }

  close(): Promise<void> {
    this.#closing.abort();
    return this.#context.http.close();
  }

  async #call(call: ModelCall, grant: Grant): Promise<CodexResponse> {
    call.onAccount?.(grant.accountId ?? grant.kind);
    const { endpoints, route } = await this.#locate(grant, call.signal);
    const caller = { grant, endpoints };
    // OpenAI's plain API lists names alone: nothing there says how to shape a request.
    const isPlatform = this.route === "platform";
    const asked = call.request.model;
    const resolved = isPlatform
      ? resolveModel(asked, NO_LIST, call.rules)
      : await abortable(chooseModel(this.#catalogue, caller, asked, call.rules), call.signal);
    const { translation, body } = call.prepare(resolved);
    const { host, pathname } = new URL(endpoints.responses);
    const failureContext = (): FailureContext => ({
      nowMs: this.#context.now(),
      kind: grant.kind,
      model: call.request.model,
      knownModels: isPlatform ? [] : visibleSlugs(pinModels(this.#catalogue.peek(caller).catalogue, call.rules.pin)),
      place: host + pathname,
    });
    const opened = await openStream({
      dispatcher: this.#context.http.dispatcher,
      url: endpoints.responses,
      headers: {
        ...call.headers,
        ...responsesHeaders(grant, {
          ...this.#context,
          routingOverride: route.override,
          threadId: call.threadId,
          model: translation.request.model,
          serviceTier: translation.request.service_tier ?? null,
          lite: translation.lite,
          turnState: call.turnState,
        }),
      },
      body,
      idleTimeoutMs: call.idleTimeoutMs,
      total: call.limit(),
      signal: call.signal,
      failureContext,
    });
    this.#catalogue.notice(caller, opened.headers["x-models-etag"]);
    return toCodexResponse(opened, translation, grant, failureContext);
  }

  /** Without a route the list is asked for at the configured base: it is the better guess than no list. */
  async #locateForModels(grant: Grant, signal: AbortSignal | undefined): Promise<Endpoints> {
    try {
      return (await this.#locate(grant, signal)).endpoints;
    } catch (error) {
      if (isPlanportError(error) && errorTable[error.code].family === "upstream") return this.#endpoints;
      throw error;
    }
  }

  /** Where this grant's model calls go. Refuses wrong pairs of credential and server before anything is sent. */
  async #locate(
    grant: Grant,
    signal: AbortSignal | undefined,
  ): Promise<{ readonly endpoints: Endpoints; readonly route: Route }> {
    assertGrant(grant.kind, this.#endpoints);
    if (this.#endpoints.explicit || this.#routes === null) return { endpoints: this.#endpoints, route: DIRECT_ROUTE };
    const route = await abortable(this.#routes.find(grant), signal);
    if (route.origin === null) return { endpoints: this.#endpoints, route };
    const endpoints = moveToOrigin(this.#endpoints, route.origin);
    assertRoute(grant.kind, endpoints.responses);
    // A server on this machine stands in for OpenAI's; its tokens mean nothing to the origin that it names.
    const isStandIn = isLoopback(new URL(this.#endpoints.responses).hostname);
    return { endpoints: isStandIn ? this.#endpoints : endpoints, route };
  }
}

function isRejection(error: unknown): boolean {
  return isPlanportError(error) && error.code === "credential_rejected";
}

function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted === true) throw cancelled();
}

function timeLimit(limitMs: number | null, now: () => number): () => TimeLimit | null {
  if (limitMs === null) return () => null;
  const endMs = now() + limitMs;
  return () => ({ limitMs, leftMs: endMs - now() });
}

/** A key belongs to an account that it does not name, and stays the same; a sign-in's bearer would not. */
function accountKey({ kind, accountId, bearer }: Grant): string {
  if (accountId !== null) return accountId;
  if (kind === "chatgpt" || kind === "external") return kind;
  return `${kind}:${createHash("sha256").update(bearer.reveal(), "utf8").digest("hex").slice(0, 32)}`;
}

function noPlan(): RequestError<"not_supported"> {
  return new RequestError(
    "not_supported",
    "An OpenAI API key has no plan whose usage could be told: OpenAI bills what it uses, and shows it at " +
      "https://platform.openai.com/usage.",
  );
}

interface ModelCall {
  readonly request: ResponsesRequest;
  readonly threadId: string;
  readonly turnState: string | null;
  /** Beside planport's own. */
  readonly headers: Readonly<Record<string, string>>;
  readonly signal: AbortSignal | undefined;
  readonly idleTimeoutMs: number;
  readonly rules: ModelRules;
  /** What is left of its time. */
  readonly limit: () => TimeLimit | null;
  readonly onAccount: ((account: string) => void) | undefined;
  readonly prepare: (resolved: ResolvedModel) => PreparedRequest;
}

function toCodexResponse(
  opened: OpenedStream,
  translation: Translation,
  grant: Grant,
  failureContext: () => FailureContext,
): CodexResponse {
  const { headers, body } = opened;
  const failureOf: CodexResponse["failureOf"] = (event) => failureFromEvent(event, headers, failureContext);
  return {
    status: opened.status,
    headers,
    requestId: headers["x-request-id"] ?? headers["x-oai-request-id"] ?? null,
    servedModel: headers["openai-model"] ?? translation.request.model,
    usage: usageFromHeaders(headers),
    accountId: grant.accountId,
    lite: translation.lite,
    changes: translation.changes,
    events: eventsOf(body, failureOf),
    body,
    failureOf,
  };
}
