/**
 * A model of the AI SDK on the backend.
 * @module
 */
import { UpstreamError } from "../../errors.ts";
import type { CodexEvent } from "../../protocol/responses/event.ts";
import type { ResponsesRequest } from "../../protocol/responses/request.ts";
import type { CodexClient, CodexResponse } from "../../upstream/types.ts";
import { toApiCallError } from "./api-call-error.ts";
import { Collector } from "./collect.ts";
import { SUPPORTED_URLS } from "./files.ts";
import { PartMapper } from "./parts.ts";
import { changeWarnings, toRequest } from "./request.ts";
import type {
  CallOptions,
  CallWarning,
  GenerateResult,
  PlanportLanguageModel,
  StreamPart,
  StreamResult,
} from "./types.ts";
import { usageOf } from "./usage.ts";

/** Makes a model. `open` is asked at each call. */
export function createModel(
  modelId: string,
  provider: string,
  open: () => Promise<CodexClient>,
): PlanportLanguageModel {
  return new Model(modelId, provider, open);
}

class Model implements PlanportLanguageModel {
  readonly specificationVersion = "v3";
  readonly provider: string;
  readonly modelId: string;
  readonly supportedUrls = SUPPORTED_URLS;
  readonly #open: () => Promise<CodexClient>;

  constructor(modelId: string, provider: string, open: () => Promise<CodexClient>) {
    this.modelId = modelId;
    this.provider = provider;
    this.#open = open;
  }

  async doGenerate(options: CallOptions): Promise<GenerateResult> {
    try {
      const { answer, mapper, request, warnings } = await this.#begin({ ...options, includeRawChunks: false });
      const collector = new Collector();
      for await (const event of answer.events) for (const part of mapper.next(event)) collector.push(part);
      const result = collector.result({ ...answer.headers });
      if (result === null) throw new UpstreamError("stream_interrupted", "The backend's answer has no end.");
      return { ...result, request: { body: request }, warnings };
    } catch (error) {
      throw toApiCallError(error, this.modelId, options.abortSignal);
    }
  }

  async doStream(options: CallOptions): Promise<StreamResult> {
    try {
      const { answer, mapper, request, warnings } = await this.#begin(options);
      const fail = (error: unknown): unknown => toApiCallError(error, this.modelId, options.abortSignal);
      return {
        stream: toStream(answer.events, mapper, { warnings, fail, signal: options.abortSignal }),
        request: { body: request },
        response: { headers: { ...answer.headers } },
      };
    } catch (error) {
      throw toApiCallError(error, this.modelId, options.abortSignal);
    }
  }

  async #begin(options: CallOptions): Promise<Begun> {
    const { abortSignal: signal } = options;
    signal?.throwIfAborted();
    const { request: asked, threadId, tools, warnings } = toRequest(this.modelId, options);
    const { abortable } = await import("../../upstream/retry.ts");
    const { fitNames } = await import("../../translate/response-names.ts");
    const { DEFAULT_CAPABILITIES } = await import("../../protocol/capabilities.ts");
    const { fitReasoning } = await import("../../upstream/sealed-reasoning.ts");
    const client = await abortable(this.#open(), signal);
    const { request: handedBack, leftOut } = fitReasoning(asked, client.route);
    if (leftOut > 0) warnings.push(UNSEALED);
    const { request: fitted, originals } = fitNames(handedBack);
    const request = threadId === undefined ? await keyed(fitted, client) : fitted;
    // A conversation that was shortened on the way goes on all the same, and is told of.
    const capabilities = { ...DEFAULT_CAPABILITIES, bypass_tool_call_reactor: false };
    const answer = await client.send(request, { signal, threadId, capabilities });
    warnings.push(...changeWarnings(answer.changes));
    const raw = options.includeRawChunks === true;
    const mapper = new PartMapper({ model: answer.servedModel, named: tools.named, originals, raw });
    return { answer, mapper, request, warnings };
  }
}

const UNSEALED: CallWarning = {
  type: "other",
  message: "Reasoning that was broken off, or came unsealed, cannot be handed back to the model; it was left out.",
};

interface Begun {
  readonly answer: CodexResponse;
  readonly mapper: PartMapper;
  readonly request: ResponsesRequest;
  readonly warnings: CallWarning[];
}

/** A plan is drained by cache misses, so a conversation without a key gets one, as the gateway's clients do. */
async function keyed(request: ResponsesRequest, client: CodexClient): Promise<ResponsesRequest> {
  if (request.prompt_cache_key != null || client.route !== "codex") return request;
  const { cacheKeyOfPrefix } = await import("../../server/cache-key.ts");
  return { ...request, prompt_cache_key: cacheKeyOfPrefix(request) };
}

interface StreamSetup {
  readonly warnings: CallWarning[];
  /** The error as the AI SDK knows it. */
  readonly fail: (error: unknown) => unknown;
  readonly signal: AbortSignal | undefined;
}

/** The parts as they are asked for: a slow reader slows the backend down, and one that leaves ends the call. */
function toStream(
  events: AsyncIterable<CodexEvent>,
  mapper: PartMapper,
  { warnings, fail, signal }: StreamSetup,
): ReadableStream<StreamPart> {
  const iterator = events[Symbol.asyncIterator]();
  const leave = async (): Promise<void> => {
    await iterator.return?.();
  };
  return new ReadableStream<StreamPart>({
    start(controller) {
      controller.enqueue({ type: "stream-start", warnings });
    },
    async pull(controller) {
      try {
        for (let parts: StreamPart[] = []; parts.length === 0;) {
          const next = await iterator.next();
          if (next.done === true) return controller.close();
          parts = mapper.next(next.value);
          for (const part of parts) controller.enqueue(part);
        }
      } catch (thrown) {
        // What went wrong may be on this side alone, and the backend would go on with an answer that nobody reads.
        leave().catch(() => {});
        const error = fail(thrown);
        if (signal?.aborted === true) return controller.error(error);
        controller.enqueue({ type: "error", error });
        controller.enqueue({
          type: "finish",
          usage: usageOf(null),
          finishReason: { unified: "error", raw: codeOf(error) },
        });
        controller.close();
      }
    },
    cancel: leave,
  });
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : undefined;
}
