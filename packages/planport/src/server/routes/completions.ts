/**
 * `POST /v1/completions`: the text API from before there were chats. A prompt goes as the one message of a chat.
 * @module
 */
import { parseCompletionRequest } from "../../protocol/completions/parse.ts";
import { chatToResponses, createResponseFolder, type StreamReporter, toChatCompletion } from "../../translate/index.ts";
import { completionToChat, createCompletionSseEncoder, toCompletion } from "../../translate/completions.ts";
import { readAsked } from "../asked.ts";
import type { Exchange } from "../exchange.ts";
import { servedHeaders } from "../served-headers.ts";
import { streamResponse } from "../stream-response.ts";
import { type GatewayContext, noteAnswer, sendJson, threadIdOf } from "./context.ts";

/** Translates a completion request, sends it on, and answers with chunks or, without `stream`, with the completion. */
export async function completions(exchange: Exchange, gateway: GatewayContext): Promise<void> {
  const { body, context } = await readAsked(exchange, gateway, "openai-completions");
  const asked = parseCompletionRequest(body);
  exchange.notes.model = asked.model;
  const chat = completionToChat(asked);
  const { request, changes, toolNames, renames } = chatToResponses(chat.request, context.client.route);
  const told = [...chat.changes, ...changes];
  const answer = {
    id: `cmpl-${context.newId()}`,
    createdSeconds: Math.floor(context.now() / 1000),
    model: asked.model,
    toolNames,
    echo: chat.echo,
  };
  const call = () => context.client.send(request, { signal: exchange.signal, threadId: threadIdOf(exchange) });
  if (asked.stream === true) {
    const chunks = { ...answer, includeUsage: asked.stream_options?.["include_usage"] === true };
    const createEncoder = (reporter: StreamReporter) => createCompletionSseEncoder(chunks, reporter);
    await streamResponse(exchange, { ...context, call, createEncoder, changes: told, renames });
    return;
  }
  const response = await call();
  noteAnswer(exchange, response);
  const folder = createResponseFolder();
  for await (const event of response.events) folder.push(event);
  const completion = toCompletion(toChatCompletion(folder.result(), answer), answer);
  sendJson(exchange, completion, servedHeaders(exchange, response, told, renames));
}
