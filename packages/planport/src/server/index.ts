/**
 * The HTTP edge: an OpenAI-compatible gateway on a port of your own.
 * @module
 */
export { createGateway } from "./app.ts";
export type { GatewayProfile, GatewayProfiles, ProfileMatch } from "./profiles.ts";
export type { CloseOptions, Gateway, GatewayAccounts, GatewayOptions, Listening, ListenOptions } from "./types.ts";
