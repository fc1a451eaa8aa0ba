/**
 * Sign-ins that rest somewhere: Codex's `auth.json`, or a variable.
 * @module
 */
import { STATUS_CODES } from "node:http";
import { readCredential } from "../../auth/auth-file.ts";
import { createChatGptSource } from "../../auth/chatgpt-source.ts";
import type { ApiKeyCredential, PersonalAccessTokenCredential } from "../../auth/credential.ts";
import type { AuthEndpoints } from "../../auth/endpoints.ts";
import type { ClientIdentity } from "../../auth/http.ts";
import { createPersonalAccessTokenSource, personalAccessTokenCredential } from "../../auth/personal-access-token.ts";
import { createSendRefresh, type RefreshFailure } from "../../auth/refresh.ts";
import { createStaticTokenSource } from "../../auth/sources.ts";
import { surfaces } from "../../auth/surfaces.ts";
import type { Grant, SteppedTokenSource, TokenSource } from "../../auth/token-source.ts";
import { guardGrants, guardRefresh } from "../../auth/workspace-guard.ts";
import { CredentialError, isPlanportError } from "../../errors.ts";
import type { HttpClient } from "../../net/types.ts";
import { Secret } from "../../secret.ts";
import type { CredentialStore } from "../../store/types.ts";
import type { Auth } from "./auth.ts";

/** What stored sign-ins need. */
export interface StoredOptions {
  /** Codex's own. */
  readonly store: CredentialStore;
  readonly http: HttpClient;
  readonly endpoints: AuthEndpoints;
  readonly client: ClientIdentity;
  /** Workspaces that are allowed; empty for any. */
  readonly workspaceIds: readonly string[];
  /** The value of `CODEX_ACCESS_TOKEN`. */
  readonly accessToken: string | undefined;
  readonly now: () => number;
  readonly onWarning: (error: Error) => void;
}

/**
 * The sign-in that there is: that of the variable, else that of the store. Null when there is none, or none that can be
 * used; why is told as a warning.
 */
export async function openStoredAuth(options: StoredOptions): Promise<Auth | null> {
  try {
    if (options.accessToken !== undefined)
      return personal(options, personalAccessTokenCredential(new Secret(options.accessToken), "$CODEX_ACCESS_TOKEN"));
    return await openFrom(options);
  } catch (error) {
    return unusable(error, options);
  }
}

/** The ChatGPT sign-in of another store, planport's own: lent to the server, which neither ends nor replaces it. */
export async function openLentAuth(options: StoredOptions): Promise<Auth | null> {
  try {
    const auth = await openFrom(options);
    return auth?.mode === "chatgpt" ? auth : null;
  } catch (error) {
    return unusable(error, options);
  }
}

function unusable(error: unknown, { onWarning }: StoredOptions): null {
  if (!isPlanportError(error)) throw error;
  onWarning(error);
  return null;
}

async function openFrom(options: StoredOptions): Promise<Auth | null> {
  const document = await options.store.read();
  const raw = document?.reveal();
  // Codex takes any text for a key, an empty one too.
  if (raw?.["auth_mode"] === "apikey" && typeof raw["OPENAI_API_KEY"] === "string")
    return apiKeyAuth({ kind: "apiKey", key: new Secret(raw["OPENAI_API_KEY"]) });
  const credential = document === null ? null : readCredential(document);
  if (credential === null) return null;
  if (credential.kind === "apiKey") return apiKeyAuth(credential);
  return credential.kind === "chatgpt" ? managed(options) : personal(options, credential);
}

function apiKeyAuth({ key }: ApiKeyCredential): Auth {
  const nobody = { accountId: null, fedramp: false, email: null, planType: null, userId: null };
  return {
    mode: "apikey",
    source: createStaticTokenSource({ kind: "apiKey", bearer: key, expiresAtMs: null, ...nobody }),
  };
}

function personal(options: StoredOptions, credential: PersonalAccessTokenCredential): Auth {
  const source = createPersonalAccessTokenSource({
    credential,
    place: options.store.place,
    http: options.http,
    whoamiUrl: options.endpoints.whoamiUrl,
    client: options.client,
    now: options.now,
  });
  return { mode: "personalAccessToken", source: guardGrants(source, options.workspaceIds) };
}

