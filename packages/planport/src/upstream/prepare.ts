/**
 * From a client's request to the text that goes out.
 * @module
 */
import type { Capabilities } from "../protocol/capabilities.ts";
import type { ResponsesRequest } from "../protocol/responses/request.ts";
import type { Change } from "../translate/change.ts";
import { toCodexRequest } from "../translate/codex-request.ts";
import { applyModel, type ResolvedModel } from "../translate/model-names.ts";
import { toPlatformRequest } from "../translate/platform-request.ts";
import type { BackendRoute } from "./endpoints.ts";

/** A request as it goes out. */
export interface Translation {
  readonly request: ResponsesRequest;
  readonly lite: boolean;
  readonly changes: readonly Change[];
}

/** A translation and its text. */
export interface PreparedRequest {
  readonly translation: Translation;
  /** JSON text. */
  readonly body: string;
}

/**
 * Translates and serializes once per model: retries send the same text.
 * @param capabilities How the request is shaped. Default: as planport does it for everybody.
 */
export function preparer(
  request: ResponsesRequest,
  route: BackendRoute,
  capabilities: Capabilities | undefined,
): (resolved: ResolvedModel) => PreparedRequest {
  let last: { readonly resolved: ResolvedModel; readonly prepared: PreparedRequest } | null = null;
  return (resolved) => {
    if (last === null || !isSame(last.resolved, resolved)) {
      const translation = translate(request, resolved, route, capabilities);
      last = { resolved, prepared: { translation, body: toBody(translation.request) } };
    }
    return last.prepared;
  };
}

/**
 * JSON without halves of surrogate pairs. Programs make them when they cut a text in the midst of an emoji; they are no text in
 * UTF-8, and a strict reader refuses the whole body. They are all that `JSON.stringify` writes as `\ud…`.
 */
function toBody(request: ResponsesRequest): string {
  const json = JSON.stringify(request);
  if (!json.includes("\\ud")) return json;
  return json.replaceAll(/(\\\\)|\\ud[89a-f][\da-f]{2}/g, (_match, backslash?: string) => backslash ?? "\u{FFFD}");
}

function isSame(one: ResolvedModel, other: ResolvedModel): boolean {
  return one.model === other.model && one.slug === other.slug;
}

function translate(
  asked: ResponsesRequest,
  resolved: ResolvedModel,
  route: BackendRoute,
  capabilities: Capabilities | undefined,
): Translation {
  const { request, changes } = applyModel(asked, resolved);
  if (route === "platform") return { request: toPlatformRequest(request, capabilities, changes), lite: false, changes };
  const codex = toCodexRequest(request, resolved.model, undefined, capabilities);
  return { ...codex, changes: [...changes, ...codex.changes] };
}

/** A conversation is a prompt cache's key too: its earlier turns need not be read again. */
export function withCacheKey(request: ResponsesRequest, threadId: string | undefined): ResponsesRequest {
  return threadId === undefined || request.prompt_cache_key != null
    ? request
    : { ...request, prompt_cache_key: threadId };
}
