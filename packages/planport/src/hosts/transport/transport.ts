/**
 * A model transport on a ChatGPT plan, for agents that bring their own loop.
 * @module
 */
import type { Grant, TokenSource } from "../../auth/token-source.ts";
import { CredentialError } from "../../errors.ts";
import type { FetchFunction } from "../../net/fetch-client.ts";
import type { HttpClient } from "../../net/types.ts";
import type { ReasoningOptions, ResponsesRequest } from "../../protocol/responses/request.ts";
import { Secret } from "../../secret.ts";
import type { CodexClient } from "../../upstream/types.ts";
import { openSignInServer, type SignInServer, type SignInServerOptions } from "../server-options.ts";
import { EventMapper, type TransportEvent } from "./events.ts";
import { type Message, toFunctionTool, toItems, type TransportTool } from "./messages.ts";
import { listedModel, ModelRegistry, type ModelSpec, unknownModel } from "./models.ts";
import { warn } from "./tell-refresh.ts";
import { createTransportTokenSource } from "./token-source.ts";
import type { OnAuthRefresh, RefreshedAuth } from "./tokens.ts";

/** Where plans' model calls go. */
export const CODEX_BASE_URL = "https://chatgpt.com/backend-api/codex";

/** Options of {@link CodexTransport}: its fields, and how to reach the sign-in server. All may be left out. */
export interface CodexTransportOptions extends SignInServerOptions {
  /** Default `ChatGPT (Codex)`. */
  readonly name?: string | undefined;
  /** The access token; an enterprise's (`at-…`) as well. */
  readonly apiKey?: string | undefined;
  readonly refreshToken?: string | undefined;
  /** Seconds since the epoch, as a text. */
  readonly expiresAt?: string | undefined;
  readonly accountId?: string | undefined;
  /** Default {@link CODEX_BASE_URL}; else `CODEX_BASE_URL` of the environment. */
  readonly baseUrl?: string | undefined;
  /** A name is looked up in `models`. Default `gpt-4.1`. */
  readonly model?: ModelSpec | string | undefined;
  /** Default: all of {@link CODEX_MODELS}. */
  readonly models?: ModelRegistry | undefined;
  /** Makes the calls in place of planport's own connections, with whatever proxies it knows. */
  readonly fetch?: FetchFunction | undefined;
  readonly onAuthRefresh?: OnAuthRefresh | undefined;
  /** How often a failed call is tried again. Default 10. */
  readonly maxRetries?: number | undefined;
  /** The wait before the first retry, in milliseconds; it doubles each time. Default 5,000. */
  readonly retryBaseDelayMs?: number | undefined;
  /** Told of trouble that stopped nothing. Default: a warning of the process. */
  readonly onWarning?: ((error: Error) => void) | undefined;
  /** Milliseconds since the epoch. Default `Date.now`. */
  readonly now?: (() => number) | undefined;
}

/** Options of one {@link CodexTransport.stream}. */
export interface StreamOptions {
  /** Ends the call at once. */
  readonly signal?: AbortSignal | undefined;
  /** How the model is to think, such as `{ effort: "high", summary: "auto" }`. Default: as the model does by itself. */
  readonly reasoning?: ReasoningOptions | undefined;
  /** Of the conversation: the backend finds again what it has read before. */
  readonly threadId?: string | undefined;
}

interface Auth {
  apiKey: string;
  refreshToken: string;
  expiresAt: string;
  accountId: string;
}

/**
 * A transport: messages and tools go in, typed events come out. It keeps its tokens in its own fields, renews them 30 s before they
 * end, and tells `onAuthRefresh` of the new ones before they are used. Any number of calls may run at a time.
 *
 * All fields may be set at any time; the next call goes by them. The four about the sign-in are not shown when it is printed.
 */
export class CodexTransport {
  name: string;
  baseUrl: string;
  model: ModelSpec;
  models: ModelRegistry;
  fetch: FetchFunction | null;
  onAuthRefresh: OnAuthRefresh | null;
  maxRetries: number;
  retryBaseDelayMs: number;
  readonly #options: CodexTransportOptions;
  readonly #auth: Auth;
  #source: Promise<TokenSource> | null = null;
  #http: { readonly fetch: FetchFunction | null; readonly client: Promise<HttpClient> } | null = null;
  #client: { readonly key: readonly unknown[]; readonly client: Promise<CodexClient> } | null = null;

