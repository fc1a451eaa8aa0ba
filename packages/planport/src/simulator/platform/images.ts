/**
 * `POST /v1/images/generations` and `/v1/images/edits` of OpenAI's plain API: as JSON or, for edits, as a form; in one
 * document or as events.
 * @module
 */
import { isJsonObject, type JsonObject } from "../../protocol/index.ts";
import { encodeJsonEvent } from "../../sse/index.ts";
import { invalid, type Refusal } from "../backend/refusal.ts";
import type { Exchange, Handler } from "../http/exchange.ts";
import { sendJson } from "../http/reply.ts";
import { draw, type Drawing, factsOf, imageUsage } from "../image/draw.ts";
import { checkImageOptions, checkPrompt, isReadable, readImageUrls } from "../image/refusals.ts";
import { sendRefusal } from "./responses.ts";

type Kind = "generations" | "edits";

/** What each takes beside prompt and images. The models here refuse `response_format`: base64 is all they give. */
const FIELDS: Readonly<Record<Kind, ReadonlySet<string>>> = {
  generations: new Set([
    "background",
    "model",
    "moderation",
    "n",
    "output_compression",
    "output_format",
    "partial_images",
    "quality",
    "size",
    "stream",
    "user",
  ]),
  edits: new Set([
    "background",
    "input_fidelity",
    "model",
    "n",
    "output_compression",
    "output_format",
    "partial_images",
    "quality",
    "size",
    "stream",
    "user",
  ]),
};

/** Answers a call whose key was checked. */
export function platformImages(kind: Kind): Handler {
  return async (exchange) => {
    const { res, world } = exchange;
    const drawing = await readDrawing(exchange, kind);
    if ("status" in drawing) return sendRefusal(res, drawing);
    const created = Math.floor(world.nowMs() / 1000);
    const count = Number(drawing.options["n"] ?? 1);
    if (drawing.options["stream"] === true) {
      res.writeHead(200, { "content-type": "text/event-stream; charset=utf-8", "cache-control": "no-cache" });
      for (const event of eventsOf(drawing, kind, count, created))
        res.write(encodeJsonEvent(String(event["type"]), JSON.stringify(event)));
      res.end();
      return;
    }
    sendJson(res, 200, {
      created,
      ...factsOf(drawing),
      data: Array.from({ length: count }, (_, index) => ({ b64_json: draw(drawing, index, null) })),
      usage: imageUsage(drawing, count),
    });
  };
}

function* eventsOf(drawing: Drawing, kind: Kind, count: number, created: number): Generator<JsonObject> {
  const prefix = kind === "edits" ? "image_edit" : "image_generation";
  const facts = { ...factsOf(drawing), created_at: created };
  const partials = Number(drawing.options["partial_images"] ?? 0);
  for (let index = 0; index < count; index += 1) {
    for (let step = 0; step < partials; step += 1)
      yield {
        type: `${prefix}.partial_image`,
        b64_json: draw(drawing, index, step),
        partial_image_index: step,
        ...facts,
      };
    yield {
      type: `${prefix}.completed`,
      b64_json: draw(drawing, index, null),
      usage: imageUsage(drawing, 1),
      ...facts,
    };
  }
}

async function readDrawing({ payload, req }: Exchange, kind: Kind): Promise<Refusal | Drawing> {
  const type = req.headers["content-type"] ?? "";
  if (kind === "edits" && /^multipart\/form-data\b/i.test(type)) return await readForm(payload.bytes, type);
  if (payload.type !== "json" || payload.problem !== null || !isJsonObject(payload.value))
    return invalid("We could not parse the JSON body of your request.", null);
  const { prompt, images, ...options } = payload.value;
  const known = kind === "edits" || images === undefined ? options : { ...options, images };
  const refusal = checkPrompt(prompt) ?? checkImageOptions(known, FIELDS[kind]);
  if (refusal !== null) return refusal;
  const sources = kind === "edits" ? readImageUrls(images) : [];
  return "status" in sources ? sources : { prompt: prompt as string, sources, options };
}

const NUMBERS: ReadonlySet<string> = new Set(["n", "output_compression", "partial_images"]);

/** By Node's own parser of forms, which is not the one that planport uses. */
async function readForm(bytes: Buffer, type: string): Promise<Refusal | Drawing> {
  let form: FormData;
  try {
    form = await new Response(new Uint8Array(bytes), { headers: { "content-type": type } }).formData();
  } catch {
    return invalid("Could not parse multipart form", null, "invalid_multipart_form_data");
  }
  const options: JsonObject = {};
  const sources: string[] = [];
  for (const [name, value] of form) {
    if (typeof value === "string")
      options[name] = NUMBERS.has(name) ? Number(value) : name === "stream" ? value === "true" : value;
    else {
      const url = `data:${value.type};base64,${Buffer.from(await value.arrayBuffer()).toString("base64")}`;
      if (!isReadable(url)) return invalid(`Invalid file '${name}': unsupported image.`, name, "invalid_image_file");
      sources.push(url);
    }
  }
  const { prompt, ...rest } = options;
  if (sources.length === 0)
    return invalid("Missing required parameter: 'image'.", "image", "missing_required_parameter");
  return (
    checkPrompt(prompt) ?? checkImageOptions(rest, FIELDS.edits) ?? { prompt: prompt as string, sources, options: rest }
  );
}
