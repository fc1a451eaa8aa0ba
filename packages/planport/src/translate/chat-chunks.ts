/**
 * Events of a Responses stream to Chat Completions chunks.
 * @module
 */
import type { ChatCompletionChunk, ChatDelta } from "../protocol/chat/chunk.ts";
import type { ChatFinishReason, ChatUsage } from "../protocol/chat/completion.ts";
import { type JsonObject, asString, isJsonObject } from "../protocol/json.ts";
import type { CodexEvent } from "../protocol/responses/event.ts";
import type { ResponseErrorBody } from "../protocol/responses/response.ts";
import { type ChatStream, createChatStream } from "./chat-stream.ts";
import { toChatUsage, toFinishReason } from "./chat-usage.ts";

/** What a chat answer bears that no event tells. */
export interface ChatChunkContext {
  /** The same in all chunks, such as `chatcmpl-…`. */
  readonly id: string;
  /** The model asked for; the one that served takes its place as soon as the backend names it. */
  readonly model: string;
  readonly createdSeconds: number;
  /** The client asked for `stream_options.include_usage`. */
  readonly includeUsage: boolean;
  /** From {@link ChatTranslation}: shortened tool names to the client's. */
  readonly toolNames?: ReadonlyMap<string, string> | undefined;
  /** From {@link ChatTranslation}: write calls as `function_call`. */
  readonly legacyFunctions?: boolean | undefined;
}

/** Makes chunks of one stream. */
export interface ChatChunker {
  /** The chunks for one event; none for unknown ones. */
  push(event: CodexEvent): ChatCompletionChunk[];
  /** The end of the stream. An answer whose terminal event never came is marked as cut short (`length`). */
  end(): ChatCompletionChunk[];
  /** True once a terminal event was seen. */
  readonly terminated: boolean;
  /** Why the backend gave up: from `response.failed`, or an `error` event that nothing terminal followed. */
  readonly failure: ResponseErrorBody | null;
}

/** Makes a chunker for one stream. */
export function createChatChunker(context: ChatChunkContext): ChatChunker {
  return createChatChunkerCore(context);
}

/** Makes single chunks, all alike but for what they add. */
export interface ChunkMaker {
  chunk(delta: ChatDelta, finish?: ChatFinishReason): ChatCompletionChunk;
  /** The chunk without choices that ends a stream when usage was asked for. */
  usageChunk(usage: ChatUsage): ChatCompletionChunk;
  /** The chunk that says who speaks, the first time; then none. */
  role(): ChatCompletionChunk[];
  /** Takes the model that serves and the service tier from a response, as far as it tells. */
  learn(response: JsonObject): void;
  /** Grows when chunks begin to look different. */
  readonly revision: number;
}

class Maker implements ChunkMaker {
  revision = 0;
  readonly #context: ChatChunkContext;
  readonly #served: { model: string; service_tier?: string };
  #roleSent = false;

  constructor(context: ChatChunkContext) {
    this.#context = context;
    this.#served = { model: context.model };
  }

  chunk(delta: ChatDelta, finish?: ChatFinishReason): ChatCompletionChunk {
    return this.#envelope([{ index: 0, delta, logprobs: null, finish_reason: finish ?? null }], null);
  }

  usageChunk(usage: ChatUsage): ChatCompletionChunk {
    return this.#envelope([], usage);
  }

  role(): ChatCompletionChunk[] {
    if (this.#roleSent) return [];
    this.#roleSent = true;
    return [this.chunk({ role: "assistant", content: "" })];
  }

  learn(response: JsonObject): void {
    const [model, tier] = [asString(response["model"]), asString(response["service_tier"])];
    if (model !== undefined && model !== "") this.#served.model = model;
    if (tier !== undefined) this.#served.service_tier = tier;
    this.revision += 1;
  }

  #envelope(choices: ChatCompletionChunk["choices"], usage: ChatUsage | null): ChatCompletionChunk {
    const { id, createdSeconds, includeUsage } = this.#context;
    return {
      id,
      object: "chat.completion.chunk",
      created: createdSeconds,
      ...this.#served,
      choices,
      ...(includeUsage && { usage }),
    };
  }
}

/** What the encoder shares with the chunker. */
export interface ChatChunkerCore extends ChatChunker {
  readonly stream: ChatStream;
  readonly maker: ChunkMaker;
}

/** {@link createChatChunker} with its inner parts, for the encoder that goes round it where text is concerned. */
export function createChatChunkerCore(context: ChatChunkContext): ChatChunkerCore {
  return new Chunker(context);
}

/** Classes here, because each stream makes one: an object literal with getters has a shape that no other shares. */
class Chunker implements ChatChunkerCore {
  readonly stream: ChatStream;
  readonly maker: ChunkMaker;
  terminated = false;
  failure: ResponseErrorBody | null = null;
  readonly #context: ChatChunkContext;

  constructor(context: ChatChunkContext) {
    this.#context = context;
    this.stream = createChatStream(context);
    this.maker = new Maker(context);
  }

  push(event: CodexEvent): ChatCompletionChunk[] {
    if (this.terminated) return [];
    const response = isJsonObject(event["response"]) ? event["response"] : {};
    switch (event.type) {
      case "response.created":
      case "response.in_progress":
        this.maker.learn(response);
        return [];
      case "response.completed":
      case "response.incomplete":
        return this.#complete(event, response);
      case "response.failed":
        this.terminated = true;
        this.failure = toFailure(isJsonObject(response["error"]) ? response["error"] : {});
        return [];
      case "error":
        // In the bare form, `type` is the event's own.
        this.failure = toFailure(isJsonObject(event["error"]) ? event["error"] : { ...event, type: null });
        return [];
      default:
        return this.#toChunks(this.stream.deltas(event));
    }
  }

  end(): ChatCompletionChunk[] {
    return this.terminated || this.failure !== null ? [] : this.#finish("length", undefined);
  }

  #toChunks(deltas: ChatDelta[]): ChatCompletionChunk[] {
    if (deltas.length === 0) return [];
    return [...this.maker.role(), ...deltas.map((delta) => this.maker.chunk(delta))];
  }

  #finish(reason: ChatFinishReason, usage: ChatUsage | undefined): ChatCompletionChunk[] {
    this.terminated = true;
    const cost = this.#context.includeUsage && usage !== undefined ? [this.maker.usageChunk(usage)] : [];
    return [...this.maker.role(), this.maker.chunk({}, reason), ...cost];
  }

  #complete(event: CodexEvent, response: JsonObject): ChatCompletionChunk[] {
    this.maker.learn(response);
    this.failure = null;
    const last = this.#toChunks(this.stream.deltas(event));
    const reason = toFinishReason(response, this.stream.calls > 0, this.#context.legacyFunctions === true);
    return [...last, ...this.#finish(reason, toChatUsage(response["usage"]))];
  }
}

function toFailure(error: JsonObject): ResponseErrorBody {
  const message = asString(error["message"]) ?? "The backend gave up on this answer.";
  return { code: asString(error["code"]) ?? null, type: asString(error["type"]) ?? null, message };
}
