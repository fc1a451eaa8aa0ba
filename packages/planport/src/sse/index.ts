/**
 * Server-sent events: bytes to events and back.
 * @module
 */
export { createSseDecoder, type SseDecoder, type SseDecoderOptions, type SseEvent } from "./decode.ts";
export { DONE_EVENT, encodeComment, encodeJsonEvent } from "./encode.ts";
