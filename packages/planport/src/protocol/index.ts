/**
 * What is on the wire: types and the functions that check them. No I/O.
 * @module
 */
export type * from "./chat/chunk.ts";
export type * from "./chat/completion.ts";
export { parseChatRequest } from "./chat/parse.ts";
export type * from "./chat/request.ts";
export { type OpenAIErrorBody, toErrorBody } from "./error-body.ts";
export { asNumber, asString, type JsonObject, isJsonObject, tryParseJson } from "./json.ts";
export type { ModelCatalogue, ModelInfo, OpenAIModel } from "./models.ts";
export type * from "./responses/event.ts";
export { isEvent, TERMINAL_EVENT_TYPES } from "./responses/event.ts";
export type * from "./responses/item.ts";
export { isItem } from "./responses/item.ts";
export { parseResponsesRequest } from "./responses/parse.ts";
export { peekEventType } from "./responses/peek.ts";
export type * from "./responses/request.ts";
export type * from "./responses/response.ts";
export type * from "./usage.ts";
