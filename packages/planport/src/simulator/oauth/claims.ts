/**
 * The claims of the tokens, under the names Codex reads (openai/codex `codex-rs/login/src/token_data.rs`).
 * @module
 */
import type { JsonObject } from "../../protocol/index.ts";
import type { SimulatedAccount } from "../accounts.ts";

/** The public client id of Codex (openai/codex `codex-rs/login/src/auth/manager.rs`). */
export const CODEX_CLIENT_ID = "app_EMoamEEZ73f0CkXaXp7hrann";

/** The scope of a Codex sign-in. */
export const DEFAULT_SCOPE = "openid profile email offline_access";

/** What a token says beyond who the account is. */
export interface ClaimFacts {
  readonly issuer: string;
  readonly clientId: string;
  readonly scope: string;
  readonly nonce: string | null;
  readonly sessionId: string;
  readonly tokenId: string;
  readonly nowMs: number;
  readonly expiresAtMs: number;
}

function authClaim(account: SimulatedAccount): JsonObject {
  return {
    chatgpt_account_id: account.id,
    chatgpt_account_is_fedramp: account.fedramp,
    chatgpt_plan_type: account.planType,
    chatgpt_user_id: account.userId,
    user_id: account.userId,
  };
}

function common(account: SimulatedAccount, facts: ClaimFacts): JsonObject {
  return {
    iss: facts.issuer,
    sub: `auth0|${account.userId}`,
    iat: Math.floor(facts.nowMs / 1000),
    exp: Math.floor(facts.expiresAtMs / 1000),
    jti: facts.tokenId,
    sid: facts.sessionId,
  };
}

/** Claims of the access token. */
export function accessClaims(account: SimulatedAccount, facts: ClaimFacts): JsonObject {
  return {
    ...common(account, facts),
    aud: ["https://api.openai.com/v1"],
    client_id: facts.clientId,
    nbf: Math.floor(facts.nowMs / 1000),
    scp: facts.scope.split(" "),
    "https://api.openai.com/auth": authClaim(account),
    "https://api.openai.com/profile": { email: account.email, email_verified: true },
  };
}

/** Claims of the ID token (OpenID Connect Core section 2). */
export function idClaims(account: SimulatedAccount, facts: ClaimFacts): JsonObject {
  const suffix = account.id.replaceAll("-", "").slice(0, 24);
  return {
    ...common(account, facts),
    aud: [facts.clientId],
    email: account.email,
    email_verified: true,
    ...(facts.nonce === null ? {} : { nonce: facts.nonce }),
    "https://api.openai.com/auth": {
      ...authClaim(account),
      organization_id: `org-${suffix}`,
      project_id: `proj_${suffix}`,
      completed_platform_onboarding: true,
      is_org_owner: true,
      organizations: [{ id: `org-${suffix}`, is_default: true, role: "owner", title: "Personal" }],
    },
  };
}
