/**
 * Sends a refresh and says what became of it in planport's own errors.
 * @module
 */
import { CredentialError } from "../errors.ts";
import type { HttpClient } from "../net/types.ts";
import type { Secret } from "../secret.ts";
import type { IssuedTokens } from "./auth-file.ts";
import type { TokenTarget } from "./endpoints.ts";
import { type AuthResponse, type ClientIdentity, connectionFault, sendAuthRequest } from "./http.ts";
import { buildRefreshRequest, parseRefreshResponse, type RefreshReason } from "./oauth/token-endpoint.ts";

/** Spends a refresh token. `place` is where it rests, for messages. */
export type SendRefresh = (
  target: TokenTarget,
  refreshToken: Secret,
  reason: RefreshReason,
  place: string,
) => Promise<IssuedTokens>;

/** Long enough for a slow answer: giving up early would lose the new refresh token that is on its way. */
const REFRESH_TIMEOUT_MS = 30_000;

/**
 * The way refreshes are sent. It takes no AbortSignal on purpose: a request that is cut off may have spent the token.
 * The function throws CredentialError `refresh_rejected` (final), `refresh_unavailable` (may pass), `credential_wrong_route`.
 */
export function createSendRefresh(http: HttpClient, client: ClientIdentity): SendRefresh {
  return async (target, refreshToken, reason, place) => {
    const request = buildRefreshRequest(target, refreshToken, reason, client);
    const host = new URL(target.url).host;
    let response: AuthResponse;
    try {
      response = await sendAuthRequest(http, request, { timeoutMs: REFRESH_TIMEOUT_MS });
    } catch (error) {
      if (error instanceof CredentialError) throw error;
      throw new CredentialError(
        "refresh_unavailable",
        `The sign-in in ${place} could not be refreshed: ${connectionFault(target.url, error)}`,
        { cause: error },
      );
    }
    const outcome = parseRefreshResponse(response);
    if (outcome.kind === "refreshed") return outcome.tokens;
    if (outcome.kind === "rejected")
      throw new CredentialError(
        "refresh_rejected",
        `The sign-in in ${place} is over: its refresh token ${outcome.why}. Run \`planport login\`.`,
      );
    throw new CredentialError(
      "refresh_unavailable",
      `The sign-in in ${place} could not be refreshed: ${host} ${outcome.why}.`,
      outcome.retryAfterMs === null ? {} : { retryAfterMs: outcome.retryAfterMs },
    );
  };
}
