/**
 * The way of `/v1/chat/completions` when streamed: events of the backend to the text that goes to the client. A chunk of
 * text deltas, nearly all of what a stream holds, costs one match of a pattern and one concatenation per delta.
 * @module
 */
import type { ChatCompletionChunk } from "../protocol/chat/chunk.ts";
import type { OpenAIErrorBody } from "../protocol/error-body.ts";
import { isJsonObject, tryParseJson } from "../protocol/json.ts";
import type { CodexEvent } from "../protocol/responses/event.ts";
import type { ResponseErrorBody } from "../protocol/responses/response.ts";
import { type ByteString, toByteString } from "../sse/byte-string.ts";
import { DONE_EVENT, encodeJsonEvent } from "../sse/encode.ts";
import { type ChatChunkContext, createChatChunkerCore } from "./chat-chunks.ts";
import { rewritePlainDeltas } from "./plain-delta.ts";

/** Encodes one stream for a client of `/v1/chat/completions`. */
export interface ChatSseEncoder {
  /**
   * The text to write for one event; "" when there is none. Malformed JSON and unknown events give "". A
   * `response.failed` gives what {@link ChatSseEncoder.fail} does, in the backend's words.
   * @param type The event's type, for data that does not tell it itself.
   * @param json The event's data as it came.
   */
  push(type: string, json: string): string;
  /**
   * The fast way for a chunk of the backend's that begins between two events: what `push` would give for its events, as
   * bytes, if all are deltas of the text that is being written anyway. Else null, and nothing has changed.
   */
  pass(chunk: ByteString): ByteString | null;
  /** True once the answer has come to its end, good or bad. */
  readonly terminated: boolean;
  /** The end of the stream: `data: [DONE]`, after whatever is still owed. "" when the stream has failed. */
  end(): string;
  /**
   * The end of a stream that failed after its first byte: the error as an event, then `data: [DONE]`. "" after an end. If
   * the backend had announced the failure by an `error` event, it is told in the backend's words.
   */
  fail(body: OpenAIErrorBody): string;
}

/** What stands around the text in a chunk, as text and as bytes, until the chunks look different. */
interface TextFrame {
  readonly revision: number;
  readonly before: string;
  readonly after: string;
  readonly bytesBefore: ByteString;
  readonly bytesAfter: ByteString;
}

/** Makes an encoder for one stream. It writes what {@link createChatChunker} would make, chunk by chunk. */
export function createChatSseEncoder(context: ChatChunkContext): ChatSseEncoder {
  const chunker = createChatChunkerCore(context);
  let ended = false;
  let frame: TextFrame = { revision: -1, before: "", after: "", bytesBefore: "", bytesAfter: "" };

  const textFrame = (): TextFrame => {
    const { revision } = chunker.maker;
    if (frame.revision === revision) return frame;
    const model = encodeChunk(chunker.maker.chunk({ content: "" }));
    // No other field can hold these characters: within text, quotes are escaped.
    const at = model.indexOf(EMPTY_CONTENT) + EMPTY_CONTENT.length - 2;
    const [before, after] = [model.slice(0, at), model.slice(at + 2)];
    frame = { revision, before, after, bytesBefore: toByteString(before), bytesAfter: toByteString(after) };
    return frame;
  };
  const pushText = (event: CodexEvent): string => {
    const text = chunker.terminated ? "" : chunker.stream.text(event);
    if (text === "") return "";
    const head = encodeChunks(chunker.maker.role());
    const { before, after } = textFrame();
    return head + before + JSON.stringify(text) + after;
  };
  const close = (last: string): string => {
    if (ended) return "";
    ended = true;
    return last + DONE_EVENT;
  };
  const closeFailed = (body: OpenAIErrorBody): string => close(encodeJsonEvent(undefined, JSON.stringify(body)));

  return {
    get terminated() {
      return ended || chunker.terminated;
    },
    push(type, json) {
      if (ended) return "";
      const event = tryParseJson(json);
      if (!isJsonObject(event)) return "";
      // As in Codex, the JSON decides; the event line only helps out.
      if (typeof event["type"] !== "string") event["type"] = type;
      if (event["type"] === "response.output_text.delta") return pushText(event as CodexEvent);
      const chunks = chunker.push(event as CodexEvent);
      if (chunker.terminated && chunker.failure !== null) return closeFailed(toBody(chunker.failure));
      return encodeChunks(chunks);
    },
    pass(chunk) {
      // With a place there was a text already, and so who speaks has been told.
      const place = chunker.stream.textPlace;
      if (place === null || ended || chunker.terminated) return null;
      const { bytesBefore, bytesAfter } = textFrame();
      return rewritePlainDeltas(chunk, place, bytesBefore, bytesAfter);
    },
    end() {
      const chunks = chunker.end();
      return chunker.failure === null ? close(encodeChunks(chunks)) : closeFailed(toBody(chunker.failure));
    },
    // What goes wrong after the answer is whole is no concern of the client's.
    fail(body) {
      if (chunker.terminated) return close("");
      // What the backend itself has said about it tells more than that it then fell silent.
      return closeFailed(chunker.failure === null ? body : toBody(chunker.failure));
    },
  };
}

const EMPTY_CONTENT = '"content":""';

function encodeChunk(chunk: ChatCompletionChunk): string {
  return encodeJsonEvent(undefined, JSON.stringify(chunk));
}

function encodeChunks(chunks: readonly ChatCompletionChunk[]): string {
  let text = "";
  for (const chunk of chunks) text += encodeChunk(chunk);
  return text;
}

function toBody(failure: ResponseErrorBody): OpenAIErrorBody {
  const message = failure.message ?? "The backend gave up on this answer.";
  return {
    error: { message, type: failure.type ?? "server_error", param: null, code: failure.code ?? "upstream_failed" },
  };
}