  constructor(options: CodexTransportOptions = {}) {
    const { apiKey = "", refreshToken = "", expiresAt = "", accountId = "", model = "gpt-4.1" } = options;
    this.#options = options;
    this.#auth = { apiKey, refreshToken, expiresAt, accountId };
    this.name = options.name ?? "ChatGPT (Codex)";
    this.baseUrl = options.baseUrl ?? ((options.env ?? process.env)["CODEX_BASE_URL"] || CODEX_BASE_URL);
    this.models = options.models ?? ModelRegistry.builtIn();
    this.model = typeof model === "string" ? (this.models.get(model) ?? unknownModel(model)) : model;
    this.fetch = options.fetch ?? null;
    this.onAuthRefresh = options.onAuthRefresh ?? null;
    this.maxRetries = options.maxRetries ?? 10;
    this.retryBaseDelayMs = options.retryBaseDelayMs ?? 5_000;
  }

  /** The access token. */
  get apiKey(): string {
    return this.#auth.apiKey;
  }

  /** The next call goes by it. */
  set apiKey(value: string) {
    this.#setAuth("apiKey", value);
  }

  /** Brings the next access token; empty when there is none. */
  get refreshToken(): string {
    return this.#auth.refreshToken;
  }

  /** The next call goes by it. */
  set refreshToken(value: string) {
    this.#setAuth("refreshToken", value);
  }

  /** When the access token ends: seconds since the epoch, as a text; empty when that is not known. */
  get expiresAt(): string {
    return this.#auth.expiresAt;
  }

  /** The next call goes by it. */
  set expiresAt(value: string) {
    this.#setAuth("expiresAt", value);
  }

  /** The workspace that is charged; empty for the one in the token. */
  get accountId(): string {
    return this.#auth.accountId;
  }

  /** The next call goes by it. */
  set accountId(value: string) {
    this.#setAuth("accountId", value);
  }

  /**
   * Asks the model. The events end with one `iteration_end`; leaving the loop early ends the call. Failures before the first
   * event are tried again, none after it, so that nothing is told twice.
   * @throws {CredentialError} `credential_missing` without `apiKey`, `credential_rejected`, `refresh_rejected`, …
   * @throws {UpstreamError} what the backend refused or could not do; `stream_interrupted` when the answer was cut off.
   * @throws {RequestError} `cancelled`
   */
  async *stream(
    messages: readonly Message[],
    tools: readonly TransportTool[] = [],
    system = "",
    options: StreamOptions = {},
  ): AsyncGenerator<TransportEvent, void, void> {
    const { signal, reasoning, threadId } = options;
    const request: ResponsesRequest = {
      model: this.model.id,
      input: toItems(messages, (id) =>
        warn(
          new Error(`The tool call ${id} has no result in this conversation; it was told as not executed.`),
          this.#options,
        ),
      ),
      stream: true,
      store: false,
      ...(system !== "" && { instructions: system }),
      ...(tools.length > 0 && {
        tools: tools.map(toFunctionTool),
        tool_choice: "auto",
        parallel_tool_calls: true,
      }),
      ...(reasoning !== undefined && { reasoning }),
    };
    const client = await this.#openClient();
    const { DEFAULT_CAPABILITIES } = await import("../../protocol/capabilities.ts");
    // A result whose call was cut out of the conversation goes on as a message.
    const capabilities = { ...DEFAULT_CAPABILITIES, bypass_tool_call_reactor: false };
    const answer = await client.send(request, { signal, threadId, capabilities });
    const mapper = new EventMapper(answer.servedModel ?? request.model);
    for await (const event of answer.events) yield* mapper.next(event);
  }

