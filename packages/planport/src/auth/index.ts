/**
 * Credentials: where they come from, how one signs in, how they stay fresh.
 * @module
 */
export type * from "./credential.ts";
export type { Grant, TokenSource } from "./token-source.ts";
export { newPersonalAccessTokenDocument, parseAuthFile, readCredential } from "./auth-file.ts";
export type { StoredCredential } from "./auth-file.ts";
export { discoverCredential } from "./discover.ts";
export type { DiscoverOptions, Discovery, TriedPlace } from "./discover.ts";
export { resolveAuthEndpoints } from "./endpoints.ts";
export type { AuthEndpointOverrides, AuthEndpoints, Environment } from "./endpoints.ts";
export type { ClientIdentity } from "./http.ts";
export { readJwtClaims } from "./jwt-claims.ts";
export type { JwtClaims } from "./jwt-claims.ts";
export { createPersonalAccessTokenSource, personalAccessTokenCredential } from "./personal-access-token.ts";
export { credentialPlaces, placeLabel, planportAuthFile } from "./places.ts";
export type { CredentialPlace, PlaceOptions } from "./places.ts";
export { createApiKeySource, createStaticTokenSource, createTokenSource } from "./sources.ts";
export type { TokenSourceOptions } from "./sources.ts";
