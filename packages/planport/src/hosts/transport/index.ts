/**
 * A transport of its own: what the Python package axio-transport-codex gives, for TypeScript.
 * @module
 */
export { type OAuthFlowOptions, refreshAccessToken, type RefreshAccessTokenOptions, runOAuthFlow } from "./oauth.ts";
export { createTransportTokenSource, type TransportTokenSourceOptions } from "./token-source.ts";
export type { OnAuthRefresh, RefreshedAuth, TransportTokens } from "./tokens.ts";
