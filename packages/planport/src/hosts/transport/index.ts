/**
 * A model transport of its own: what the Python package axio-transport-codex gives, for TypeScript.
 * @module
 */
export { findTransport, type TransportPlugin, transports } from "./discovery.ts";
export type {
  IterationEnd,
  ReasoningDelta,
  StopReason,
  TextDelta,
  ToolInputDelta,
  ToolUseStart,
  TransportEvent,
  Usage,
} from "./events.ts";
export {
  type ContentBlock,
  type ImageBlock,
  type Message,
  ORPHAN_OUTPUT,
  type ReasoningBlock,
  type TextBlock,
  type ToolResultBlock,
  type ToolUseBlock,
  type TransportTool,
} from "./messages.ts";
export { CODEX_MODELS, type CodexModelId, type ModelCapability, ModelRegistry, type ModelSpec } from "./models.ts";
export { type OAuthFlowOptions, refreshAccessToken, type RefreshAccessTokenOptions, runOAuthFlow } from "./oauth.ts";
export { createTransportTokenSource, type TransportTokenSourceOptions } from "./token-source.ts";
export type { OnAuthRefresh, RefreshedAuth, TransportTokens } from "./tokens.ts";
export { CODEX_BASE_URL, CodexTransport, type CodexTransportOptions, type StreamOptions } from "./transport.ts";
