/**
 * `POST /codex/responses`: a model call answered as server-sent events.
 * @module
 */
import type { ServerResponse } from "node:http";
import { isJsonObject } from "../../protocol/index.ts";
import { asString } from "../../protocol/json.ts";
import { encodeJsonEvent } from "../../sse/index.ts";
import { authenticate, type Exchange } from "../http/exchange.ts";
import { sendDetail, sendJson } from "../http/reply.ts";
import type { FrameSink } from "../script/play.ts";
import { answer, answerHeaders, judge, saysLite } from "./answer.ts";
import { limitRefusal } from "./headers.ts";

/** Answers a model call. */
export async function handleResponses(exchange: Exchange): Promise<void> {
  const { world, req, res, payload } = exchange;
  const account = authenticate(world, req);
  for (const [name, value] of Object.entries(answerHeaders(world, account, req.headers))) res.setHeader(name, value);
  if (account === null) return sendDetail(res, 401, "Unauthorized");
  if (payload.type !== "json") return sendDetail(res, 415, "Unsupported content type: application/json is expected");
  if (payload.problem !== null) return sendDetail(res, 400, `Malformed JSON: ${payload.problem}`);
  const body = payload.value;
  if (!isJsonObject(body)) return sendDetail(res, 400, "The request body must be a JSON object");
  const limited = limitRefusal(account, world.nowMs());
  if (limited !== null) return sendJson(res, limited.status, limited.body);
  const verdict = judge(
    {
      body,
      transport: "http",
      liteHeader: saysLite(req.headers, body),
      seal: world.seal,
      findModel: world.catalogue.find,
    },
    [],
  );
  if ("status" in verdict) return sendJson(res, verdict.status, verdict.body);
  res.writeHead(200, {
    "content-type": "text/event-stream; charset=utf-8",
    "cache-control": "no-cache",
    "openai-model": asString(body["model"]) ?? "",
  });
  res.flushHeaders();
  await answer({
    world,
    account,
    body,
    items: verdict.items,
    effects: exchange.effects,
    signal: exchange.signal,
    sink: sseSink(res, exchange.signal),
    responseId: world.random.hex("resp_", 24),
    onItem: () => {},
  });
}

/** Writes events to an answer whose head has gone out. */
export function sseSink(res: ServerResponse, signal: AbortSignal): FrameSink {
  return {
    write: (frame) => (res.write(encodeJsonEvent(frame.type, frame.json)) ? undefined : drained(res, signal)),
    writeRaw: (text) => void res.write(text),
    end: () => void res.end(),
    drop: () => void res.socket?.destroy(),
  };
}

/** Waits until a slow reader has taken what was written. */
function drained(res: ServerResponse, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const finish = (): void => {
      res.off("drain", finish);
      signal.removeEventListener("abort", finish);
      if (signal.aborted) reject(new Error("The reader left."));
      else resolve();
    };
    res.once("drain", finish);
    signal.addEventListener("abort", finish, { once: true });
    if (signal.aborted) finish();
  });
}
