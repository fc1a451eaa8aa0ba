/**
 * Pure functions between the dialects that clients speak and the Responses vocabulary that the backend speaks.
 * @module
 */
export type { Change } from "./change.ts";
export { type CodexTranslation, DEFAULT_INSTRUCTIONS, toCodexRequest } from "./codex-request.ts";
export { createResponseFolder, type ResponseFolder } from "./fold-response.ts";
export { createResponsesSseEncoder, type ResponsesSseEncoder } from "./responses-passthrough.ts";
