/**
 * A client that sends nothing: it prepares a call to the last byte, keeps it, and answers that all is done.
 * @module
 */
import type { ModelInfo } from "../protocol/models.ts";
import type { CodexEvent } from "../protocol/responses/event.ts";
import type { ResponsesRequest } from "../protocol/responses/request.ts";
import { encodeJsonEvent } from "../sse/encode.ts";
import { type KnownModels, type ModelRules, resolveModel } from "../translate/model-names.ts";
import type { BackendRoute } from "./endpoints.ts";
import { mergeRules, NO_LIST } from "./model-choice.ts";
import { preparer, withCacheKey } from "./prepare.ts";
import type { ByteStream, CodexClient, CodexResponse } from "./types.ts";

/** Options of {@link createRehearsal}. */
export interface RehearsalOptions {
  readonly route: BackendRoute;
  /** The list in which models are looked up. Of no concern on the platform route. */
  readonly models: KnownModels;
  /** What decides about names of models beside the list. */
  readonly rules: ModelRules;
}

/** A call as it would have gone out. */
export interface RehearsedCall {
  readonly request: ResponsesRequest;
  /** It would go out with the header that tells of the Responses-Lite shape. */
  readonly lite: boolean;
  /** The list's entry of the model; null where there is none. */
  readonly model: ModelInfo | null;
}

/** A client that sends nothing, and what it was given to send. */
export interface Rehearsal {
  readonly client: CodexClient;
  readonly calls: readonly RehearsedCall[];
}

/** Makes one. Its client translates as the real one does; `send` throws what that would throw before it sends. */
export function createRehearsal({ route, models, rules }: RehearsalOptions): Rehearsal {
  const calls: RehearsedCall[] = [];
  const client: CodexClient = {
    route,
    account: () => Promise.resolve("nobody"),
    send: async (request, options = {}) => {
      const list = route === "platform" ? NO_LIST : models;
      const resolved = resolveModel(request.model, list, mergeRules(options.names, rules));
      const prepare = preparer(withCacheKey(request, options.threadId), route, options.capabilities);
      const { translation } = prepare(resolved);
      calls.push({ request: translation.request, lite: translation.lite, model: resolved.model });
      return toAnswer(translation);
    },
    models: () => Promise.resolve({ models: models.models, live: models.live !== false, error: null }),
    usage: () => Promise.resolve({}),
    close: () => Promise.resolve(),
  };
  return { client, calls };
}

function toAnswer({
  request,
  lite,
  changes,
}: Pick<CodexResponse, "lite" | "changes"> & { request: ResponsesRequest }): CodexResponse {
  const response = {
    id: "resp_0",
    object: "response",
    status: "completed",
    model: request.model,
    output: [],
    usage: null,
  };
  const events: CodexEvent[] = ["response.created", "response.completed"].map((type) => ({ type, response }));
  return {
    status: 200,
    headers: {},
    requestId: null,
    servedModel: null,
    usage: null,
    accountId: null,
    lite,
    changes,
    events: iterate(events),
    body: toBody(events),
    failureOf: () => null,
  };
}

async function* iterate(events: readonly CodexEvent[]): AsyncGenerator<CodexEvent> {
  yield* events;
}

function toBody(events: readonly CodexEvent[]): ByteStream {
  const text = events.map((event) => encodeJsonEvent(event.type, JSON.stringify(event))).join("");
  return {
    pipe(sink) {
      sink.onBytes(new TextEncoder().encode(text));
      sink.onEnd();
    },
    pause: () => {},
    resume: () => {},
    cancel: () => {},
  };
}
