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

function createChunkMaker(context: ChatChunkContext): ChunkMaker {
  const served: { model: string; service_tier?: string } = { model: context.model };
  let revision = 0;
  let roleSent = false;
  const envelope = (choices: ChatCompletionChunk["choices"], usage: ChatUsage | null): ChatCompletionChunk => ({
    id: context.id,
    object: "chat.completion.chunk",
    created: context.createdSeconds,
    ...served,
    choices,
    ...(context.includeUsage && { usage }),
  });
  const chunk: ChunkMaker["chunk"] = (delta, finish) =>
    envelope([{ index: 0, delta, logprobs: null, finish_reason: finish ?? null }], null);
  return {
    chunk,
    usageChunk: (usage) => envelope([], usage),
    role() {
      if (roleSent) return [];
      roleSent = true;
      return [chunk({ role: "assistant", content: "" })];
    },
    learn(response) {
      const [model, tier] = [asString(response["model"]), asString(response["service_tier"])];
      if (model !== undefined && model !== "") served.model = model;
      if (tier !== undefined) served.service_tier = tier;
      revision += 1;
    },
    get revision() {
      return revision;
    },
  };
}

/** What the encoder shares with the chunker. */
export interface ChatChunkerCore extends ChatChunker {
  readonly stream: ChatStream;
  readonly maker: ChunkMaker;
}

/** {@link createChatChunker} with its inner parts, for the encoder that goes round it where text is concerned. */
export function createChatChunkerCore(context: ChatChunkContext): ChatChunkerCore {
  const stream = createChatStream(context);
  const maker = createChunkMaker(context);
  let terminated = false;
  let failure: ResponseErrorBody | null = null;

  const toChunks = (deltas: ChatDelta[]): ChatCompletionChunk[] =>
    deltas.length === 0 ? [] : [...maker.role(), ...deltas.map((delta) => maker.chunk(delta))];
  const finish = (reason: ChatFinishReason, usage: ChatUsage | undefined): ChatCompletionChunk[] => {
    terminated = true;
    const cost = context.includeUsage && usage !== undefined ? [maker.usageChunk(usage)] : [];
    return [...maker.role(), maker.chunk({}, reason), ...cost];
  };
  const complete = (event: CodexEvent, response: JsonObject): ChatCompletionChunk[] => {
    maker.learn(response);
    failure = null;
    const last = toChunks(stream.deltas(event));
    const reason = toFinishReason(response, stream.calls > 0, context.legacyFunctions === true);
    return [...last, ...finish(reason, toChatUsage(response["usage"]))];
  };

  return {
    stream,
    maker,
    get terminated() {
      return terminated;
    },
    get failure() {
      return failure;
    },
    push(event) {
      if (terminated) return [];
      const response = isJsonObject(event["response"]) ? event["response"] : {};
      switch (event.type) {
        case "response.created":
        case "response.in_progress":
          maker.learn(response);
          return [];
        case "response.completed":
        case "response.incomplete":
          return complete(event, response);
        case "response.failed":
          terminated = true;
          failure = toFailure(isJsonObject(response["error"]) ? response["error"] : {});
          return [];
        case "error":
          // In the bare form, `type` is the event's own.
          failure = toFailure(isJsonObject(event["error"]) ? event["error"] : { ...event, type: null });
          return [];
        default:
          return toChunks(stream.deltas(event));
      }
    },
    end() {
      return terminated || failure !== null ? [] : finish("length", undefined);
    },
  };
}

function toFailure(error: JsonObject): ResponseErrorBody {
  const message = asString(error["message"]) ?? "The backend gave up on this answer.";
  return { code: asString(error["code"]) ?? null, type: asString(error["type"]) ?? null, message };
}
