/**
 * The way of `/v1/responses` when streamed: the backend's events go on as they came, byte for byte where it matters.
 * The hot path neither parses nor builds objects: a chunk of deltas goes on as the bytes it came in.
 * @module
 */
import type { OpenAIErrorBody } from "../protocol/error-body.ts";
import { type JsonObject, asNumber, asString, isJsonObject, tryParseJson } from "../protocol/json.ts";
import { type CodexEvent, TERMINAL_EVENT_TYPES } from "../protocol/responses/event.ts";
import type { ByteString } from "../sse/byte-string.ts";
import { encodeJsonEvent } from "../sse/encode.ts";
import { createItemSlots } from "./item-slots.ts";
import { passOver, type StreamReporter } from "./stream-reporter.ts";

/** What the backend's response objects say wrongly, since it is planport that keeps responses. */
export interface ResponseTruth {
  /** The response is kept, if it comes to its end. */
  store: boolean;
  readonly previous_response_id: string | null;
}

/** Puts right what a response object says of itself. One that failed is not kept. */
export function withTruth<T extends JsonObject>(response: T, truth: ResponseTruth): T {
  return { ...response, ...truth, store: truth.store && response["status"] !== "failed" };
}

/** Encodes one stream for a client of `/v1/responses`. */
export interface ResponsesSseEncoder {
  /** The response object of the terminal event, as the client gets it; null before, and when nothing was to be put right. */
  readonly final: JsonObject | null;
  /**
   * The text to write for one event; "" when there is none.
   * @param type The event's type ("" when it has none).
   * @param json The event's data as it came.
   * @throws {UpstreamError} `upstream_malformed` for data that is no JSON object by its ends, and may have been a part of
   * the answer. The inside is not looked at: a client that reads it will see.
   */
  push(type: string, json: string): string;
  /**
   * The fast way for a chunk of the backend's that begins between two events: the chunk itself, if it holds whole deltas
   * and nothing else, of whatever kind. Else null, and nothing has changed.
   */
  pass(chunk: ByteString): ByteString | null;
  /** True once an event was written after which a client expects no more. */
  readonly terminated: boolean;
  /**
   * The end of a stream that failed after its first byte: an `error` event, which makes OpenAI's clients throw, then
   * `response.failed`, which is what Codex reads. If the backend had announced the failure by an `error` event of its own,
   * that was passed on, and only the end is added to it, in the backend's words. Gives "" when the stream has ended already.
   */
  fail(body: OpenAIErrorBody): string;
}

/** Whole events whose name ends in `.delta`: nothing that comes later depends on what is in them. A CR could end a line too. */
const DELTAS = /^(?:event: response\.[\w.]+\.delta\ndata: \{[^\r\n]*\}\n\n)+$/;

/** Events that hold a response object which is not at its end. */
const LIFECYCLE: ReadonlySet<string> = new Set(["response.created", "response.queued", "response.in_progress"]);

const END_OF_LINE = /\r\n|\r|\n/g;

/** Makes an encoder for one stream. */
export function createResponsesSseEncoder(
  reporter?: StreamReporter,
  /** What to put right; null when the backend's own words hold. */
  truth: ResponseTruth | null = null,
): ResponsesSseEncoder {
  return new Encoder(reporter, truth);
}

/** A class: an object literal with a getter has a shape that no other stream shares, which is slow to read. */
class Encoder implements ResponsesSseEncoder {
  terminated = false;
  /** Kept as text: they are looked into only if the stream fails, or ends with an empty `output`. */
  readonly #doneItems: string[] = [];
  #lifecycle = "";
  #last = "";
  /** A chunk that was passed after `#last`. */
  #lastPassed = "";
  /** An `error` event that nothing terminal has followed. */
  #announced = "";
  readonly #reporter: StreamReporter | undefined;
  readonly #truth: ResponseTruth | null;
  #reported = false;
  final: JsonObject | null = null;

  constructor(reporter: StreamReporter | undefined, truth: ResponseTruth | null) {
    this.#reporter = reporter;
    this.#truth = truth;
  }

