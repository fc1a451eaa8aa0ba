/**
 * A request of the images API as a job: for the backend's own image path, or for the `image_generation` tool of a model call.
 * @module
 */
import type { ImageEditRequest, ImageKind, ImageRequest } from "../../protocol/images/request.ts";
import type { JsonObject } from "../../protocol/json.ts";
import type { ContentPart, Tool } from "../../protocol/responses/item.ts";
import type { ResponsesRequest } from "../../protocol/responses/request.ts";
import type { Change } from "../change.ts";
import { keepParameters } from "../parameters.ts";
import { IMAGE_EDIT_PARAMETERS, IMAGE_PARAMETERS } from "./parameters.ts";

/** The image model when the client names none: the one that Codex names (openai/codex `codex-rs/ext/image-generation/src/tool.rs`). */
const DEFAULT_IMAGE_MODEL = "gpt-image-2";

/** What the model is told that works the tool: the request has no instructions of its own. */
const INSTRUCTIONS =
  "Call the image_generation tool once. Its prompt is the user's text, word for word, and the user's images are its images.";

/** What is to be made. */
export interface ImageJob {
  readonly kind: ImageKind;
  readonly prompt: string;
  /** Where the images to work from are: http, https or `data:` URLs. */
  readonly images: readonly string[];
  readonly mask: string | null;
  /** The image model that the client named; null when it named none. */
  readonly imageModel: string | null;
  /** The model of the plan that the client wants to work the tool; null when that is all the same. */
  readonly carrier: string | null;
  readonly n: number;
  readonly stream: boolean;
  /** First sights wanted of each image; 0 without a stream. */
  readonly partialImages: number;
  /** The client wants URLs in place of base64. */
  readonly asUrl: boolean;
  /** Size, quality and whatever else goes on as it is. */
  readonly options: JsonObject;
  /** Only the tool can do it. */
  readonly needsTool: boolean;
  readonly changes: readonly Change[];
}

/** Acted on here. The rest goes on as it is. */
const OWN: ReadonlySet<string> = new Set([
  "prompt",
  "model",
  "n",
  "stream",
  "partial_images",
  "response_format",
  "images",
  "mask",
]);

/**
 * Makes the job of a checked request.
 * @param isPlanModel Whether a name is a model of the plan, and so none that draws.
 */
export function toImageJob(
  request: ImageRequest | ImageEditRequest,
  kind: ImageKind,
  isPlanModel: (name: string) => boolean,
): ImageJob {
  const changes: Change[] = [];
  const parameters = kind === "edits" ? IMAGE_EDIT_PARAMETERS : IMAGE_PARAMETERS;
  const kept = keepParameters(request, parameters, true, changes);
  const options: JsonObject = Object.fromEntries(
    Object.entries(kept).filter(([name, value]) => !OWN.has(name) && value != null),
  );
  setQuality(options, changes);
  const named = modelOf(request.model ?? null, isPlanModel, changes);
  const edit = kind === "edits" ? (request as ImageEditRequest) : null;
  const stream = request.stream === true;
  const job = {
    kind,
    prompt: request.prompt,
    images: edit?.images.map((image) => image.image_url) ?? [],
    mask: edit?.mask?.image_url ?? null,
    ...named,
    n: request.n ?? 1,
    stream,
    partialImages: partialImagesOf(request, stream, changes),
    asUrl: request.response_format === "url",
    options,
    changes,
  };
  if (job.asUrl)
    changes.push({
      path: "response_format",
      action: "emulated",
      note: "The URLs are data: URLs; nothing is kept here.",
    });
  return { ...job, needsTool: needsTool(job) };
}

/** Names of models that draw. */
const IMAGE_MODEL = /^(?:gpt-image|chatgpt-image)/;
const OLD_IMAGE_MODEL = /^dall-e-[23]$/;

/** True when only the plan's catalogue can tell what a name stands for. */
export function isUnclearModel(name: string | null | undefined): name is string {
  return name != null && name !== "" && !IMAGE_MODEL.test(name) && !OLD_IMAGE_MODEL.test(name);
}

function modelOf(
  name: string | null,
  isPlanModel: (name: string) => boolean,
  changes: Change[],
): Pick<ImageJob, "imageModel" | "carrier"> {
  if (name === null || name === "") return { imageModel: null, carrier: null };
  if (OLD_IMAGE_MODEL.test(name)) {
    changes.push({ path: "model", action: "mapped", note: `${name} went out as ${DEFAULT_IMAGE_MODEL}.` });
    return { imageModel: DEFAULT_IMAGE_MODEL, carrier: null };
  }
  return isUnclearModel(name) && isPlanModel(name)
    ? { imageModel: null, carrier: name }
    : { imageModel: name, carrier: null };
}

const OLD_QUALITIES: Readonly<Record<string, string>> = { standard: "medium", hd: "high" };

function setQuality(options: JsonObject, changes: Change[]): void {
  const { quality } = options;
  const mapped = typeof quality === "string" && Object.hasOwn(OLD_QUALITIES, quality) ? OLD_QUALITIES[quality] : null;
  if (mapped == null) return;
  options["quality"] = mapped;
  changes.push({
    path: "quality",
    action: "mapped",
    note: `${String(quality)} is a word of DALL·E, and went out as ${mapped}.`,
  });
}

function partialImagesOf(request: ImageRequest, stream: boolean, changes: Change[]): number {
  const wanted = request.partial_images ?? 0;
  if (wanted === 0 || stream) return wanted;
  changes.push({
    path: "partial_images",
    action: "dropped",
    note: "An answer that is not streamed has no partial images.",
  });
  return 0;
}

/** What the image path has no field for (openai/codex `codex-rs/codex-api/src/images.rs`), unless it is what it does anyway. */
function needsTool(job: Omit<ImageJob, "needsTool">): boolean {
  const { options } = job;
  return (
    job.carrier !== null ||
    job.mask !== null ||
    job.partialImages > 0 ||
    (options["output_format"] ?? "png") !== "png" ||
    (options["moderation"] ?? "auto") !== "auto" ||
    options["output_compression"] !== undefined ||
    options["input_fidelity"] !== undefined
  );
}

/** The body for the backend's image path (openai/codex `codex-rs/codex-api/src/images.rs`). */
export function toImagePathBody(job: ImageJob, n: number): JsonObject {
  // These two are what happens anyway here, or the job would not be for this path.
  const { output_format: _format, moderation: _moderation, ...options } = job.options;
  return {
    model: job.imageModel ?? DEFAULT_IMAGE_MODEL,
    prompt: job.prompt,
    ...(job.kind === "edits" && { images: job.images.map((url) => ({ image_url: url })) }),
    ...(n > 1 && { n }),
    ...options,
  };
}

/** The model call that makes one image by the tool. */
export function toToolRequest(job: ImageJob, carrier: string): ResponsesRequest {
  const content: ContentPart[] = [
    { type: "input_text", text: job.prompt },
    ...job.images.map((url): ContentPart => ({ type: "input_image", image_url: url, detail: "auto" })),
  ];
  const tool: Tool = {
    type: "image_generation",
    ...(job.imageModel !== null && { model: job.imageModel }),
    ...job.options,
    ...(job.mask !== null && { input_image_mask: { image_url: job.mask } }),
    ...(job.partialImages > 0 && { partial_images: job.partialImages }),
  };
  return {
    model: carrier,
    instructions: INSTRUCTIONS,
    input: [{ type: "message", role: "user", content }],
    tools: [tool],
    tool_choice: { type: "image_generation" },
    parallel_tool_calls: false,
    store: false,
    stream: true,
  };
}
