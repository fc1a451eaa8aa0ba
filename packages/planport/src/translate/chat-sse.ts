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
import { type ChatChunkContext, type ChatChunkerCore, createChatChunkerCore } from "./chat-chunks.ts";
import { rewritePlainDeltas } from "./plain-delta.ts";
import { passOver, type StreamReporter } from "./stream-reporter.ts";

/** Encodes one stream for a client of `/v1/chat/completions`. */
export interface ChatSseEncoder {
  /**
   * The text to write for one event; "" when there is none, as for unknown events. A `response.failed` gives what
   * {@link ChatSseEncoder.fail} does, with the body that the reporter has for it.
   * @param type The event's type, for data that does not tell it itself.
   * @param json The event's data as it came.
   * @throws {UpstreamError} `upstream_malformed` for data that is not JSON and may have been a part of the answer.
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
   * the backend had announced the failure by an `error` event, that is told in place of `body`.
   */
  fail(body: OpenAIErrorBody): string;
  /**
   * What breaks a silence: a chunk that adds nothing. A comment would keep proxies from cutting the connection, but there are
   * clients that count the chunks and not the bytes.
   */
  readonly keepAlive?: string;
}

/** Makes an encoder for one stream. It writes what {@link createChatChunker} would make, chunk by chunk. */
export function createChatSseEncoder(context: ChatChunkContext, reporter?: StreamReporter): ChatSseEncoder {
  return new Encoder(context, reporter);
}

/** What stands around the text in a chunk, until the chunks look different. */
interface TextFrame {
  readonly revision: number;
  readonly before: string;
  readonly after: string;
}

/** What is passed at present: deltas of this place, with these bytes around each text. */
interface Passing {
  readonly place: string;
  readonly before: ByteString;
  readonly after: ByteString;
}

/** A class, and what `pass` reads in fields of its own: an object literal with getters has a shape that no other stream shares. */
class Encoder implements ChatSseEncoder {
  readonly #chunker: ChatChunkerCore;
  readonly #reporter: StreamReporter | undefined;
  #ended = false;
  #frame: TextFrame = { revision: -1, before: "", after: "" };
  /** Undefined: to be found out, since something was pushed. */
  #passing: Passing | null | undefined = undefined;

  /** The first event by which the backend said that it gave up. */
  #failure: CodexEvent | null = null;

  constructor(context: ChatChunkContext, reporter: StreamReporter | undefined) {
    this.#chunker = createChatChunkerCore(context);
    this.#reporter = reporter;
  }

  get terminated(): boolean {
    return this.#ended || this.#chunker.terminated;
  }

  push(type: string, json: string): string {
    this.#passing = undefined;
    if (this.#ended) return "";
    const chunker = this.#chunker;
    const event = tryParseJson(json);
    if (!isJsonObject(event)) {
      passOver(type, json, this.#reporter);
      return "";
    }
    // As in Codex, the JSON decides; the event line only helps out.
    if (typeof event["type"] !== "string") event["type"] = type;
    if (event["type"] === "response.output_text.delta") return this.#pushText(event as CodexEvent);
    const chunks = chunker.push(event as CodexEvent);
    if (chunker.failure === null) return encodeChunks(chunks);
    this.#failure ??= event as CodexEvent;
    return chunker.terminated ? this.#closeFailed(this.#bodyOf(chunker.failure)) : encodeChunks(chunks);
  }

  get keepAlive(): string {
    const { maker } = this.#chunker;
    return encodeChunks([...maker.role(), maker.chunk({})]);
  }

  pass(chunk: ByteString): ByteString | null {
    const passing = this.#passing === undefined ? (this.#passing = this.#findPassing()) : this.#passing;
    return passing === null ? null : rewritePlainDeltas(chunk, passing.place, passing.before, passing.after);
  }

  end(): string {
    this.#passing = null;
    if (this.#ended) return "";
    const chunker = this.#chunker;
    const chunks = chunker.end();
    return chunker.failure === null
      ? this.#close(encodeChunks(chunks))
      : this.#closeFailed(this.#bodyOf(chunker.failure));
  }

  fail(body: OpenAIErrorBody): string {
    this.#passing = null;
    if (this.#ended) return "";
    const { terminated, failure } = this.#chunker;
    // What goes wrong after the answer is whole is no concern of the client's.
    if (terminated) return this.#close("");
    // What the backend itself has said about it tells more than that it then fell silent.
    return this.#closeFailed(failure === null ? body : this.#bodyOf(failure));
  }

  #bodyOf(failure: ResponseErrorBody): OpenAIErrorBody {
    return this.#reporter === undefined || this.#failure === null
      ? toBody(failure)
      : this.#reporter.failed(this.#failure);
  }

  #findPassing(): Passing | null {
    // With a place there was a text already, and so who speaks has been told.
    const place = this.#chunker.stream.textPlace;
    if (place === null || this.terminated) return null;
    const { before, after } = this.#textFrame();
    return { place, before: toByteString(before), after: toByteString(after) };
  }

  #pushText(event: CodexEvent): string {
    const { maker, stream, terminated } = this.#chunker;
    const text = terminated ? "" : stream.text(event);
    if (text === "") return "";
    const head = encodeChunks(maker.role());
    const { before, after } = this.#textFrame();
    return head + before + JSON.stringify(text) + after;
  }

  #textFrame(): TextFrame {
    const { maker } = this.#chunker;
    const { revision } = maker;
    if (this.#frame.revision === revision) return this.#frame;
    const model = encodeChunk(maker.chunk({ content: "" }));
    // No other field can hold these characters: within text, quotes are escaped.
    const at = model.indexOf(EMPTY_CONTENT) + EMPTY_CONTENT.length - 2;
    this.#frame = { revision, before: model.slice(0, at), after: model.slice(at + 2) };
    return this.#frame;
  }

  #close(last: string): string {
    this.#ended = true;
    return last + DONE_EVENT;
  }

  #closeFailed(body: OpenAIErrorBody): string {
    return this.#close(encodeJsonEvent(undefined, JSON.stringify(body)));
  }
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
