/**
 * `POST /codex/images/generations` and `/codex/images/edits`: images as one JSON document
 * (openai/codex `codex-rs/codex-api/src/images.rs`).
 * @module
 */
import { isJsonObject, type JsonObject } from "../../protocol/index.ts";
import { authenticate, type Exchange, type Handler } from "../http/exchange.ts";
import { sendDetail, sendJson } from "../http/reply.ts";
import { draw, type Drawing, factsOf, imageUsage } from "../image/draw.ts";
import { checkImageOptions, checkPrompt, readImageUrls } from "../image/refusals.ts";
import { answerHeaders } from "./answer.ts";
import { limitRefusal } from "./headers.ts";
import type { Refusal } from "./refusal.ts";

/** What the path takes beside prompt and images. */
const FIELDS: ReadonlySet<string> = new Set(["background", "model", "n", "quality", "size"]);

/** Answers a call for images. Where there is no image path, as if nobody had thought of one. */
export function imagePath(kind: "generations" | "edits"): Handler {
  return (exchange) => {
    const { world, req, res, payload } = exchange;
    if (world.options.imagePath === false) return sendDetail(res, 404, "Not Found");
    const account = authenticate(world, req);
    for (const [name, value] of Object.entries(answerHeaders(world, account, req.headers))) res.setHeader(name, value);
    if (account === null) return sendDetail(res, 401, "Unauthorized");
    if (payload.type !== "json") return sendDetail(res, 415, "Unsupported content type: application/json is expected");
    if (payload.problem !== null) return sendDetail(res, 400, `Malformed JSON: ${payload.problem}`);
    if (!isJsonObject(payload.value)) return sendDetail(res, 400, "The request body must be a JSON object");
    const limited = limitRefusal(account, world.nowMs());
    if (limited !== null) return sendJson(res, limited.status, limited.body);
    const drawing = readDrawing(payload.value, kind);
    if ("status" in drawing) return sendJson(res, drawing.status, drawing.body);
    sendJson(res, 200, answerOf(exchange, drawing));
  };
}

function readDrawing(body: JsonObject, kind: "generations" | "edits"): Refusal | Drawing {
  const { prompt, images, ...options } = body;
  const known = kind === "edits" || images === undefined ? options : { ...options, images };
  const refusal = checkPrompt(prompt) ?? checkImageOptions(known, FIELDS);
  if (refusal !== null) return refusal;
  const sources = kind === "edits" ? readImageUrls(images) : [];
  return "status" in sources ? sources : { prompt: prompt as string, sources, options };
}

function answerOf({ world }: Exchange, drawing: Drawing): JsonObject {
  const count = Number(drawing.options["n"] ?? 1);
  return {
    created: Math.floor(world.nowMs() / 1000),
    ...factsOf(drawing),
    data: Array.from({ length: count }, (_, index) => ({ b64_json: draw(drawing, index, null) })),
    usage: imageUsage(drawing, count),
  };
}
