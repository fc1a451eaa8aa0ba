/**
 * What one call to the backend takes and gives.
 * @module
 */
import type { AnyPlanportError, UpstreamError } from "../errors.ts";
import type { Capabilities } from "../protocol/capabilities.ts";
import type { ModelCatalogue } from "../protocol/models.ts";
import type { CodexEvent } from "../protocol/responses/event.ts";
import type { ResponsesRequest } from "../protocol/responses/request.ts";
import type { Change } from "../translate/change.ts";
import type { ModelRules } from "../translate/model-names.ts";
import type { BackendRoute } from "./endpoints.ts";
import type { UsageBody, UsageSnapshot } from "../protocol/usage.ts";
import type { ImageKind } from "../protocol/images/request.ts";
import type { JsonObject } from "../protocol/json.ts";
import type { Relay, RelayAnswer } from "./relay/types.ts";

/** Options of one {@link CodexClient.send}. */
export interface SendOptions {
  /** Ends the call at once, wherever it stands. */
  readonly signal?: AbortSignal | undefined;
  /**
   * Of the conversation: goes out as `session-id`, `thread-id` and `x-client-request-id`, and as `prompt_cache_key` when
   * the request names none, as Codex does it. A fresh UUID, without a `prompt_cache_key`, when absent.
   */
  readonly threadId?: string | undefined;
  /** `x-codex-turn-state` of an earlier answer of the same turn: keeps the turn on one server. */
  readonly turnState?: string | undefined;
  /** Further headers, names in lower case. They never stand in for planport's own. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** What names of models mean to this caller, beside what the client itself was told; where the two differ, the client's wins. */
  readonly names?: Pick<ModelRules, "aliases" | "claudeNames" | "defaultModel"> | undefined;
  /** How long the whole call may take, its answer's end included, in milliseconds. Default: the client's. */
  readonly timeoutMs?: number | undefined;
  /** Told who the call is for, once that is known: the account's id, else the kind of the credential. */
  readonly onAccount?: ((account: string) => void) | undefined;
  /** How the request is to be shaped. Default: `DEFAULT_CAPABILITIES` of planport/protocol. */
  readonly capabilities?: Capabilities | undefined;
  /** Longest silence of the backend in this call, in milliseconds. Default: the client's. */
  readonly idleTimeoutMs?: number | undefined;
  /** Told before each wait for another try: what failed, and the wait in milliseconds. */
  readonly onRetry?: ((error: AnyPlanportError, delayMs: number) => void) | undefined;
}

/** A list of models, and whether it is the account's. */
export interface ModelList extends ModelCatalogue {
  /** True: the backend gave this list, now or a while ago. False: it is planport's built-in list. */
  readonly live: boolean;
  /** Why the backend could not be asked just now; null when it could, or when the list is fresh enough. */
  readonly error: AnyPlanportError | null;
  /** The person's own names for models; they are not among `models`. */
  readonly aliases?: Readonly<Record<string, string>> | undefined;
}

/** Takes the bytes of an answer as they arrive, in push style. */
export interface ByteSink {
  /** The next bytes. They are only valid during the call unless copied. */
  onBytes(bytes: Uint8Array): void;
  /** The answer ended as HTTP says it should. */
  onEnd(): void;
  /** The answer was cut off. */
  onError(error: Error): void;
}

/** The body of an answer: nothing flows until it is piped or iterated, and it can be used once. */
export interface ByteStream {
  /** Starts the flow into `sink`. */
  pipe(sink: ByteSink): void;
  /** Stops the flow until {@link ByteStream.resume}: the socket fills up and the backend waits. */
  pause(): void;
  resume(): void;
  /** Ends the call to the backend at once. The sink hears nothing more. */
  cancel(): void;
}

/**
 * The head of an answer, and its body in one of two forms: take `events` or `body`, not both. One that nobody takes holds
 * its connection until the idle limit: cancel it.
 */
