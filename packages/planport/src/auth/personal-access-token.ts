/**
 * An enterprise's Codex access token (`at-…`): whose it is, and a source of it.
 * (codex-rs/login/src/auth/personal_access_token.rs)
 * @module
 */
import { CredentialError } from "../errors.ts";
import type { HttpClient } from "../net/types.ts";
import { asString, isJsonObject, tryParseJson } from "../protocol/json.ts";
import type { Secret } from "../secret.ts";
import { isTokenText } from "./auth-file.ts";
import type { Identity, PersonalAccessTokenCredential } from "./credential.ts";
import {
  type AuthRequest,
  type AuthResponse,
  type ClientIdentity,
  connectionFault,
  identityHeaders,
  sendAuthRequest,
} from "./http.ts";
import { readServerError } from "./server-text.ts";
import { isCancelled, shareCall } from "./wait.ts";
import type { Grant, TokenSource } from "./token-source.ts";

const WHOAMI_TIMEOUT_MS = 15_000;

/**
 * The credential for a token out of an environment variable or a prompt.
 * @param origin Where the token came from, for messages: `$CODEX_PAT`, say, or `standard input`.
 * @throws {CredentialError} `credential_unsupported` when it is an API key or another kind of token;
 * `credential_malformed` when it cannot be a token at all.
 */
export function personalAccessTokenCredential(
  token: Secret,
  origin: string,
  accountId: string | null = null,
): PersonalAccessTokenCredential {
  const text = token.reveal();
  const place = origin.charAt(0).toUpperCase() + origin.slice(1);
  // A variable goes on to win over every sign-in; elsewhere there is nothing to unset.
  const remedy = origin.startsWith("$") ? "unset it and run `planport login`" : "run `planport login`";
  if (text.startsWith("sk-"))
    throw new CredentialError(
      "credential_unsupported",
      `${place} holds an OpenAI API key (sk-…). API keys do not work with a ChatGPT plan's backend: ${remedy}, or give a ` +
        "Codex access token (at-…) in its place.",
    );
  if (!text.startsWith("at-"))
    throw new CredentialError(
      "credential_unsupported",
      `${place} must hold a Codex access token, which starts with \`at-\`. Other tokens (agent identities, access tokens ` +
        `cut out of an auth.json) are not taken: ${remedy}.`,
    );
  if (!isTokenText(text) || text === "at-")
    throw new CredentialError(
      "credential_malformed",
      `${place} holds a Codex access token that is cut off, or has blanks or other foreign characters in it.`,
    );
  return { kind: "personalAccessToken", token, accountId, fedramp: false, email: null, planType: null, userId: null };
}

/** Asks whose token it is. */
function buildWhoamiRequest(whoamiUrl: string, token: Secret, client: ClientIdentity): AuthRequest {
  return { method: "GET", url: whoamiUrl, headers: identityHeaders(client), body: null, bearer: token };
}

/**
 * Reads the answer: `{email, chatgpt_user_id, chatgpt_account_id, chatgpt_plan_type, chatgpt_account_is_fedramp}`, of
 * which only the account is needed to make requests.
 * @param place Where the token came from, for messages.
 * @throws {CredentialError} `credential_rejected` for 401 and 403; `refresh_unavailable` for anything else that is no answer.
 */
function parseWhoamiResponse(response: AuthResponse, place: string): Identity {
  const { status } = response;
  if (status === 401 || status === 403)
    throw new CredentialError(
      "credential_rejected",
      `The Codex access token from ${place} was refused (${status}): it is revoked, expired, or not allowed in this ` +
        "workspace. Mint a new token in the workspace's settings and put it there.",
    );
  const body = tryParseJson(response.text.reveal());
  if (status < 200 || status > 299 || !isJsonObject(body)) {
    const { message } = readServerError(response.text.reveal());
    throw new CredentialError(
      "refresh_unavailable",
      `The owner of the Codex access token from ${place} could not be looked up (${status}${message === null ? "" : `: ${message}`}). ` +
        "Try again, or set CODEX_ACCOUNT_ID to skip the look-up.",
      response.retryAfterMs === null ? {} : { retryAfterMs: response.retryAfterMs },
    );
  }
  const text = (key: string): string | null => asString(body[key]) || null;
  const accountId = text("chatgpt_account_id");
  if (accountId === null)
    throw new CredentialError(
      "refresh_unavailable",
      `The answer about the Codex access token from ${place} lacks the field \`chatgpt_account_id\`.`,
    );
  return {
    accountId,
    fedramp: body["chatgpt_account_is_fedramp"] === true,
    email: text("email"),
    planType: text("chatgpt_plan_type"),
    userId: text("chatgpt_user_id"),
  };
}

/** Options of {@link createPersonalAccessTokenSource}. */
export interface PersonalAccessTokenSourceOptions {
  readonly credential: PersonalAccessTokenCredential;
  /** Where the token came from, for messages. */
  readonly place: string;
  readonly http: HttpClient;
  readonly whoamiUrl: string;
  readonly client: ClientIdentity;
}

/**
 * A source of a Codex access token. Its owner is looked up once and kept in memory; a credential that knows its account
 * already (`CODEX_ACCOUNT_ID`) costs no request. Such a token cannot be renewed, so `recover` is always null.
 */
export function createPersonalAccessTokenSource(options: PersonalAccessTokenSourceOptions): TokenSource {
  const { credential, place } = options;
  const grantFor = (identity: Identity): Grant => ({
    kind: "personalAccessToken",
    bearer: credential.token,
    expiresAtMs: null,
    accountId: identity.accountId,
    fedramp: identity.fedramp,
    email: identity.email,
    planType: identity.planType,
    userId: identity.userId,
  });
  let known: Grant | null = credential.accountId === null ? null : grantFor(credential);
  const lookUp = shareCall(async (signal): Promise<Grant> => {
    const request = buildWhoamiRequest(options.whoamiUrl, credential.token, options.client);
    let response: AuthResponse;
    try {
      response = await sendAuthRequest(options.http, request, { signal, timeoutMs: WHOAMI_TIMEOUT_MS });
    } catch (error) {
      if (isCancelled(error) || error instanceof CredentialError) throw error;
      throw new CredentialError(
        "refresh_unavailable",
        `The owner of the Codex access token from ${place} could not be looked up (set CODEX_ACCOUNT_ID to skip this): ` +
          connectionFault(request.url, error),
        { cause: error },
      );
    }
    known = grantFor(parseWhoamiResponse(response, place));
    return known;
  });
  return {
    get: async ({ signal } = {}) => known ?? lookUp(signal),
    recover: async () => null,
  };
}
