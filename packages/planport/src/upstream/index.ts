/**
 * The Codex backend: endpoints, headers, retries, streams.
 * @module
 */
export { findModel, visibleSlugs } from "./catalogue.ts";
export { createCodexClient, type CodexClientOptions } from "./client.ts";
export { CODEX_CLIENT_VERSION } from "./client-version.ts";
export {
  DEFAULT_CHATGPT_BASE_URL,
  type BackendRoute,
  type EndpointOptions,
  type Endpoints,
  resolveEndpoints,
  routeOf,
} from "./endpoints.ts";
export { type ClientIdentity, createIdentity, type IdentityOptions } from "./identity.ts";
export { allUsageFromHeaders, usageFromBody, usageFromHeaders } from "./rate-limits.ts";
export type { HeaderLines, Relay, RelayAnswer, RelayCall, RelayOptions, RelaySwitch } from "./relay/types.ts";
export { type PlanLimit, planLimit, type PlanUsage, planUsage, type PlanWindow } from "./plan-limits.ts";
export { DEFAULT_RETRY_POLICY, GENTLE_RETRY_POLICY, type RetryPolicy, type Sleep } from "./retry.ts";
export { snapshotCatalogue } from "./snapshot.ts";
export type {
  ByteSink,
  ByteStream,
  CodexClient,
  CodexResponse,
  ImageAnswer,
  ImageOptions,
  ImagePass,
  ImagesApi,
  ModelList,
  SendOptions,
} from "./types.ts";
