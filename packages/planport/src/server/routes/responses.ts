/**
 * `POST /v1/responses`.
 * @module
 */
import { parseResponsesRequest } from "../../protocol/responses/parse.ts";
import { createResponseFolder, createResponsesSseEncoder } from "../../translate/index.ts";
import { readJsonBody } from "../admission/json-body.ts";
import type { Exchange } from "../exchange.ts";
import { servedHeaders } from "../served-headers.ts";
import { type StreamEncoder, streamResponse } from "../stream-response.ts";
import { type GatewayContext, sendJson, threadIdOf } from "./context.ts";

/** Sends a Responses request on, and answers with the events or, without `stream`, with the response object. */
export async function responses(exchange: Exchange, context: GatewayContext): Promise<void> {
  const request = parseResponsesRequest(await readJsonBody(exchange, context.maxBodyBytes));
  exchange.notes.model = request.model;
  const call = () => context.client.send(request, { signal: exchange.signal, threadId: threadIdOf(exchange) });
  if (request.stream === true) {
    await streamResponse(exchange, { ...context, call, encoder: createStreamEncoder() });
    return;
  }
  const response = await call();
  const folder = createResponseFolder();
  for await (const event of response.events) folder.push(event);
  sendJson(exchange, folder.result(), servedHeaders(response));
}

/** The terminal event is the end of a Responses stream: nothing follows it. */
function createStreamEncoder(): StreamEncoder {
  return Object.assign(createResponsesSseEncoder(), { end: () => "" });
}