  /**
   * Fills `models` with those that the account has. When it cannot be asked, they are the built-in ones, and `onWarning` is told
   * why. `model` is brought up to date when it is among them, and else left as it is: names such as `gpt-4.1` work all the same.
   */
  async fetchModels(options: Pick<StreamOptions, "signal"> = {}): Promise<ModelRegistry> {
    this.models = (await this.#listModels(options)) ?? ModelRegistry.builtIn();
    this.model = this.models.get(this.model.id) ?? this.model;
    return this.models;
  }

  /** Waits for a refresh that is under way, and closes idle connections. The next call opens everything anew. */
  async close(): Promise<void> {
    const source = this.#source;
    const http = this.#http;
    this.#client = null;
    this.#source = null;
    this.#http = null;
    await (await source?.catch(() => null))?.settled?.();
    const client = await http?.client;
    if (client !== this.#options.http) await client?.close();
  }

  async #listModels(options: Pick<StreamOptions, "signal">): Promise<ModelRegistry | null> {
    if (this.#auth.apiKey.trim() === "") return null;
    try {
      const { models, live, error } = await (await this.#openClient()).models(options);
      const listed = models.filter(({ visibility }) => visibility !== "hide").map(listedModel);
      if (live && listed.length > 0) return new ModelRegistry(listed.map((model) => [model.id, model]));
      throw error ?? new Error("the list was empty");
    } catch (error) {
      const reason = error instanceof Error ? error.message : "it could not be read";
      warn(
        new Error(`The account's models could not be listed, so the built-in ones are shown: ${reason}`),
        this.#options,
      );
      return null;
    }
  }

  #setAuth(field: keyof Auth, value: string): void {
    if (this.#auth[field] === value) return;
    this.#auth[field] = value;
    this.#source = null;
  }

  #openClient(): Promise<CodexClient> {
    const key = [this.baseUrl, this.fetch, this.maxRetries, this.retryBaseDelayMs];
    if (this.#client?.key.every((value, index) => value === key[index]) !== true)
      this.#client = { key, client: this.#makeClient() };
    return this.#client.client;
  }

  async #makeClient(): Promise<CodexClient> {
    const { createCodexClient } = await import("../../upstream/client.ts");
    const { resolveEndpoints } = await import("../../upstream/endpoints.ts");
    const { http, client: identity } = await this.#openServer();
    return createCodexClient({
      http,
      identity,
      // The usual base is one from which a workspace's own is found; any other one is meant as it stands.
      endpoints: resolveEndpoints(this.baseUrl === CODEX_BASE_URL ? {} : { baseUrl: this.baseUrl }),
      retry: { maxRetries: this.maxRetries, baseDelayMs: this.retryBaseDelayMs },
      tokens: {
        get: async (options) => (await this.#tokens()).get(options),
        recover: async (rejected, options): Promise<Grant | null> => (await this.#tokens()).recover(rejected, options),
        explain: async (refusal, refused, options) =>
          (await (await this.#tokens()).explain?.(refusal, refused, options)) ?? refusal,
      },
    });
  }

  async #openServer(): Promise<SignInServer> {
    const { fetch } = this;
    if (this.#http?.fetch !== fetch) this.#http = { fetch, client: this.#makeHttp(fetch) };
    return openSignInServer({ ...this.#options, http: await this.#http?.client });
  }

  async #makeHttp(fetch: FetchFunction | null): Promise<HttpClient> {
    if (fetch !== null) return (await import("../../net/fetch-client.ts")).createFetchClient(fetch);
    const { createHttpClient } = await import("../../net/http-client.ts");
    return this.#options.http ?? createHttpClient({ env: this.#options.env ?? process.env });
  }

  #tokens(): Promise<TokenSource> {
    this.#source ??= this.#openSource().catch((error: unknown) => {
      this.#source = null;
      throw error;
    });
    return this.#source;
  }

  async #openSource(): Promise<TokenSource> {
    const auth = { ...this.#auth };
    const key = auth.apiKey.trim();
    if (key.startsWith("sk-"))
      throw new CredentialError(
        "credential_wrong_route",
        "apiKey holds an OpenAI API key (sk-…), which is never sent to the Codex backend. Sign in: runOAuthFlow() gives the tokens.",
      );
    const server = await this.#openServer();
    if (!key.startsWith("at-"))
      return createTransportTokenSource({
        ...this.#options,
        ...server,
        ...auth,
        onAuthRefresh: (refreshed) => this.#refreshed(refreshed, auth),
      });
    const { createTokenSource } = await import("../../auth/sources.ts");
    const { personalAccessTokenCredential } = await import("../../auth/personal-access-token.ts");
    const credential = personalAccessTokenCredential(new Secret(key), "apiKey", auth.accountId || null);
    return createTokenSource({ ...server, credential, store: null, place: "apiKey" });
  }

  /** The new tokens are the fields now, unless somebody has set others meanwhile; in any case their owner is told. */
  async #refreshed(auth: RefreshedAuth, spent: Auth): Promise<void> {
    if (this.#auth.refreshToken === spent.refreshToken) {
      this.#auth.apiKey = auth.api_key;
      this.#auth.refreshToken = auth.refresh_token;
      this.#auth.expiresAt = auth.expires_at;
      this.#auth.accountId = auth.account_id;
    }
    spent.refreshToken = auth.refresh_token;
    await this.onAuthRefresh?.(auth);
  }
}
