/**
 * The page on which a person signs in (RFC 6749 §4.1.1), asked for as Codex asks for it.
 * @module
 */

/** The scopes of Codex 0.169. `offline_access` is what brings a refresh token. */
export const SIGN_IN_SCOPE = "openid profile email offline_access api.connectors.read api.connectors.invoke";

/** What {@link buildAuthorizeUrl} takes. */
export interface AuthorizeParameters {
  readonly authorizeUrl: string;
  readonly clientId: string;
  readonly redirectUri: string;
  readonly challenge: string;
  readonly state: string;
  /** Names the program that asks. */
  readonly originator: string;
  /** Only these workspaces may be chosen; empty for any. */
  readonly allowedWorkspaceIds: readonly string[];
}

/** The URL to open, with the parameters in Codex's order (codex-rs/login/src/server.rs). */
export function buildAuthorizeUrl(parameters: AuthorizeParameters): string {
  const query = new URLSearchParams({
    response_type: "code",
    client_id: parameters.clientId,
    redirect_uri: parameters.redirectUri,
    code_challenge: parameters.challenge,
    code_challenge_method: "S256",
    state: parameters.state,
    scope: SIGN_IN_SCOPE,
    id_token_add_organizations: "true",
    codex_cli_simplified_flow: "true",
    originator: parameters.originator,
  });
  if (parameters.allowedWorkspaceIds.length > 0)
    query.set("allowed_workspace_id", parameters.allowedWorkspaceIds.join(","));
  return `${parameters.authorizeUrl}${parameters.authorizeUrl.includes("?") ? "&" : "?"}${query.toString()}`;
}
