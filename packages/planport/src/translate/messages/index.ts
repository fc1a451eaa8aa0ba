/**
 * Anthropic's Messages API, to and from the Responses vocabulary.
 * @module
 */
export { estimateInputTokens } from "./estimate.ts";
export { type MessagesContext, toMessagesMessage } from "./message.ts";
export { messagesToResponses } from "./request.ts";
export { createMessagesSseEncoder } from "./sse.ts";