  push(type: string, json: string): string {
    // Chat Completions ends so; Responses ends with its terminal event. And data that is empty no reader could parse.
    if (json === "[DONE]" || json === "") return "";
    if (!json.startsWith("{") || !json.endsWith("}")) passOver(type, json, this.#reporter);
    this.#last = json;
    this.#lastPassed = "";
    if (type === "error" || type === "response.failed") this.#report(json);
    if (type === "response.output_item.done") this.#doneItems.push(json);
    else if (LIFECYCLE.has(type)) {
      this.#lifecycle = this.#amended(json);
      return encode(type, this.#lifecycle);
    } else if (type === "error") this.#announced = json;
    else if (TERMINAL_EVENT_TYPES.has(type)) {
      this.terminated = true;
      return encode(type, this.#terminal(json));
    }
    return encode(type, json);
  }

  /** A life-cycle event with what its response says put right. */
  #amended(json: string): string {
    const event = this.#truth === null ? undefined : tryParseJson(json);
    if (this.#truth === null || !isJsonObject(event) || !isJsonObject(event["response"])) return json;
    return JSON.stringify({ ...event, response: withTruth(event["response"], this.#truth) });
  }

  #terminal(json: string): string {
    if (this.#truth === null) return withOutput(json, this.#doneItems);
    const event = tryParseJson(json);
    if (!isJsonObject(event) || !isJsonObject(event["response"])) return json;
    const { response } = event;
    const output = isEmptyList(response["output"]) ? itemsOf(this.#doneItems) : response["output"];
    this.final = withTruth({ ...response, output }, this.#truth);
    return JSON.stringify({ ...event, response: this.final });
  }

  pass(chunk: ByteString): ByteString | null {
    if (this.terminated || !DELTAS.test(chunk)) return null;
    this.#lastPassed = chunk;
    return chunk;
  }

  fail(body: OpenAIErrorBody): string {
    if (this.terminated) return "";
    this.terminated = true;
    const next = this.#lastNumber() + 1;
    if (this.#announced !== "") return this.#failed(announcedError(this.#announced, body.error), next);
    const { code, message, param } = body.error;
    const error = { type: "error", code, message, param, sequence_number: next, error: body.error };
    return encode("error", JSON.stringify(error)) + this.#failed({ code, message }, next + 1);
  }

  /** The event itself goes on as it is: the body that the reporter has for it is for the answers of other dialects. */
  #report(json: string): void {
    const event = this.#reported ? undefined : tryParseJson(json);
    if (!isJsonObject(event) || typeof event["type"] !== "string") return;
    this.#reported = true;
    this.#reporter?.failed(event as CodexEvent);
  }

  #lastNumber(): number {
    const passed = this.#lastPassed;
    return sequenceNumber(passed === "" ? this.#last : passed.slice(passed.lastIndexOf(DATA) + DATA.length));
  }

  #failed(error: { readonly code: string | null; readonly message: string }, number: number): string {
    const output = itemsOf(this.#doneItems);
    const failed = { ...responseOf(this.#lifecycle), status: "failed", output, error };
    const response = this.#truth === null ? failed : withTruth(failed, this.#truth);
    return encode("response.failed", JSON.stringify({ type: "response.failed", sequence_number: number, response }));
  }
}

const DATA = "\ndata: ";

/** Code and message of an `error` event, which has them in an `error` of its own or bare. */
function announcedError(json: string, otherwise: OpenAIErrorBody["error"]): { code: string | null; message: string } {
  const event = tryParseJson(json);
  const error = isJsonObject(event) ? (isJsonObject(event["error"]) ? event["error"] : event) : {};
  return { code: asString(error["code"]) ?? otherwise.code, message: asString(error["message"]) ?? otherwise.message };
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
  if (!isEmptyList(event["response"]["output"])) return json;
  return JSON.stringify({ ...event, response: { ...event["response"], output: itemsOf(doneItems) } });
}

/** True also when there is none at all. */
function isEmptyList(value: unknown): boolean {
  return !Array.isArray(value) || value.length === 0;
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
