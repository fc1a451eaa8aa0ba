/**
 * Pure functions between the dialects that clients speak and the Responses vocabulary that the backend speaks.
 * @module
 */
export { type Change, type ChangeAction, inClientWords, type Renames } from "./change.ts";
export { type ChatChunkContext, type ChatChunker, createChatChunker } from "./chat-chunks.ts";
export { type ChatCompletionContext, toChatCompletion } from "./chat-completion.ts";
export { type ChatSseEncoder, createChatSseEncoder } from "./chat-sse.ts";
export { type ChatTranslation, chatToResponses } from "./chat-request.ts";
export { type CodexTranslation, toCodexRequest } from "./codex-request.ts";
export { DEFAULT_INSTRUCTIONS } from "./shaping/prompt.ts";
export { toCompactedResponse, toCompactingRequest } from "./compact.ts";
export { createResponseFolder, type ResponseFolder } from "./fold-response.ts";
export {
  createResponsesSseEncoder,
  type ResponsesSseEncoder,
  type ResponseTruth,
  withTruth,
} from "./responses-passthrough.ts";
export type { StreamReporter } from "./stream-reporter.ts";
export { MAX_TOOL_NAME_CHARS } from "./tool-names.ts";