function managed(options: StoredOptions): Auth {
  const { store, endpoints, http, client, workspaceIds, now, onWarning } = options;
  const source = createChatGptSource({
    store,
    endpoints,
    sendRefresh: guardRefresh(createSendRefresh(http, client), workspaceIds),
    now,
    refreshEarlyMs: surfaces["app-server"].refreshEarlyMs,
    onWarning,
    onStep: () => {},
    allowedWorkspaceIds: workspaceIds,
  });
  return new Managed(source, workspaceIds, onWarning);
}

/** How far a request has come with its 401s. */
type Step = "reloaded" | "refreshed";

/**
 * A sign-in that refreshes itself. A refused bearer is first looked for in the store again, and only then refreshed
 * (codex-rs/login/src/auth/manager.rs): how far a request has come is noted for the grant that it was given.
 */
class Managed implements Auth {
  readonly mode = "chatgpt";
  readonly source: TokenSource;
  readonly #inner: SteppedTokenSource;
  readonly #onWarning: (error: Error) => void;
  readonly #steps = new WeakMap<Grant, Step>();
  #isOver = false;

  constructor(inner: SteppedTokenSource, workspaceIds: readonly string[], onWarning: (error: Error) => void) {
    this.#inner = inner;
    this.#onWarning = onWarning;
    const source: TokenSource = {
      ...inner,
      get: (options) => this.#told(inner.get(options)),
      recover: (rejected, options) => this.#recover(rejected, options?.signal),
    };
    this.source = guardGrants(source, workspaceIds);
  }

  async renew(): Promise<boolean> {
    try {
      await this.#told(this.#inner.renew("forced"));
      return true;
    } catch (error) {
      if (!isPlanportError(error)) throw error;
      this.#onWarning(error);
      return false;
    }
  }

  isOver(): boolean {
    return this.#isOver;
  }

  async #recover(rejected: Grant, signal: AbortSignal | undefined): Promise<Grant | null> {
    const step = this.#steps.get(rejected);
    if (step === "refreshed") return null;
    const next = step === undefined ? "reloaded" : "refreshed";
    const given =
      next === "reloaded" ? this.#inner.reload({ signal }) : this.#inner.renew("unauthorized_recovery", { signal });
    const grant = { ...(await this.#told(given)) };
    if (grant.accountId !== rejected.accountId)
      throw new CredentialError(
        "credential_rejected",
        "Your access token could not be refreshed because you have since logged out or signed in to another account. Please sign in again.",
      );
    this.#steps.set(grant, next);
    return grant;
  }

  async #told(given: Promise<Grant>): Promise<Grant> {
    try {
      const grant = await given;
      this.#isOver = false;
      return grant;
    } catch (error) {
      if (isPlanportError(error) && error.code === "refresh_rejected") this.#isOver = true;
      throw inCodexWords(error);
    }
  }
}

const REJECTED: Readonly<Record<string, string>> = {
  refresh_token_expired: " because your refresh token has expired",
  refresh_token_reused: " because your refresh token was already used",
  refresh_token_invalidated: " because your refresh token was revoked",
};

/** What a client is told of a refresh that failed: it shows it to a person who may know these words from Codex. */
function inCodexWords(error: unknown): unknown {
  if (!isPlanportError(error) || (error.code !== "refresh_rejected" && error.code !== "refresh_unavailable"))
    return error;
  const failure = error.cause as RefreshFailure | undefined;
  if (error.code === "refresh_rejected")
    return new CredentialError(
      "refresh_rejected",
      `Your access token could not be refreshed${REJECTED[failure?.upstreamCode ?? ""] ?? ""}. Please log out and sign in again.`,
      { cause: error.cause },
    );
  if (typeof failure?.status !== "number") return error;
  const reason = STATUS_CODES[failure.status] ?? "";
  return new CredentialError("refresh_unavailable", `Failed to refresh token: ${failure.status} ${reason}`.trimEnd(), {
    cause: error.cause,
  });
}
