/**
 * `GET` and `DELETE /v1/responses/{id}` and `GET /v1/responses/{id}/input_items`: what the gateway keeps.
 * @module
 */
import { RequestError } from "../../errors.ts";
import { type Memory, type PageQuery, pageOf, shown, type StoredResponse, withIds } from "../../memory/index.ts";
import type { Exchange } from "../exchange.ts";
import { notFound } from "../send-error.ts";
import { type GatewayContext, sendJson } from "./context.ts";

type Params = Readonly<Record<string, string>>;

/**
 * The response as its client got it; `include` changes nothing, since all is there.
 * @throws {RequestError} `not_found`; `not_supported` for `stream=true`.
 */
export async function getResponse(exchange: Exchange, context: GatewayContext, params: Params): Promise<void> {
  if (new URLSearchParams(exchange.query).get("stream") === "true")
    throw new RequestError("not_supported", "A kept response is not streamed again; leave stream out.", {
      cause: { param: "stream" },
    });
  sendJson(exchange, (await find(exchange, context, params)).response);
}

/**
 * Forgets a response.
 * @throws {RequestError} `not_found`
 */
export async function deleteResponse(exchange: Exchange, context: GatewayContext, params: Params): Promise<void> {
  const id = params["id"] ?? "";
  const memory = memoryOf(context);
  const accountKey = await context.client.account({ signal: exchange.signal });
  if (!(await memory.responses.delete(accountKey, id))) throw unknownResponse(id);
  sendJson(exchange, { id, object: "response", deleted: true });
}

/**
 * A page of what the model was given, items of earlier responses among it.
 * @throws {RequestError} `not_found`, `request_invalid`
 */
export async function listInputItems(exchange: Exchange, context: GatewayContext, params: Params): Promise<void> {
  const query = parsePage(new URLSearchParams(exchange.query));
  const { response, input } = await find(exchange, context, params);
  sendJson(exchange, pageOf(withIds(input, response.id), query));
}

async function find(exchange: Exchange, context: GatewayContext, params: Params): Promise<StoredResponse> {
  const id = params["id"] ?? "";
  const memory = memoryOf(context);
  const accountKey = await context.client.account({ signal: exchange.signal });
  const stored = await memory.responses.get(accountKey, id);
  if (stored === null) throw unknownResponse(id);
  return stored;
}

function memoryOf({ memory, client }: GatewayContext): Memory {
  if (memory !== null && client.route === "codex") return memory;
  const why =
    memory === null
      ? "This gateway keeps no responses: its memory is off."
      : "This gateway keeps no responses of an API key: OpenAI does.";
  throw new RequestError("not_supported", why);
}

function unknownResponse(id: string): RequestError<"not_found"> {
  return notFound(`Response with id '${shown(id)}' not found.`);
}

const DEFAULT_LIMIT = 20;
const MAX_LIMIT = 100;

/** Defaults and bounds as in OpenAI's API reference. */
function parsePage(query: URLSearchParams): PageQuery {
  const order = query.get("order") ?? "desc";
  if (order !== "asc" && order !== "desc") throw invalid("order", "asc or desc");
  const limit = query.get("limit") ?? String(DEFAULT_LIMIT);
  if (!/^\d{1,3}$/.test(limit) || Number(limit) < 1 || Number(limit) > MAX_LIMIT)
    throw invalid("limit", `a whole number from 1 to ${MAX_LIMIT}`);
  return { order, after: query.get("after"), limit: Number(limit) };
}

function invalid(param: string, expected: string): RequestError<"request_invalid"> {
  return new RequestError("request_invalid", `${param} must be ${expected}.`, { cause: { param } });
}
