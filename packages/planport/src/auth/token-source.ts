/**
 * The one thing the rest of planport asks auth for: a bearer that works now.
 * @module
 */
import type { CredentialError } from "../errors.ts";
import type { Secret } from "../secret.ts";
import type { Credential, Identity } from "./credential.ts";
import type { KeepFreshOptions } from "./keep-fresh.ts";
import type { RefreshReason } from "./oauth/token-endpoint.ts";

/** A bearer that was fresh when it was given, and what goes on the wire with it. */
export interface Grant extends Identity {
  readonly kind: Credential["kind"];
  readonly bearer: Secret;
  /** Milliseconds since the epoch; null when the bearer does not say. */
  readonly expiresAtMs: number | null;
}

/** Where bearers come from. Implementations refresh at most once at a time. */
export interface TokenSource {
  /**
   * A bearer that is not about to expire, refreshed first where that is needed.
   * @throws {CredentialError} `credential_missing`, `credential_malformed`, `credential_unreadable`, `refresh_rejected`, …
   */
  get(options?: { readonly signal?: AbortSignal | undefined }): Promise<Grant>;
  /**
   * Called when the backend answered 401 to `rejected`: gives another bearer, or null when there is none to be had and
   * the 401 stands. Concurrent calls for the same bearer share one refresh.
   * @throws {CredentialError} `refresh_rejected` when the sign-in is over and only a new one helps.
   */
  recover(rejected: Grant, options?: { readonly signal?: AbortSignal | undefined }): Promise<Grant | null>;
  /**
   * Called when a refusal of the backend stands: a 401 that {@link TokenSource.recover} had no other bearer for, or a 403.
   * Gives an error that says more of it, or the refusal as it is. Sources that know no more than the backend lack it.
   * @throws {RequestError} `cancelled` when the signal was aborted.
   */
  explain?(
    refusal: CredentialError,
    refused: Grant,
    options?: { readonly signal?: AbortSignal | undefined },
  ): Promise<CredentialError>;
  /**
   * Refreshes in the background, long before the bearer ends, until the returned function is called. Failures are told as
   * warnings and tried again; nobody waits. The process is not kept for it. Sources that never refresh lack it.
   */
  keepFresh?(options?: KeepFreshOptions): () => void;
  /**
   * Resolves when no refresh is under way, at the latest after 35 s; never rejects. A refresh goes on when nobody waits
   * for it any more, and a process that ends meanwhile loses the token that is on its way: await this before.
   */
  settled?(): Promise<void>;
}

/** A token source whose steps can be asked for one by one, by a program that decides itself when to take which. */
export interface SteppedTokenSource extends TokenSource {
  /** What the store holds now, taken over when it is news. Nothing is refreshed. */
  reload(options?: { readonly signal?: AbortSignal | undefined }): Promise<Grant>;
  /**
   * Refreshes, however much of the token's life is left; when the store holds news, those are it.
   * @throws {CredentialError} `refresh_rejected`, `refresh_unavailable`, … Their cause has `status` and `upstreamCode` of
   * the server's answer, where there was one.
   */
  renew(reason: RefreshReason, options?: { readonly signal?: AbortSignal | undefined }): Promise<Grant>;
}
