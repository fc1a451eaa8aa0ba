/**
 * The way of `/v1/messages` when streamed: events of the backend to those of the Messages API, block by block.
 * @module
 */
import { type JsonObject, asString, isJsonObject, tryParseJson } from "../../protocol/json.ts";
import { messagesErrorType } from "../../protocol/messages/message.ts";
import type { OpenAIErrorBody } from "../../protocol/error-body.ts";
import type { ChatDelta, ChatToolCallDelta } from "../../protocol/chat/chunk.ts";
import type { CodexEvent } from "../../protocol/responses/event.ts";
import { type ByteString, toByteString } from "../../sse/byte-string.ts";
import { encodeJsonEvent } from "../../sse/encode.ts";
import { type ChatStream, createChatStream } from "../chat-stream.ts";
import { fromFreeform } from "../freeform.ts";
import { rewritePlainDeltas } from "../plain-delta.ts";
import { passOver, type StreamReporter } from "../stream-reporter.ts";
import { type MessagesContext, toMessagesUsage, toStopReason } from "./message.ts";
import { sealOf } from "./thinking.ts";

/** Encodes one stream for a client of `/v1/messages`. */
export interface MessagesSseEncoder {
  /**
   * The text to write for one event; "" when there is none, as for unknown events.
   * @throws {UpstreamError} `upstream_malformed` for data that is not JSON and may have been a part of the answer.
   */
  push(type: string, json: string): string;
  /** The fast way for a chunk that holds nothing but deltas of the text that is being written; else null. */
  pass(chunk: ByteString): ByteString | null;
  /** True once the answer has come to its end, good or bad. */
  readonly terminated: boolean;
  /** The end of a stream; "" when it has ended already. An answer whose terminal event never came is marked as cut short. */
  end(): string;
  /** The end of a stream that failed after its first byte: an `error` event. */
  fail(body: OpenAIErrorBody): string;
  readonly keepAlive: string;
}

/** What Anthropic's own API breaks a silence with. */
const PING = encodeJsonEvent("ping", '{"type":"ping"}');

/** Makes an encoder for one stream. */
export function createMessagesSseEncoder(context: MessagesContext, reporter?: StreamReporter): MessagesSseEncoder {
  return new Encoder(context, reporter);
}

/** The block that is being written. */
interface OpenBlock {
  readonly index: number;
  readonly kind: "text" | "thinking" | "tool";
  /** Of a tool's block: its index among the calls. */
  readonly call: number;
}

/** A call that waits for its turn: blocks are written one after the other, and an API may stream calls side by side. */
interface WaitingCall {
  readonly call: number;
  readonly start: ChatToolCallDelta;
  text: string;
}

class Encoder implements MessagesSseEncoder {
  readonly keepAlive = PING;
  terminated = false;
  readonly #context: MessagesContext;
  readonly #reporter: StreamReporter | undefined;
  readonly #stream: ChatStream;
  #begun = false;
  #model: string;
  #blocks = 0;
  #open: OpenBlock | null = null;
  /** Calls whose arguments are complete, by `call_id`. */
  readonly #done = new Set<string>();
  readonly #callIds: string[] = [];
  #waiting: WaitingCall[] = [];
  #refused = false;
  /** What the backend announced by an `error` event that nothing terminal has followed. */
  #announced: CodexEvent | null = null;

  constructor(context: MessagesContext, reporter: StreamReporter | undefined) {
    this.#context = context;
    this.#reporter = reporter;
    this.#model = context.model;
    this.#stream = createChatStream({ toolNames: context.toolNames });
  }

