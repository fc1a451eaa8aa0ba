/**
 * Makes the images of a job: by the backend's own image path where there is one, else by the `image_generation` tool of
 * model calls.
 * @module
 */
import { UpstreamError } from "../errors.ts";
import type { ModelInfo } from "../protocol/models.ts";
import type { Change } from "../translate/index.ts";
import {
  createImageReader,
  type ImageJob,
  type MadeImage,
  type MadeImages,
  type PartialImage,
  readImagePathAnswer,
  toImagePathBody,
  toToolRequest,
} from "../translate/images/index.ts";
import type { CodexClient, CodexResponse } from "../upstream/types.ts";

/** So many calls are made at a time for one request: each is a long one, and they share one plan. */
const MAX_CALLS_AT_ONCE = 4;

/** What becomes of a job, as it becomes. */
export interface ImageWatcher {
  /** A call was answered. `response` is null for the backend's image path, whose headers are given. */
  answered(headers: Readonly<Record<string, string>>, response: CodexResponse | null): void;
  /** Waited for, so that a slow reader slows the backend. */
  partial(image: PartialImage): Promise<void>;
  /** Likewise. */
  made(image: MadeImage, of: MadeImages): Promise<void>;
}

/** What {@link makeImages} needs. */
export interface MakeOptions {
  readonly client: CodexClient;
  readonly signal: AbortSignal;
  readonly threadId: string | undefined;
  readonly watcher: ImageWatcher;
  /** Gets what had to be done otherwise than asked; complete before the first answer is told of. */
  readonly changes: Change[];
}

/**
 * Makes all images of a job, in the order in which calls were made. When one call fails, the others are given up.
 * @throws {UpstreamError | CredentialError | RequestError}
 */
export async function makeImages(job: ImageJob, options: MakeOptions): Promise<readonly MadeImages[]> {
  const giveUp = new AbortController();
  const onAbort = (): void => giveUp.abort();
  options.signal.addEventListener("abort", onAbort, { once: true });
  if (options.signal.aborted) giveUp.abort();
  const maker = new ImageMaker(job, { ...options, signal: giveUp.signal });
  try {
    return await maker.makeAll();
  } finally {
    giveUp.abort();
    options.signal.removeEventListener("abort", onAbort);
  }
}

class ImageMaker {
  readonly #job: ImageJob;
  readonly #options: MakeOptions;

  constructor(job: ImageJob, options: MakeOptions) {
    this.#job = job;
    this.#options = options;
  }

  async makeAll(): Promise<readonly MadeImages[]> {
    const { n } = this.#job;
    const first = this.#job.needsTool ? null : await this.#byImagePath(n);
    if (first !== null) return [await this.#tell(first), ...(await this.#byImagePathAgain(n, first.images.length))];
    const carrier = this.#job.carrier ?? (await this.#findCarrier());
    this.#noteTool(n);
    // First sights do not say of which image they are: one after the other, their place says it.
    const atOnce = this.#job.partialImages > 0 ? 1 : MAX_CALLS_AT_ONCE;
    return await inParallel(n, atOnce, () => this.#byTool(carrier));
  }

  /** The rest, by calls that each ask for as many as one has made. */
  async #byImagePathAgain(n: number, made: number): Promise<readonly MadeImages[]> {
    let missing = Math.max(0, n - made);
    return await inParallel(Math.ceil(missing / made), MAX_CALLS_AT_ONCE, async () => {
      const wanted = Math.min(made, missing);
      missing -= wanted;
      const more = await this.#byImagePath(wanted);
      if (more === null || more.images.length < wanted) throw vanished();
      return await this.#tell(more);
    });
  }

  /** Null: the backend has no image path. */
  async #byImagePath(n: number): Promise<MadeImages | null> {
    const { client, signal, threadId, watcher, changes } = this.#options;
    const answer = await client.images?.make(this.#job.kind, toImagePathBody(this.#job, n), { signal, threadId });
    if (answer == null) return null;
    const made = readImagePathAnswer(answer.body);
    if (made.images.length < n && !changes.some(({ path }) => path === "n")) changes.push(SEVERAL_CALLS);
    watcher.answered(answer.headers, null);
    return made;
  }

  async #byTool(carrier: string): Promise<MadeImages> {
    const { client, signal, threadId, watcher } = this.#options;
    const response = await client.send(toToolRequest(this.#job, carrier), { signal, threadId });
    watcher.answered(response.headers, response);
    const reader = createImageReader();
    for await (const event of response.events) {
      const partial = reader.push(event);
      if (partial !== null) await watcher.partial(partial);
    }
    return await this.#tell(reader.result());
  }

  async #tell(made: MadeImages): Promise<MadeImages> {
    for (const image of made.images) await this.#options.watcher.made(image, made);
    return made;
  }

  async #findCarrier(): Promise<string> {
    const { models } = await this.#options.client.models({ signal: this.#options.signal });
    const found = carrierOf(models);
    if (found === null)
      throw new UpstreamError("model_not_found", "The plan lists no model that could work the image_generation tool.");
    return found;
  }

  #noteTool(n: number): void {
    const { changes } = this.#options;
    changes.push({ path: "prompt", action: "mapped", note: "A model of the plan read it and wrote the prompt." });
    if (n > 1) changes.push(SEVERAL_CALLS);
  }
}

const SEVERAL_CALLS: Change = { path: "n", action: "emulated", note: "The images were made by several calls." };

/** The plan's usual model, if possible one that takes its tools where every model used to. Null: there is none. */
export function carrierOf(models: readonly ModelInfo[]): string | null {
  const sorted = models.toSorted((a, b) => a.priority - b.priority);
  const listed = sorted.filter((model) => model.visibility !== "hide");
  return (listed.find((model) => model.use_responses_lite !== true) ?? listed[0] ?? sorted[0])?.slug ?? null;
}

function vanished(): UpstreamError<"upstream_malformed"> {
  return new UpstreamError("upstream_malformed", "The backend made some of the images, and then no more of them.");
}

/** Results in the order of the calls. Rejects with the first failure; the caller then ends those under way. */
async function inParallel<T>(count: number, atOnce: number, call: () => Promise<T>): Promise<T[]> {
  const results: T[] = [];
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < count) {
      const index = next++;
      results[index] = await call();
    }
  };
  await Promise.all(Array.from({ length: Math.min(count, atOnce) }, worker));
  return results;
}
