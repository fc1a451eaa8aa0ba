/**
 * `POST /v1/images/generations` and `POST /v1/images/edits`.
 * @module
 */
import { RequestError } from "../../errors.ts";
import { parseImageEditRequest, parseImageRequest } from "../../protocol/images/parse.ts";
import type { ImageKind } from "../../protocol/images/request.ts";
import type { Change } from "../../translate/index.ts";
import {
  type ImageJob,
  isUnclearModel,
  toCompletedEvent,
  toImageJob,
  toImagesResponse,
  toPartialEvent,
} from "../../translate/images/index.ts";
import { formToRequest, isForm, readForm } from "../admission/form-body.ts";
import { decompress } from "../admission/decompress.ts";
import { checkJsonType, readJsonBody } from "../admission/json-body.ts";
import type { Exchange } from "../exchange.ts";
import { type ImageWatcher, makeImages } from "../image-maker.ts";
import { ImageStream } from "../image-stream.ts";
import { passAnswer } from "../pass-answer.ts";
import { servedHeaders } from "../served-headers.ts";
import { type GatewayContext, noteAnswer, sendJson, threadIdOf } from "./context.ts";

/** Images from words. */
export async function imageGenerations(exchange: Exchange, context: GatewayContext): Promise<void> {
  await answerImages(exchange, context, "generations");
}

/** Images from words and images. */
export async function imageEdits(exchange: Exchange, context: GatewayContext): Promise<void> {
  await answerImages(exchange, context, "edits");
}

/**
 * Variations are DALL·E 2's alone: with an API key they are passed on.
 * @throws {RequestError} `not_supported`
 */
export async function imageVariations(exchange: Exchange, context: GatewayContext): Promise<void> {
  if (context.client.route === "platform") {
    await passToPlatform(exchange, context, "variations");
    return;
  }
  throw new RequestError(
    "not_supported",
    "A plan makes no variations of images; ask for one with a prompt, by POST /v1/images/edits.",
  );
}

async function answerImages(exchange: Exchange, context: GatewayContext, kind: ImageKind): Promise<void> {
  if (context.client.route === "platform") {
    await passToPlatform(exchange, context, kind);
    return;
  }
  const job = await readJob(exchange, context, kind);
  const changes: Change[] = [...job.changes];
  let told: Record<string, string> | null = null;
  const headers = (): Record<string, string> => told ?? servedHeaders(exchange, NOTHING_SERVED, changes);
  const answered: ImageWatcher["answered"] = (given, response) => {
    if (response !== null) noteAnswer(exchange, response);
    else if (given["x-request-id"] !== undefined) exchange.notes.upstreamRequestId = given["x-request-id"];
    told ??= servedHeaders(exchange, response ?? { ...NOTHING_SERVED, headers: given }, changes);
  };
  const options = { client: context.client, signal: exchange.signal, threadId: threadIdOf(exchange), changes };
  if (job.stream) {
    await streamImages(exchange, context, job, headers, (watcher) =>
      makeImages(job, { ...options, watcher: { ...watcher, answered } }),
    );
    return;
  }
  const ignore = (): Promise<void> => Promise.resolve();
  const made = await makeImages(job, { ...options, watcher: { answered, partial: ignore, made: ignore } });
  sendJson(exchange, toImagesResponse(job, made, nowSeconds(context)), headers());
}

const NOTHING_SERVED = { headers: {}, servedModel: null, changes: [] } as const;

/** Runs the calls and writes what they bring. */
async function streamImages(
  exchange: Exchange,
  context: GatewayContext,
  job: ImageJob,
  headers: () => Record<string, string>,
  make: (watcher: Omit<ImageWatcher, "answered">) => Promise<unknown>,
): Promise<void> {
  const stream = new ImageStream(exchange, context, headers);
  let left = job.n;
  try {
    await make({
      partial: async (image) => {
        const event = toPartialEvent(job, image, nowSeconds(context));
        await stream.event(event.type, event);
      },
      made: async (image, { images, usage }) => {
        if (left-- <= 0) return;
        // What a call cost is told with its last image.
        const event = toCompletedEvent(job, image, image === images.at(-1) ? usage : null, nowSeconds(context));
        await stream.event(event.type, event);
      },
    });
    stream.end();
  } catch (error) {
    stream.fail(error);
  }
}

async function readJob(exchange: Exchange, context: GatewayContext, kind: ImageKind): Promise<ImageJob> {
  // Nowhere else is a form taken: it is what a web page can post without asking first.
  const body =
    kind === "edits" && isForm(exchange)
      ? formToRequest(await readForm(exchange, context.maxBodyBytes))
      : await readJsonBody(exchange, context.maxBodyBytes);
  const request = kind === "edits" ? parseImageEditRequest(body) : parseImageRequest(body);
  if (request.model != null) exchange.notes.model = request.model;
  if (!isUnclearModel(request.model)) return toImageJob(request, kind, () => false);
  const { models } = await context.client.models({ signal: exchange.signal });
  return toImageJob(request, kind, (name) => models.some((model) => model.slug === name));
}

async function passToPlatform(
  exchange: Exchange,
  context: GatewayContext,
  kind: ImageKind | "variations",
): Promise<void> {
  const { images } = context.client;
  if (images === undefined) throw new RequestError("not_supported", "This gateway's client has no images API.");
  const { headers } = exchange;
  if (kind === "generations" || !isForm(exchange)) checkJsonType(exchange);
  const bytes = await exchange.readBody(context.maxBodyBytes);
  const body = await decompress(bytes, headers["content-encoding"], context.maxBodyBytes);
  const contentType = headers["content-type"] ?? "";
  const call = { contentType, accept: headers["accept"] ?? null, body };
  passAnswer(exchange, await images.pass(kind, call, { signal: exchange.signal }), context);
}

function nowSeconds({ now }: GatewayContext): number {
  return Math.floor(now() / 1000);
}
