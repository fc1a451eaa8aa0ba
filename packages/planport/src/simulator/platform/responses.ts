/**
 * `POST /v1/responses` of OpenAI's plain API: streamed, or as one JSON document.
 * @module
 */
import type { ServerResponse } from "node:http";
import { isJsonObject, type Item, type JsonObject } from "../../protocol/index.ts";
import { tryParseJson } from "../../protocol/json.ts";
import { answer } from "../backend/answer.ts";
import { invalid, type Refusal } from "../backend/refusal.ts";
import { sseSink } from "../backend/responses.ts";
import type { Exchange } from "../http/exchange.ts";
import { sendJson } from "../http/reply.ts";
import type { FrameSink } from "../script/play.ts";
import { checkPlatformRequest, readHistory } from "./refusals.ts";

/** Answers a model call whose key was checked. */
export async function handlePlatformResponses(exchange: Exchange): Promise<void> {
  const { world, res, payload } = exchange;
  if (payload.type !== "json" || payload.problem !== null || !isJsonObject(payload.value))
    return sendRefusal(res, unreadable());
  const body = payload.value;
  const refusal = checkPlatformRequest(body, world.catalogue.find);
  if (refusal !== null) return sendRefusal(res, refusal);
  const history = readHistory({ body, memory: world.memory, seal: world.seal });
  if ("status" in history) return sendRefusal(res, history);
  const responseId = world.random.hex("resp_", 24);
  // Unlike the Codex backend, this one tells the whole answer in its last event. The array is filled on the way there.
  const output: JsonObject[] = [];
  const streams = body["stream"] === true;
  if (streams) {
    res.writeHead(200, { "content-type": "text/event-stream; charset=utf-8", "cache-control": "no-cache" });
    res.flushHeaders();
  }
  const end = await answer({
    world,
    account: world.accounts.default,
    body,
    items: history.items,
    effects: exchange.effects,
    signal: exchange.signal,
    sink: streams ? sseSink(res, exchange.signal) : documentSink(res),
    responseId,
    onItem: (item) => void output.push(item),
    response: { ...echoed(body), output },
  });
  if (end === "completed" && body["store"] !== false)
    world.memory.keep(responseId, [...history.items, ...(output as Item[])]);
}

/** Answers with a refusal. */
export function sendRefusal(res: ServerResponse, { status, body }: Refusal): void {
  sendJson(res, status, body);
}

function unreadable(): Refusal {
  return invalid(
    "We could not parse the JSON body of your request. (HINT: This likely means you aren't using your HTTP library " +
      "correctly. The OpenAI API expects a JSON payload, but what was sent was not valid JSON.)",
    null,
  );
}

/** What a response repeats of its request, where the Codex backend has a fixed value. */
function echoed(body: JsonObject): JsonObject {
  return {
    store: body["store"] !== false,
    max_output_tokens: body["max_output_tokens"] ?? null,
    max_tool_calls: body["max_tool_calls"] ?? null,
    metadata: body["metadata"] ?? {},
    safety_identifier: body["safety_identifier"] ?? null,
    temperature: body["temperature"] ?? 1,
    top_p: body["top_p"] ?? 1,
    top_logprobs: body["top_logprobs"] ?? 0,
    truncation: body["truncation"] ?? "disabled",
    user: body["user"] ?? null,
  };
}

/** Takes the events of an answer and sends the response object of the last one. */
function documentSink(res: ServerResponse): FrameSink {
  let last: JsonObject = {};
  return {
    write({ json }) {
      const event = tryParseJson(json);
      if (isJsonObject(event) && isJsonObject(event["response"])) last = event["response"];
      return undefined;
    },
    writeRaw: (text) => void res.writeHead(200, { "content-type": "application/json" }).end(text),
    end() {
      if (res.headersSent) return;
      if (last["status"] !== "failed") return sendJson(res, 200, last);
      const error = isJsonObject(last["error"]) ? last["error"] : {};
      sendJson(res, 500, { error: { type: "server_error", param: null, ...error } });
    },
    drop: () => void res.socket?.destroy(),
  };
}
