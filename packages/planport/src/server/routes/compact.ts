/**
 * `POST /v1/responses/compact`.
 * @module
 */
import { RequestError, UpstreamError } from "../../errors.ts";
import { resolveStored } from "../../memory/index.ts";
import { checkObject } from "../../protocol/check.ts";
import { parseResponsesRequest } from "../../protocol/responses/parse.ts";
import type { Item } from "../../protocol/responses/item.ts";
import type { ResponsesRequest } from "../../protocol/responses/request.ts";
import { createResponseFolder, toCompactedResponse, toCompactingRequest } from "../../translate/index.ts";
import { readJsonBody } from "../admission/json-body.ts";
import type { Exchange } from "../exchange.ts";
import { servedHeaders } from "../served-headers.ts";
import { type GatewayContext, noteAnswer, sendJson, threadIdOf } from "./context.ts";

/**
 * Compacts a conversation by a model call that asks for it.
 * @throws {RequestError} `not_supported` for an API key, and for an earlier response where none are kept.
 * @throws {UpstreamError} `upstream_malformed` when the backend answers without a compacted item.
 */
export async function compact(exchange: Exchange, context: GatewayContext): Promise<void> {
  const body = checkObject(await readJsonBody(exchange, context.maxBodyBytes), "");
  const asked = parseResponsesRequest({ ...body, input: body["input"] ?? [] });
  exchange.notes.model = asked.model;
  if (context.client.route === "platform")
    throw new RequestError(
      "not_supported",
      "Compacting is done for plans alone; with an API key, call OpenAI's own /v1/responses/compact.",
    );
  const request = await standingAlone(asked, exchange, context);
  const response = await context.client.send(toCompactingRequest(request), {
    signal: exchange.signal,
    threadId: threadIdOf(exchange),
  });
  noteAnswer(exchange, response);
  const folder = createResponseFolder();
  for await (const event of response.events) folder.push(event);
  const result = toCompactedResponse(request.input, folder.result(), context.now());
  if (result === null)
    throw new UpstreamError(
      "upstream_malformed",
      "The backend answered without a compacted conversation; it may not do this for this model.",
    );
  sendJson(exchange, result, servedHeaders(exchange, response));
}

async function standingAlone(
  asked: ResponsesRequest,
  exchange: Exchange,
  { client, memory }: GatewayContext,
): Promise<ResponsesRequest & { input: Item[] }> {
  if (memory === null) {
    if (asked.previous_response_id != null)
      throw new RequestError(
        "not_supported",
        "This gateway keeps no responses: its memory is off. Send the whole input.",
        {
          cause: { param: "previous_response_id" },
        },
      );
    const { input } = asked;
    return { ...asked, input: typeof input === "string" ? [{ type: "message", role: "user", content: input }] : input };
  }
  const accountKey = await client.account({ signal: exchange.signal });
  return (await resolveStored(asked, memory.responses, accountKey)).request;
}
