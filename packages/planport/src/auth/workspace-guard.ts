/**
 * Holds a sign-in to the workspaces that are allowed: each bearer, and what a refresh brings before anything keeps it.
 * @module
 */
import { CredentialError } from "../errors.ts";
import type { Secret } from "../secret.ts";
import type { IssuedTokens } from "./auth-file.ts";
import { readJwtClaims } from "./jwt-claims.ts";
import type { SendRefresh } from "./refresh.ts";
import type { Grant, TokenSource } from "./token-source.ts";

/**
 * The same way of sending, but for tokens of a workspace that is not allowed: those are refused before they are noted or
 * stored, and what was there stays. Their refresh token is spent all the same, so it is not sent a second time.
 * The function throws CredentialError `workspace_forbidden` besides.
 * @param allowed Empty for any.
 */
export function guardRefresh(send: SendRefresh, allowed: readonly string[]): SendRefresh {
  if (allowed.length === 0) return send;
  let refused: { readonly spent: Secret; readonly error: CredentialError } | null = null;
  return async (target, refreshToken, reason, place, watch = {}) => {
    if (refused?.spent.equals(refreshToken) === true) throw refused.error;
    let error: CredentialError | null = null;
    const issued = await send(target, refreshToken, reason, place, {
      ...watch,
      onIssued: (tokens) => {
        error = refusal(tokens, allowed, place);
        if (error === null) watch.onIssued?.(tokens);
      },
    });
    error ??= refusal(issued, allowed, place);
    if (error === null) return issued;
    refused = { spent: refreshToken, error };
    throw error;
  };
}

/**
 * The same source, whose bearers are held to the workspaces that are allowed. API keys are of no workspace.
 * @param allowed Empty for any.
 */
export function guardGrants(source: TokenSource, allowed: readonly string[]): TokenSource {
  if (allowed.length === 0) return source;
  const check = <T extends Grant | null>(grant: T): T => {
    if (grant === null || grant.kind === "apiKey") return grant;
    if (grant.accountId !== null && allowed.includes(grant.accountId)) return grant;
    throw new CredentialError(
      "workspace_forbidden",
      `The sign-in belongs to workspace ${grant.accountId ?? "(unknown)"}; only ${allowed.join(", ")} is allowed by setting ` +
        "(forced_chatgpt_workspace_id). Run `planport login` with that workspace.",
    );
  };
  return {
    ...source,
    get: async (options) => check(await source.get(options)),
    recover: async (rejected, options) => check(await source.recover(rejected, options)),
  };
}

/** Tokens that do not say whose they are belong to the sign-in that they renew. */
function refusal(tokens: IssuedTokens, allowed: readonly string[], place: string): CredentialError | null {
  for (const token of [tokens.accessToken, tokens.idToken]) {
    const accountId = token === null ? null : (readJwtClaims(token.reveal())?.accountId ?? null);
    if (accountId === null || allowed.includes(accountId)) continue;
    return new CredentialError(
      "workspace_forbidden",
      `A refresh of the sign-in in ${place} brought tokens of workspace ${accountId}, and by setting only ` +
        `${allowed.join(", ")} is allowed (forced_chatgpt_workspace_id). They were not kept. Run \`planport login\` with ` +
        "that workspace.",
    );
  }
  return null;
}
