/**
 * Who the caller is to the backend.
 * @module
 */
import type { Secret } from "../secret.ts";

/** What is known of the person and workspace behind a credential. Display only, except for the two fields that go on the wire. */
export interface Identity {
  /** Goes on the wire as `chatgpt-account-id`; null when unknown. */
  readonly accountId: string | null;
  /** Goes on the wire as `x-openai-fedramp` when true. */
  readonly fedramp: boolean;
  readonly email: string | null;
  /** `plus`, `pro`, `enterprise`, …: free-form, as OpenAI names it. */
  readonly planType: string | null;
  readonly userId: string | null;
}

/** A sign-in to a ChatGPT plan: tokens that expire and rotate. */
export interface ChatGptCredential extends Identity {
  readonly kind: "chatgpt";
  readonly accessToken: Secret;
  /** Single-use: spending it gives a new one. Null in hand-made files; such a credential ends with its access token. */
  readonly refreshToken: Secret | null;
  readonly idToken: Secret | null;
  /** From the access token's `exp`, in milliseconds since the epoch; null when it has none that can be read. */
  readonly expiresAtMs: number | null;
  readonly lastRefreshAtMs: number | null;
}

/** An enterprise's Codex access token (`at-…`). Cannot be refreshed. */
export interface PersonalAccessTokenCredential extends Identity {
  readonly kind: "personalAccessToken";
  readonly token: Secret;
}

/** Tokens that a parent program owns and renews. Never written to disk. */
export interface ExternalCredential extends Identity {
  readonly kind: "external";
  readonly accessToken: Secret;
  readonly expiresAtMs: number | null;
}

/** A plain OpenAI API key (`sk-…`): good for the platform route alone, never for the Codex backend. */
export interface ApiKeyCredential {
  readonly kind: "apiKey";
  readonly key: Secret;
}

/** Any credential. Narrow on `kind`. */
export type Credential = ChatGptCredential | PersonalAccessTokenCredential | ExternalCredential | ApiKeyCredential;

/** The kinds of credential that are a ChatGPT plan's: what the Codex backend takes. */
export type PlanCredential = Exclude<Credential, ApiKeyCredential>;
