/**
 * Anthropic's Messages API, to and from the Responses vocabulary.
 * @module
 */
export { estimateInputTokens } from "./estimate.ts";
export { type MessagesContext, toMessagesMessage } from "./message.ts";
export { type MessagesTranslation, messagesToResponses } from "./request.ts";
export { createMessagesSseEncoder, type MessagesSseEncoder } from "./sse.ts";
