/**
 * `POST /v1/responses`.
 * @module
 */
import type { JsonObject } from "../../protocol/json.ts";
import { parseResponsesRequest } from "../../protocol/responses/parse.ts";
import { encodeJsonEvent } from "../../sse/encode.ts";
import {
  createResponseFolder,
  createResponsesSseEncoder,
  type ResponsesSseEncoder,
  type StreamReporter,
} from "../../translate/index.ts";
import { jsonWithOriginals, withOriginals } from "../../translate/response-names.ts";
import type { CodexResponse } from "../../upstream/types.ts";
import { readAsked } from "../asked.ts";
import type { Exchange } from "../exchange.ts";
import { namedClient } from "../named-client.ts";
import { createResponseKeeper, type ResponseKeeper } from "../response-keeper.ts";
import { servedHeaders } from "../served-headers.ts";
import { type StreamEncoder, streamResponse } from "../stream-response.ts";
import { type GatewayContext, noteAnswer, sendJson, threadIdOf } from "./context.ts";

/** Sends a Responses request on, and answers with the events or, without `stream`, with the response object. */
export async function responses(exchange: Exchange, gateway: GatewayContext): Promise<void> {
  const { body, context, nameTools } = await readAsked(exchange, gateway, "openai-responses");
  const request = parseResponsesRequest(body);
  exchange.notes.model = request.model;
  const { client, originals } = namedClient(context.client);
  nameTools(originals);
  const keeper = createResponseKeeper(request, client, context.memory);
  const call = () => keeper.send({ signal: exchange.signal, threadId: threadIdOf(exchange) });
  if (request.stream === true) {
    await streamKept(exchange, context, { keeper, call, originals });
    return;
  }
  const response = await call();
  noteAnswer(exchange, response);
  const folder = createResponseFolder();
  for await (const event of response.events) folder.push(event);
  const result = keeper.amend(withOriginals(folder.result(), originals));
  await keeper.keep(result);
  sendJson(exchange, result, servedHeaders(exchange, response, keeper.changes));
}

interface KeptCall {
  readonly keeper: ResponseKeeper;
  readonly call: () => Promise<CodexResponse>;
  /** Names of tools that were shortened. Complete once `call` has answered. */
  readonly originals: ReadonlyMap<string, string>;
}

async function streamKept(
  exchange: Exchange,
  context: GatewayContext,
  { keeper, call, originals }: KeptCall,
): Promise<void> {
  let final: () => JsonObject | null = () => null;
  const createEncoder = (reporter: StreamReporter): StreamEncoder => {
    const encoder = createResponsesSseEncoder(reporter, keeper.truth);
    final = () => encoder.final;
    return asStreamEncoder(encoder, exchange, originals);
  };
  const beforeEnd = (): Promise<void> | null => {
    const response = final();
    return response === null ? null : keeper.keep(response);
  };
  await streamResponse(exchange, { ...context, call, createEncoder, changes: keeper.changes, beforeEnd });
}

/** An event of no meaning, which any reader of a Responses stream passes over. */
const KEEP_ALIVE_EVENT = encodeJsonEvent("keepalive", '{"type":"keepalive"}');

/**
 * The terminal event is the end of a Responses stream: nothing follows it. Codex counts only events as signs of life, not
 * comments (openai/codex `codex-rs/codex-api/src/sse/responses.rs`), so it gets an event to stay awake on.
 */
function asStreamEncoder(
  encoder: ResponsesSseEncoder,
  exchange: Exchange,
  originals: ReadonlyMap<string, string>,
): StreamEncoder {
  const isCodex = exchange.headers["originator"]?.startsWith("codex") === true;
  const push = encoder.push.bind(encoder);
  return Object.assign(encoder, {
    // Pieces that are passed as bytes are deltas, and those name no tools.
    push: (type: string, json: string) => push(type, originals.size === 0 ? json : jsonWithOriginals(json, originals)),
    end: () => "",
    ...(isCodex && { keepAlive: KEEP_ALIVE_EVENT }),
  });
}
