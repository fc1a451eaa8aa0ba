/**
 * `POST /v1/responses`.
 * @module
 */
import { parseResponsesRequest } from "../../protocol/responses/parse.ts";
import { encodeJsonEvent } from "../../sse/encode.ts";
import { createResponseFolder, createResponsesSseEncoder, type StreamReporter } from "../../translate/index.ts";
import { readJsonBody } from "../admission/json-body.ts";
import type { Exchange } from "../exchange.ts";
import { servedHeaders } from "../served-headers.ts";
import { type StreamEncoder, streamResponse } from "../stream-response.ts";
import { type GatewayContext, noteAnswer, sendJson, threadIdOf } from "./context.ts";

/** Sends a Responses request on, and answers with the events or, without `stream`, with the response object. */
export async function responses(exchange: Exchange, context: GatewayContext): Promise<void> {
  const request = parseResponsesRequest(await readJsonBody(exchange, context.maxBodyBytes));
  exchange.notes.model = request.model;
  const call = () => context.client.send(request, { signal: exchange.signal, threadId: threadIdOf(exchange) });
  if (request.stream === true) {
    const createEncoder = (reporter: StreamReporter) => createStreamEncoder(exchange, reporter);
    await streamResponse(exchange, { ...context, call, createEncoder });
    return;
  }
  const response = await call();
  noteAnswer(exchange, response);
  const folder = createResponseFolder();
  for await (const event of response.events) folder.push(event);
  sendJson(exchange, folder.result(), servedHeaders(response));
}

/** An event of no meaning, which any reader of a Responses stream passes over. */
const KEEP_ALIVE_EVENT = encodeJsonEvent("keepalive", '{"type":"keepalive"}');

/**
 * The terminal event is the end of a Responses stream: nothing follows it. Codex counts only events as signs of life, not
 * comments (openai/codex `codex-rs/codex-api/src/sse/responses.rs`), so it gets an event to stay awake on.
 */
function createStreamEncoder(exchange: Exchange, reporter: StreamReporter): StreamEncoder {
  const isCodex = exchange.headers["originator"]?.startsWith("codex") === true;
  return Object.assign(createResponsesSseEncoder(reporter), {
    end: () => "",
    ...(isCodex && { keepAlive: KEEP_ALIVE_EVENT }),
  });
}
