/**
 * A server for model calls as Codex's configuration describes it (`model_providers`, openai/codex
 * `codex-rs/model-provider-info/src/lib.rs`), for callers that judge every answer themselves.
 * @module
 */
import type { Grant } from "../../auth/token-source.ts";
import type { PromptMode } from "../../protocol/capabilities.ts";
import type { ModelInfo } from "../../protocol/models.ts";
import type { CodexEvent } from "../../protocol/responses/event.ts";
import type { ResponsesRequest } from "../../protocol/responses/request.ts";
import type { Secret } from "../../secret.ts";

/** What is known of a provider before anything is sent. */
export interface ProviderSettings {
  /** Its name in `model_provider`: `openai` for the one that is built in. */
  readonly id: string;
  /** Base of `/responses`, without a slash at its end; null for the built-in one's own. */
  readonly baseUrl: string | null;
  /** Calls go out with the sign-in's credential. */
  readonly usesSignIn: boolean;
  /** Goes out in place of the sign-in's credential. */
  readonly bearer: Secret | null;
  /** Go out with each call. */
  readonly headers: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, string>>;
  /** Tries after the first for a 5xx and for a connection that failed before it had begun to answer. */
  readonly requestRetries: number;
  /** Tries after the first for a stream that broke, and for refusals that may pass. */
  readonly streamRetries: number;
  /** Longest silence within a stream. */
  readonly idleTimeoutMs: number;
}

/** One call. */
export interface ProviderCall {
  /** In the vocabulary of the Responses API; it is shaped for the server. */
  readonly request: ResponsesRequest;
  /** Null: nobody is signed in, or the provider wants no credential. */
  readonly grant: Grant | null;
  /** Goes out as `session-id`, `thread-id` and `x-client-request-id`, and as `prompt_cache_key`. */
  readonly threadId: string;
  /** `x-codex-turn-state` of an earlier answer of the same turn. */
  readonly turnState: string | null;
  /** Whether the model's own instructions go in front of the request's. */
  readonly promptMode: Extract<PromptMode, "merge_custom" | "passthrough">;
  readonly signal: AbortSignal;
}

/** An answer, whatever its status. Take its `events` or its `text`, or cancel it. */
export interface ProviderAnswer {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** Where the call went. */
  readonly url: string;
  /**
   * The decoded events, `response.failed` and `error` among them. Ends after the last event.
   * @throws {UpstreamError} from the iteration: `stream_interrupted` for a stream that ended early, `upstream_unreachable` for a
   * connection that broke, `stream_idle`, `upstream_malformed`.
   */
  events(): AsyncIterable<CodexEvent>;
  /** The body's beginning, at most 64 KiB, whatever becomes of the rest. */
  text(): Promise<string>;
  cancel(): void;
}

/** A provider that can be called. */
export interface ModelProvider {
  readonly settings: ProviderSettings;
  /** A model's entry in the list of the grant's account; null when it is not there. Never fails: there is a built-in list. */
  findModel(slug: string, grant: Grant | null, signal: AbortSignal): Promise<ModelInfo | null>;
  /**
   * Sends once, and waits for the answer's head.
   * @throws {UpstreamError} `upstream_unreachable`, `stream_idle`, `routing_failed`
   * @throws {CredentialError} `credential_rejected` when the account's server could not be asked for; `credential_wrong_route`
   * @throws {RequestError} `cancelled`; `request_invalid` for a request that cannot be shaped.
   */
  open(call: ProviderCall): Promise<ProviderAnswer>;
}
