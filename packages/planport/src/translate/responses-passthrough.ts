/**
 * The way of `/v1/responses` when streamed: the backend's events go on as they came, byte for byte where it matters.
 * The hot path neither parses nor builds objects; one event costs one concatenation.
 * @module
 */
import type { OpenAIErrorBody } from "../protocol/error-body.ts";
import { type JsonObject, asNumber, asString, isJsonObject, tryParseJson } from "../protocol/json.ts";
import { TERMINAL_EVENT_TYPES } from "../protocol/responses/event.ts";
import { encodeJsonEvent } from "../sse/encode.ts";
import { createItemSlots } from "./item-slots.ts";

/** Encodes one stream for a client of `/v1/responses`. */
export interface ResponsesSseEncoder {
  /**
   * The text to write for one event; "" when there is none.
   * @param type The event's type ("" when it has none).
   * @param json The event's data as it came.
   */
  push(type: string, json: string): string;
  /** True once an event was written after which a client expects no more. */
  readonly terminated: boolean;
  /**
   * The end of a stream that failed after its first byte: an `error` event, which makes OpenAI's clients throw, then
   * `response.failed`, which is what Codex reads. Gives "" when the stream has ended already.
   */
  fail(body: OpenAIErrorBody): string;
}

const END_OF_LINE = /\r\n|\r|\n/g;

/** Makes an encoder for one stream. */
export function createResponsesSseEncoder(): ResponsesSseEncoder {
  /** Kept as text: they are looked into only if the stream fails, or ends with an empty `output`. */
  const doneItems: string[] = [];
  let lifecycle = "";
  let last = "";
  let terminated = false;

  return {
    get terminated() {
      return terminated;
    },
    push(type, json) {
      if (json === "[DONE]") return ""; // Chat Completions ends so; Responses ends with its terminal event.
      last = json;
      if (type === "response.output_item.done") doneItems.push(json);
      else if (type === "response.created" || type === "response.in_progress") lifecycle = json;
      else if (TERMINAL_EVENT_TYPES.has(type)) {
        terminated = true;
        return encode(type, withOutput(json, doneItems));
      }
      return encode(type, json);
    },
    fail(body) {
      if (terminated) return "";
      terminated = true;
      const next = sequenceNumber(last) + 1;
      const { code, message, param } = body.error;
      const error = { type: "error", code, message, param, sequence_number: next, error: body.error };
      const failed = {
        type: "response.failed",
        sequence_number: next + 1,
        response: { ...responseOf(lifecycle), status: "failed", output: itemsOf(doneItems), error: { code, message } },
      };
      return encode("error", JSON.stringify(error)) + encode("response.failed", JSON.stringify(failed));
    },
  };
}

/** Data of several lines is legal in an event stream, and so is JSON with line ends between its tokens. */
function encode(type: string, json: string): string {
  const data = json.includes("\n") || json.includes("\r") ? json.replaceAll(END_OF_LINE, "\ndata: ") : json;
  const nameable = type !== "" && !type.includes("\n") && !type.includes("\r");
  return encodeJsonEvent(nameable ? type : undefined, data);
}

/** The backend often leaves `output` empty in the terminal event; clients of the Responses API read the answer from it. */
function withOutput(json: string, doneItems: readonly string[]): string {
  if (doneItems.length === 0) return json;
  const event = tryParseJson(json);
  if (!isJsonObject(event) || !isJsonObject(event["response"])) return json;
  const { output } = event["response"];
  if (Array.isArray(output) && output.length > 0) return json;
  return JSON.stringify({ ...event, response: { ...event["response"], output: itemsOf(doneItems) } });
}

function itemsOf(doneItems: readonly string[]): JsonObject[] {
  const slots = createItemSlots<{ item: JsonObject | undefined }>(() => ({ item: undefined }));
  for (const json of doneItems) {
    const event = tryParseJson(json);
    if (isJsonObject(event) && isJsonObject(event["item"])) slots.of(event).item = event["item"];
  }
  return slots
    .inOrder()
    .map(({ item }) => item)
    .filter((item) => item !== undefined);
}

function responseOf(json: string): JsonObject {
  const event = tryParseJson(json);
  const response = isJsonObject(event) && isJsonObject(event["response"]) ? event["response"] : {};
  return { ...response, id: asString(response["id"]) ?? "", object: "response" };
}

/** -1 when there is none: the first event of a stream has number 0. */
function sequenceNumber(json: string): number {
  const event = tryParseJson(json);
  return (isJsonObject(event) ? asNumber(event["sequence_number"]) : undefined) ?? -1;
}
