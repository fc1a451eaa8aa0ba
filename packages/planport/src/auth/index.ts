/**
 * Credentials: where they come from, how one signs in, how they stay fresh.
 * @module
 */
export type * from "./credential.ts";
export type { Grant, TokenSource } from "./token-source.ts";
export {
  ACCOUNT_NAME_RULE,
  accountAuthFile,
  existingAccountFile,
  isAccountName,
  listAccounts,
  tellAccount,
  unknownAccount,
} from "./accounts.ts";
export type { NamedAccount } from "./accounts.ts";
export {
  apiKeyCredential,
  newApiKeyDocument,
  newPersonalAccessTokenDocument,
  parseAuthFile,
  readCredential,
} from "./auth-file.ts";
export type { StoredCredential } from "./auth-file.ts";
export { accountCacheFile, createAccountCache } from "./account-cache.ts";
export type { AccountCache } from "./account-cache.ts";
export { discoverCredential, givenAccountId, signedInAccountId } from "./discover.ts";
export type { DiscoverOptions, Discovery, TriedPlace } from "./discover.ts";
export { resolveAuthEndpoints } from "./endpoints.ts";
export type { AuthEndpointOverrides, AuthEndpoints } from "./endpoints.ts";
export type { Environment } from "../environment.ts";
export type { ClientIdentity } from "./http.ts";
export { externalCredential } from "./external-source.ts";
export type { ExternalOptions, ExternalRefresh, ExternalRefreshReason, ExternalTokens } from "./external-source.ts";
export type { CommandLine } from "./child-command.ts";
export { runTokenCommand } from "./token-command.ts";
export type { RunTokenCommandOptions, TokenCommand } from "./token-command.ts";
export { isStored, openPlace, openPlanportStore } from "./open-store.ts";
export type { OpenPlaceOptions, StoredPlace } from "./open-store.ts";
export type { KeepFreshOptions } from "./keep-fresh.ts";
export { readJwtClaims } from "./jwt-claims.ts";
export type { JwtClaims } from "./jwt-claims.ts";
export { createPersonalAccessTokenSource, personalAccessTokenCredential } from "./personal-access-token.ts";
export { credentialPlaces, placeLabel, planportAuthFile } from "./places.ts";
export type { CredentialPlace, PlaceOptions } from "./places.ts";
export type { OnRefreshStep, RefreshStep } from "./refresh-step.ts";
export { createStaticTokenSource, createTokenSource } from "./sources.ts";
export type { TokenSourceOptions } from "./sources.ts";
export { surfaces } from "./surfaces.ts";
export type { Surface, SurfaceRule, SurfaceSource } from "./surfaces.ts";
export { describeCredential } from "./describe.ts";
export type { CredentialDescription } from "./describe.ts";
export { buildAuthorizeUrl, SIGN_IN_SCOPE } from "./oauth/authorize-url.ts";
export type { AuthorizeParameters } from "./oauth/authorize-url.ts";
export { CALLBACK_PORTS } from "./oauth/callback-server.ts";
export { deviceLogin } from "./oauth/device-login.ts";
export { login } from "./oauth/login.ts";
export type { LoginOptions } from "./oauth/login.ts";
export { parsePasted } from "./oauth/paste.ts";
export type { PastedCode } from "./oauth/paste.ts";
export { challengeOf, createPkce } from "./oauth/pkce.ts";
export type { Pkce, RandomBytes } from "./oauth/pkce.ts";
export { revokeDocument, signOut } from "./oauth/revoke.ts";
export type { RevokeOptions, RevokeOutcome, SignOutOutcome } from "./oauth/revoke.ts";
export type { CommonLoginOptions, LoginResult, LoginStep, Sleep } from "./oauth/sign-in.ts";
