/**
 * `POST /v1/chat/completions`.
 * @module
 */
import { parseChatRequest } from "../../protocol/chat/parse.ts";
import {
  chatToResponses,
  createChatSseEncoder,
  createResponseFolder,
  type StreamReporter,
  toChatCompletion,
} from "../../translate/index.ts";
import { readAsked } from "../asked.ts";
import type { Exchange } from "../exchange.ts";
import { createReasoningReplay } from "../reasoning-replay.ts";
import { servedHeaders } from "../served-headers.ts";
import { streamResponse } from "../stream-response.ts";
import { type GatewayContext, noteAnswer, sendJson, threadIdOf } from "./context.ts";

/** Translates a chat request, sends it on, and answers with chunks or, without `stream`, with the completion. */
export async function chatCompletions(exchange: Exchange, gateway: GatewayContext): Promise<void> {
  const { body, context, pairing, nameTools } = await readAsked(exchange, gateway, "openai-chat");
  const chat = parseChatRequest(body);
  exchange.notes.model = chat.model;
  const translation = chatToResponses(chat, context.client.route, pairing);
  const { request, changes, toolNames, legacyFunctions, renames } = translation;
  nameTools(toolNames);
  const answer = {
    id: `chatcmpl-${context.newId()}`,
    createdSeconds: Math.floor(context.now() / 1000),
    model: chat.model,
    toolNames,
    legacyFunctions,
  };
  const replay = createReasoningReplay({ ...context, requestId: exchange.requestId });
  const call = () => replay.send(request, { signal: exchange.signal, threadId: threadIdOf(exchange) });
  if (chat.stream === true) {
    const chunks = { ...answer, includeUsage: chat.stream_options?.include_usage === true };
    const createEncoder = (reporter: StreamReporter) => createChatSseEncoder(chunks, reporter);
    await streamResponse(exchange, {
      ...context,
      call,
      createEncoder,
      changes,
      renames,
      onEvent: (type, json) => replay.onEvent(type, json),
      beforeEnd: () => replay.beforeEnd(),
    });
    return;
  }
  const response = await call();
  noteAnswer(exchange, response);
  const folder = createResponseFolder();
  for await (const event of response.events) folder.push(event);
  const result = folder.result();
  await replay.keep(result);
  sendJson(exchange, toChatCompletion(result, answer), servedHeaders(exchange, response, changes, renames));
}