  push(type: string, json: string): string {
    if (this.terminated) return "";
    const event = tryParseJson(json);
    if (!isJsonObject(event)) {
      passOver(type, json, this.#reporter);
      return "";
    }
    if (typeof event["type"] !== "string") event["type"] = type;
    return this.#onEvent(event as CodexEvent);
  }

  pass(chunk: ByteString): ByteString | null {
    const place = this.#stream.textPlace;
    if (this.terminated || place === null || this.#open?.kind !== "text") return null;
    const { before, after } = textFrame(this.#open.index);
    return rewritePlainDeltas(chunk, place, before, after);
  }

  end(): string {
    if (this.terminated) return "";
    return this.#announced === null
      ? this.#finish({ incomplete_details: { reason: "max_output_tokens" } })
      : this.#failed(this.#announced);
  }

  fail(body: OpenAIErrorBody): string {
    if (this.terminated) return "";
    if (this.#announced !== null) return this.#failed(this.#announced);
    this.terminated = true;
    return encode({ type: "error", error: { type: errorTypeOf(body), message: body.error.message } });
  }

  #onEvent(event: CodexEvent): string {
    const response = isJsonObject(event["response"]) ? event["response"] : {};
    switch (event.type) {
      case "response.created":
      case "response.in_progress":
        this.#model = asString(response["model"]) || this.#model;
        return "";
      case "response.completed":
      case "response.incomplete":
        this.#model = asString(response["model"]) || this.#model;
        return this.#deltas(this.#stream.deltas(withoutFreeform(event))) + this.#finish(response);
      case "response.failed":
        return this.#failed(event);
      case "error":
        this.#announced = event;
        return "";
      case "response.output_text.delta":
        return this.#text(this.#stream.text(event));
      case "response.custom_tool_call_input.delta":
        return ""; // Becomes a part of an argument, which is given whole when the item is.
      case "response.output_item.added":
        return this.#deltas(this.#stream.deltas(withoutFreeform(event)));
      case "response.output_item.done": {
        const done = withoutFreeform(event);
        return this.#deltas(this.#stream.deltas(done)) + this.#itemDone(done["item"]);
      }
      default:
        return this.#deltas(this.#stream.deltas(event));
    }
  }

  #failed(event: CodexEvent): string {
    this.terminated = true;
    const body = this.#reporter?.failed(event);
    const message = body?.error.message ?? "The backend gave up on this answer.";
    const type = body === undefined ? "api_error" : errorTypeOf(body);
    return encode({ type: "error", error: { type, message } });
  }

  #deltas(deltas: readonly ChatDelta[]): string {
    let text = "";
    for (const delta of deltas) {
      if (typeof delta.content === "string") text += this.#text(delta.content);
      if (typeof delta.refusal === "string") {
        this.#refused = true;
        text += this.#text(delta.refusal);
      }
      if (typeof delta.reasoning_content === "string") text += this.#thinking(delta.reasoning_content);
      for (const call of delta.tool_calls ?? []) text += this.#call(call);
    }
    return text;
  }

  #text(text: string): string {
    if (text === "") return "";
    const opened =
      this.#open?.kind === "text" ? "" : this.#start("text", -1, { type: "text", text: "", citations: null });
    return opened + this.#delta({ type: "text_delta", text });
  }

  #thinking(thinking: string): string {
    if (!this.#context.thinking) return "";
    const isOpen = this.#open?.kind === "thinking";
    const opened = isOpen ? "" : this.#start("thinking", -1, { type: "thinking", thinking: "", signature: "" });
    // A new block needs no space to the one before it.
    return opened + this.#delta({ type: "thinking_delta", thinking: isOpen ? thinking : thinking.trimStart() });
  }

  /** The signature comes last, since it bears the whole item. */
  #itemDone(value: unknown): string {
    if (!isJsonObject(value)) return "";
    const callId = asString(value["call_id"]);
    if (value["type"] === "function_call" && callId !== undefined) {
      this.#done.add(callId);
      return this.#nextCalls();
    }
    if (value["type"] !== "reasoning" || !this.#context.thinking) return "";
    if (this.#open?.kind === "thinking")
      return this.#delta({ type: "signature_delta", signature: sealOf(value) }) + this.#stop();
    return this.#start("thinking", -1, { type: "redacted_thinking", data: sealOf(value) }) + this.#stop();
  }

  #call(piece: ChatToolCallDelta): string {
    const { index } = piece;
    if (piece.id !== undefined) {
      this.#callIds[index] = piece.id;
      if (this.#isWriting()) {
        this.#waiting.push({ call: index, start: piece, text: "" });
        return "";
      }
      return this.#startCall(piece);
    }
    const text = piece.function?.arguments ?? "";
    const waiting = this.#waiting.find(({ call }) => call === index);
    if (waiting !== undefined) {
      waiting.text += text;
      return "";
    }
    return this.#open?.call === index ? this.#delta({ type: "input_json_delta", partial_json: text }) : "";
  }

