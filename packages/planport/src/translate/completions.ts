/**
 * The text API (`/v1/completions`) by way of a chat: one message there, its text back.
 * @module
 */
import type { ChatCompletionChunk } from "../protocol/chat/chunk.ts";
import type { ChatCompletion, ChatFinishReason } from "../protocol/chat/completion.ts";
import type { ChatRequest } from "../protocol/chat/request.ts";
import type { Completion, CompletionRequest } from "../protocol/completions/parse.ts";
import type { OpenAIErrorBody } from "../protocol/error-body.ts";
import { isJsonObject, tryParseJson } from "../protocol/json.ts";
import type { CodexEvent } from "../protocol/responses/event.ts";
import { DONE_EVENT, encodeJsonEvent } from "../sse/encode.ts";
import type { Change } from "./change.ts";
import { type ChatChunkContext, createChatChunker } from "./chat-chunks.ts";
import { COMPLETIONS_PARAMETERS } from "./completions-parameters.ts";
import { keepParameters, usual } from "./parameters.ts";
import { passOver, type StreamReporter } from "./stream-reporter.ts";
import type { ChatSseEncoder } from "./chat-sse.ts";

/** What {@link completionToChat} gives. */
export interface CompletionTranslation {
  readonly request: ChatRequest;
  readonly changes: Change[];
  /** What the answer's text begins with: the prompt with `echo`, else "". */
  readonly echo: string;
}

/**
 * Makes the chat request.
 * @throws {RequestError} `request_invalid` for `suffix` and `best_of` above 1, which would be another question.
 */
export function completionToChat(request: CompletionRequest): CompletionTranslation {
  const { prompt, echo } = request;
  const changes: Change[] = [];
  const rest = keepParameters(request, COMPLETIONS_PARAMETERS, false, changes);
  const text = Array.isArray(prompt) ? (prompt[0] ?? "") : prompt;
  changes.push({ path: "prompt", action: "mapped", note: "The prompt went as the message of a chat." });
  if (echo === true)
    changes.push({
      path: "echo",
      action: "emulated",
      note: "The answer begins with the prompt, put there by planport.",
    });
  else if (echo === false) changes.push(usual("echo"));
  const chat: ChatRequest = { ...rest, model: request.model, messages: [{ role: "user", content: text }] };
  return { request: chat, changes, echo: echo === true ? text : "" };
}

/** What an answer bears that no event tells. */
export interface CompletionContext extends ChatChunkContext {
  readonly echo: string;
}

/** A chat's completion as the text API has it. */
export function toCompletion(chat: ChatCompletion, { echo }: Pick<CompletionContext, "echo">): Completion {
  const choice = chat.choices[0];
  const text = choice?.message.content ?? choice?.message.refusal ?? "";
  return {
    id: chat.id,
    object: "text_completion",
    created: chat.created,
    model: chat.model,
    choices: [{ text: echo + text, index: 0, logprobs: null, finish_reason: choice?.finish_reason ?? "stop" }],
    ...(chat.usage !== undefined && { usage: chat.usage }),
    ...(chat.service_tier !== undefined && { service_tier: chat.service_tier }),
  };
}

/** Makes an encoder for one stream. Few use this API: each event is parsed, and there is no faster way beside. */
export function createCompletionSseEncoder(context: CompletionContext, reporter?: StreamReporter): ChatSseEncoder {
  const chunker = createChatChunker(context);
  let ended = false;
  let echo = context.echo;
  let failure: CodexEvent | null = null;
  const encodeAll = (chunks: readonly ChatCompletionChunk[]): string => {
    const text = chunks.map((chunk) => encodeChunk(chunk, echo)).join("");
    if (text !== "") echo = "";
    return text;
  };
  const close = (last: string): string => {
    ended = true;
    return last + DONE_EVENT;
  };
  const closeFailed = (body: OpenAIErrorBody): string => {
    const told = failure === null ? body : (reporter?.failed(failure) ?? body);
    return close(encodeJsonEvent(undefined, JSON.stringify(told)));
  };
  return {
    get terminated() {
      return ended || chunker.terminated;
    },
    push(type, json) {
      if (ended) return "";
      const event = tryParseJson(json);
      if (!isJsonObject(event)) {
        passOver(type, json, reporter);
        return "";
      }
      if (typeof event["type"] !== "string") event["type"] = type;
      const text = encodeAll(chunker.push(event as CodexEvent));
      if (chunker.failure === null) return text;
      failure ??= event as CodexEvent;
      return chunker.terminated ? closeFailed(bodyOf(chunker.failure.message)) : text;
    },
    pass: () => null,
    end: () => (ended ? "" : close(encodeAll(chunker.end()))),
    fail: (body) => (ended ? "" : closeFailed(body)),
  };
}

function bodyOf(message: string | null | undefined): OpenAIErrorBody {
  const text = message ?? "The backend gave up on this answer.";
  return { error: { message: text, type: "server_error", param: null, code: "upstream_failed" } };
}

/** Chunks that hold no text, no end and no cost are for chats alone. */
function encodeChunk(chunk: ChatCompletionChunk, echo: string): string {
  const [choice] = chunk.choices;
  const text = choice === undefined ? "" : (choice.delta.content ?? choice.delta.refusal ?? "");
  const finish: ChatFinishReason | null = choice?.finish_reason ?? null;
  if (choice !== undefined && text === "" && finish === null) return "";
  const completion: Completion = {
    id: chunk.id,
    object: "text_completion",
    created: chunk.created,
    model: chunk.model,
    choices: choice === undefined ? [] : [{ text: echo + text, index: 0, logprobs: null, finish_reason: finish }],
    ...(chunk.usage != null && { usage: chunk.usage }),
    ...(chunk.service_tier !== undefined && { service_tier: chunk.service_tier }),
  };
  return encodeJsonEvent(undefined, JSON.stringify(completion));
}
