/**
 * `POST /v1/messages` and `POST /v1/messages/count_tokens`: Anthropic's Messages API, so that its clients can be pointed here.
 * @module
 */
import { parseMessagesRequest } from "../../protocol/messages/parse.ts";
import { isJsonObject } from "../../protocol/json.ts";
import { createResponseFolder, type StreamReporter } from "../../translate/index.ts";
import {
  createMessagesSseEncoder,
  estimateInputTokens,
  messagesToResponses,
  toMessagesMessage,
} from "../../translate/messages/index.ts";
import { readJsonBody } from "../admission/json-body.ts";
import { readAsked } from "../asked.ts";
import { cacheKeyFor, cacheKeyOf } from "../cache-key.ts";
import type { Exchange } from "../exchange.ts";
import { createReasoningReplay } from "../reasoning-replay.ts";
import { servedHeaders } from "../served-headers.ts";
import { streamResponse } from "../stream-response.ts";
import { type GatewayContext, noteAnswer, sendJson, threadIdOf } from "./context.ts";

/** Translates a Messages request, sends it on, and answers with events or, without `stream`, with the message. */
export async function messages(exchange: Exchange, gateway: GatewayContext): Promise<void> {
  const { body, context, pairing, nameTools } = await readAsked(exchange, gateway, "anthropic-messages");
  const asked = parseMessagesRequest(body);
  exchange.notes.model = asked.model;
  const { request, changes, toolNames, thinking, renames } = messagesToResponses(asked, context.client.route, pairing);
  nameTools(toolNames);
  const key = cacheKeyOf(exchange) ?? cacheKeyOfUser(asked["metadata"]);
  if (key !== undefined) request.prompt_cache_key ??= key;
  const answer = { id: `msg_${context.newId().replaceAll("-", "")}`, model: asked.model, toolNames, thinking };
  // A client that sees the thinking brings it back by itself, sealed in its signature.
  const memory = thinking ? null : context.memory;
  const replay = createReasoningReplay({ ...context, memory, requestId: exchange.requestId });
  const names = { claudeNames: true };
  const call = () => replay.send(request, { signal: exchange.signal, threadId: threadIdOf(exchange), names });
  if (asked.stream === true) {
    const createEncoder = (reporter: StreamReporter) => createMessagesSseEncoder(answer, reporter);
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
  sendJson(exchange, toMessagesMessage(result, answer), servedHeaders(exchange, response, changes, renames));
}

/** Claude Code names its session in `metadata.user_id`. */
function cacheKeyOfUser(metadata: unknown): string | undefined {
  const user = isJsonObject(metadata) ? metadata["user_id"] : undefined;
  return typeof user === "string" && user !== "" ? cacheKeyFor(`user ${user}`) : undefined;
}

/** An estimate, made here: the backend has no such endpoint. The answer says so, in its body and in its header. */
export async function countTokens(exchange: Exchange, context: GatewayContext): Promise<void> {
  const asked = parseMessagesRequest(await readJsonBody(exchange, context.maxBodyBytes), false);
  exchange.notes.model = asked.model;
  const { request } = messagesToResponses(asked, "codex", "repair");
  const told = { "x-planport-changes": "input_tokens=emulated" };
  sendJson(exchange, { input_tokens: estimateInputTokens(request), estimated: true }, told);
}
