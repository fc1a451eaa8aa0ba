/**
 * Signing out: the server is told first (RFC 7009, in Codex's JSON form), then the store is emptied.
 * @module
 */
import type { HttpClient } from "../../net/types.ts";
import { Secret } from "../../secret.ts";
import type { CredentialDocument } from "../../store/document.ts";
import type { CredentialStore } from "../../store/types.ts";
import { readCredential, readProvenance } from "../auth-file.ts";
import type { ChatGptCredential } from "../credential.ts";
import { type AuthEndpoints, revokeTarget, type TokenTarget } from "../endpoints.ts";
import { type AuthRequest, type ClientIdentity, identityHeaders, sendAuthRequest } from "../http.ts";

const REVOKE_TIMEOUT_MS = 10_000;

/** Withdraws the refresh token, or the access token where there is no other (codex-rs/login/src/auth/revoke.rs). */
function buildRevokeRequest(
  target: TokenTarget,
  credential: Pick<ChatGptCredential, "accessToken" | "refreshToken">,
  client: ClientIdentity,
): AuthRequest {
  const body =
    credential.refreshToken === null
      ? { token: credential.accessToken.reveal(), token_type_hint: "access_token" }
      : {
          token: credential.refreshToken.reveal(),
          token_type_hint: "refresh_token",
          client_id: target.clientId,
        };
  return {
    method: "POST",
    url: target.url,
    headers: { "content-type": "application/json", ...identityHeaders(client) },
    body: new Secret(JSON.stringify(body)),
    bearer: null,
  };
}

/** `not needed` for what cannot be revoked: personal access tokens, API keys, nothing at all. */
export type RevokeOutcome = "revoked" | "failed" | "not needed";

/** What revoking takes. */
export interface RevokeOptions {
  readonly http: HttpClient;
  readonly endpoints: AuthEndpoints;
  readonly client: ClientIdentity;
  readonly signal?: AbortSignal | undefined;
}

/** Tells the server that the tokens of a document are not to be used again. Never throws: it is a courtesy. */
export async function revokeDocument(document: CredentialDocument, options: RevokeOptions): Promise<RevokeOutcome> {
  try {
    const credential = readCredential(document);
    if (credential?.kind !== "chatgpt") return "not needed";
    const target = revokeTarget(options.endpoints, readProvenance(document), document.place);
    const response = await sendAuthRequest(options.http, buildRevokeRequest(target, credential, options.client), {
      signal: options.signal,
      timeoutMs: REVOKE_TIMEOUT_MS,
    });
    return response.status >= 200 && response.status <= 299 ? "revoked" : "failed";
  } catch {
    return "failed";
  }
}

/** What came of {@link signOut}. */
export interface SignOutOutcome {
  readonly revoked: RevokeOutcome;
  /** False when the store was empty. */
  readonly removed: boolean;
}

/**
 * Revokes the tokens in a store and empties it, also when the server cannot be told or the file cannot be understood.
 * @throws {CredentialError} `store_write_failed`.
 */
export async function signOut(store: CredentialStore, options: RevokeOptions): Promise<SignOutOutcome> {
  let document: CredentialDocument | null = null;
  try {
    document = await store.read();
  } catch {
    // Broken or unreadable: there is nothing to revoke with, and removing it is what was asked for.
  }
  const revoked = document === null ? "not needed" : await revokeDocument(document, options);
  return { revoked, removed: await store.remove() };
}