  /** A call whose arguments are not complete has the floor. */
  #isWriting(): boolean {
    const open = this.#open;
    return this.#waiting.length > 0 || (open?.kind === "tool" && !this.#done.has(this.#callIds[open.call] ?? ""));
  }

  #startCall(piece: ChatToolCallDelta): string {
    const name = piece.function?.name ?? "";
    return this.#start("tool", piece.index, { type: "tool_use", id: piece.id, name, input: {} });
  }

  /** Writes the calls that waited, as long as the one before is complete. */
  #nextCalls(): string {
    let text = "";
    while (this.#waiting.length > 0) {
      const open = this.#open;
      if (open?.kind === "tool" && !this.#done.has(this.#callIds[open.call] ?? "")) break;
      const [next] = this.#waiting.splice(0, 1);
      if (next === undefined) break;
      text += this.#startCall(next.start);
      if (next.text !== "") text += this.#delta({ type: "input_json_delta", partial_json: next.text });
    }
    return text;
  }

  #finish(response: JsonObject): string {
    this.#callIds.forEach((id) => this.#done.add(id));
    const rest = this.#nextCalls();
    const stop = this.#begin() + rest + this.#stop();
    this.terminated = true;
    const reason = toStopReason(response, this.#callIds.length > 0, this.#refused);
    const delta = { stop_reason: reason, stop_sequence: null };
    return (
      stop +
      encode({ type: "message_delta", delta, usage: toMessagesUsage(response["usage"], response["service_tier"]) }) +
      encode({ type: "message_stop" })
    );
  }

  #begin(): string {
    if (this.#begun) return "";
    this.#begun = true;
    const message = {
      id: this.#context.id,
      type: "message",
      role: "assistant",
      model: this.#model,
      content: [],
      stop_reason: null,
      stop_sequence: null,
      usage: toMessagesUsage(undefined),
    };
    return encode({ type: "message_start", message });
  }

  #start(kind: OpenBlock["kind"], call: number, block: JsonObject): string {
    const before = this.#begin() + this.#stop();
    this.#open = { index: this.#blocks++, kind, call };
    return before + encode({ type: "content_block_start", index: this.#open.index, content_block: block });
  }

  #delta(delta: JsonObject): string {
    return encode({ type: "content_block_delta", index: this.#open?.index ?? 0, delta });
  }

  #stop(): string {
    if (this.#open === null) return "";
    const { index } = this.#open;
    this.#open = null;
    return encode({ type: "content_block_stop", index });
  }
}

/** The event with its item, or the items of its response, as this API can have them. */
function withoutFreeform(event: CodexEvent): CodexEvent {
  const { item, response } = event;
  if (isJsonObject(item)) return { ...event, item: fromFreeform(item) };
  if (!isJsonObject(response) || !Array.isArray(response["output"])) return event;
  const output = response["output"].map((entry: unknown) => (isJsonObject(entry) ? fromFreeform(entry) : entry));
  return { ...event, response: { ...response, output } };
}

function encode(event: { readonly type: string } & JsonObject): string {
  return encodeJsonEvent(event.type, JSON.stringify(event));
}

/** What stands around the text of a delta. */
function textFrame(index: number): { readonly before: ByteString; readonly after: ByteString } {
  const before = `event: content_block_delta\ndata: {"type":"content_block_delta","index":${index},"delta":{"type":"text_delta","text":`;
  return { before: toByteString(before), after: "}}\n\n" };
}

/** OpenAI's types of error in Anthropic's words: only what they have in common, and what asks for patience. */
function errorTypeOf({ error }: OpenAIErrorBody): string {
  if (error.type === "invalid_request_error") return messagesErrorType(400);
  if (/rate_limit|usage_limit|usage_not_included/.test(`${error.type} ${error.code}`)) return messagesErrorType(429);
  if (/overload/.test(`${error.type} ${error.code}`)) return messagesErrorType(529);
  return messagesErrorType(500);
}