export interface CodexResponse {
  /** Always a 2xx: anything else is thrown. */
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly requestId: string | null;
  /** The model that served (`openai-model`), else the one that was asked for. */
  readonly servedModel: string | null;
  /** From the rate-limit headers; null when there were none. */
  readonly usage: UsageSnapshot | null;
  /** The account that served. */
  readonly accountId: string | null;
  /** The request went out in Responses-Lite shape. */
  readonly lite: boolean;
  /** What of the request could not be sent as it was. */
  readonly changes: readonly Change[];
  /**
   * The decoded events. Iteration ends after the terminal event and throws an UpstreamError for `response.failed`, a
   * cut-off (`stream_interrupted`), data that is not JSON (`upstream_malformed`) or a silence longer than the idle limit
   * (`stream_idle`).
   */
  readonly events: AsyncIterable<CodexEvent>;
  readonly body: ByteStream;
  /** The error that `events` throws for this event, null for one that is no failure: for those who read `body`. */
  readonly failureOf: (event: CodexEvent) => UpstreamError | null;
}

/** Options of {@link ImagesApi}'s calls. */
export interface ImageOptions {
  readonly signal?: AbortSignal | undefined;
  /** Of the conversation; a fresh UUID when absent. */
  readonly threadId?: string | undefined;
}

/** What the Codex backend's image path made. */
export interface ImageAnswer {
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: JsonObject;
}

/** A call for OpenAI's plain API, as it came in. */
export interface ImagePass {
  readonly contentType: string;
  /** Null when the client did not say. */
  readonly accept: string | null;
  readonly body: Uint8Array;
}

/** The backend's images API. */
export interface ImagesApi {
  /**
   * Makes images by the Codex backend's image path; a failure after which nothing can have been made is retried as the policy says. Null when it has no such path
   * (404 or 405), which is remembered for an hour.
   * @throws {UpstreamError | CredentialError | RequestError} as {@link CodexClient.send}; `upstream_malformed` also for an
   * answer that is no JSON object.
   */
  make(kind: ImageKind, body: JsonObject, options?: ImageOptions): Promise<ImageAnswer | null>;
  /**
   * Passes a call on to OpenAI's plain API; the answer comes whatever its status, but for a 401.
   * @throws {UpstreamError | CredentialError | RequestError}
   */
  pass(kind: ImageKind | "variations", call: ImagePass, options?: ImageOptions): Promise<RelayAnswer>;
}

/** The Codex backend, or for an API key OpenAI's plain API, as the rest of planport sees it. */
export interface CodexClient {
  /** Which of the two it speaks to. */
  readonly route: BackendRoute;
  /** Passes calls on as they came. Clients of OpenAI's plain API lack it. */
  readonly relay?: Relay | undefined;
  /** Makes images. A client without it makes them by the tool alone. */
  readonly images?: ImagesApi | undefined;
  /**
   * A stable name of the account that a call made now is for: to keep apart what is remembered for different ones.
   * @throws {CredentialError} as {@link CodexClient.send}.
   */
  account(options?: { readonly signal?: AbortSignal | undefined }): Promise<string>;
  /**
   * One model call. Failures before the first output event, including a `response.failed` hidden in a 200, are retried
   * as the policy says and then thrown; after it they come out of the stream.
   * @throws {UpstreamError | CredentialError | RequestError}
   */
  send(request: ResponsesRequest, options?: SendOptions): Promise<CodexResponse>;
  /** The account's live catalogue, cached; the built-in snapshot, marked as such, when it cannot be had. */
  models(options?: { readonly signal?: AbortSignal | undefined }): Promise<ModelList>;
  /**
   * The plan's limits, live.
   * @throws {RequestError} `not_supported` on the platform route: an API key has no plan.
   */
  usage(options?: { readonly signal?: AbortSignal | undefined }): Promise<UsageBody>;
  /** Ends calls of `models` and `usage` that are under way, and closes idle connections. Running model calls go on. */
  close(): Promise<void>;
}
