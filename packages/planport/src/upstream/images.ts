/**
 * The backend's images API: on the Codex backend where it has one (openai/codex `codex-rs/codex-api/src/endpoint/images.rs`),
 * and on OpenAI's plain API, where calls are passed on as they are.
 * @module
 */
import { Buffer } from "node:buffer";
import { randomUUID } from "node:crypto";
import type { Grant, TokenSource } from "../auth/token-source.ts";
import { type AnyPlanportError, isPlanportError, toPlanportError, UpstreamError } from "../errors.ts";
import type { HttpClient } from "../net/types.ts";
import type { ImageKind } from "../protocol/images/request.ts";
import { type JsonObject, isJsonObject, tryParseJson } from "../protocol/json.ts";
import { authorized } from "./authorized.ts";
import { assertGrant, type Endpoints } from "./endpoints.ts";
import { failureFromHttp } from "./failure.ts";
import { accountHeaders, type CallerFacts } from "./headers.ts";
import { headerSafe } from "./identity.ts";
import { openRelay } from "./relay/open.ts";
import type { RelayAnswer } from "./relay/types.ts";
import { bytesOf } from "./relay/whole-body.ts";
import { decideRetry, type RetryPolicy, type Sleep } from "./retry.ts";
import type { Route } from "./routing.ts";
import type { ImageAnswer, ImageOptions, ImagePass, ImagesApi } from "./types.ts";

/** What {@link createImagesApi} is made from. */
export interface ImagesSetup {
  readonly http: HttpClient;
  readonly tokens: TokenSource;
  readonly endpoints: Endpoints;
  /** Where a grant's model calls go. Throws as the client's own calls do. */
  readonly locate: (
    grant: Grant,
    signal: AbortSignal | undefined,
  ) => Promise<{ readonly endpoints: Endpoints; readonly route: Route }>;
  readonly caller: CallerFacts;
  readonly retry: RetryPolicy;
  readonly idleTimeoutMs: number;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly random: () => number;
  readonly sleep: Sleep;
}

/** Ten images in base64, and room to spare. */
const MAX_ANSWER_BYTES = 256 * 1024 * 1024;
const MAX_ERROR_BYTES = 1024 * 1024;
/** How long it is believed that there is no image path: a gateway runs for weeks, and the backend may get one. */
const ABSENT_FOR_MS = 60 * 60_000;
const MAX_REMEMBERED = 100;

/** Makes it. Nothing is sent before the first call. */
export function createImagesApi(setup: ImagesSetup): ImagesApi {
  return new Images(setup);
}

/** One call, wherever it goes. */
interface Post {
  readonly url: string;
  readonly headers: Record<string, string>;
  readonly body: Uint8Array;
  readonly signal: AbortSignal | undefined;
}

class Images implements ImagesApi {
  readonly #setup: ImagesSetup;
  /** Until when, in milliseconds since the epoch, an account's image path counts as absent; by account and URL. */
  readonly #absentUntilMs = new Map<string, number>();

  constructor(setup: ImagesSetup) {
    this.#setup = setup;
  }

  async make(kind: ImageKind, body: JsonObject, { signal, threadId }: ImageOptions = {}): Promise<ImageAnswer | null> {
    const { tokens, retry, random, sleep } = this.#setup;
    const bytes = Buffer.from(JSON.stringify(body), "utf8");
    const model = typeof body["model"] === "string" ? body["model"] : null;
    const thread = headerSafe(threadId ?? randomUUID()).slice(0, 200);
    const budget = { spent: false };
    for (let attempt = 0; ; attempt++) {
      try {
        return await authorized(tokens, budget, signal, (grant) =>
          this.#make(kind, { bytes, model, thread, signal }, grant),
        );
      } catch (thrown) {
        const error = toPlanportError(thrown);
        const delayMs = madeNothing(error) ? decideRetry(error, attempt, retry, random) : null;
        if (delayMs === null) throw error;
        await sleep(delayMs, signal);
      }
    }
  }

  async pass(kind: ImageKind | "variations", call: ImagePass, { signal }: ImageOptions = {}): Promise<RelayAnswer> {
    const { tokens, endpoints, caller } = this.#setup;
    return await authorized(tokens, { spent: false }, signal, async (grant) => {
      assertGrant(grant.kind, endpoints);
      const url = `${endpoints.codexBase}/images/${kind}`;
      const headers: Record<string, string> = {
        ...accountHeaders(grant, caller),
        "accept-encoding": "identity",
        "content-type": call.contentType,
        ...(call.accept !== null && { accept: headerSafe(call.accept) }),
      };
      const answer = await this.#post({ url, headers, body: call.body, signal });
      // What is said of the key is for the token source to hear, and all else for the client.
      if (answer.status === 401) throw await this.#failure(answer, url, grant, null);
      return answer;
    });
  }

  async #make(
    kind: ImageKind,
    call: {
      readonly bytes: Uint8Array;
      readonly model: string | null;
      readonly thread: string;
      readonly signal: AbortSignal | undefined;
    },
    grant: Grant,
  ): Promise<ImageAnswer | null> {
    const { locate, caller, now } = this.#setup;
    const { endpoints, route } = await locate(grant, call.signal);
    const url = `${endpoints.codexBase}/images/${kind}`;
    const place = `${grant.accountId ?? ""}|${url}`;
    if ((this.#absentUntilMs.get(place) ?? 0) > now()) return null;
    const headers: Record<string, string> = {
      ...accountHeaders(grant, caller),
      "accept-encoding": "identity",
      "content-type": "application/json",
      "session-id": call.thread,
      "x-client-request-id": call.thread,
      ...(route.override !== null && { "x-openai-account-routing-override": route.override }),
    };
    const answer = await this.#post({ url, headers, body: call.bytes, signal: call.signal });
    if (answer.status >= 200 && answer.status < 300) return await readAnswer(answer);
    const failure = await this.#failure(answer, url, grant, call.model);
    if (!isAbsence(answer.status, failure)) throw failure;
    this.#remember(place);
    return null;
  }

  #post({ url, headers, body, signal }: Post): Promise<RelayAnswer> {
    const { http, idleTimeoutMs } = this.#setup;
    const { origin, pathname, search } = new URL(url);
    return openRelay({
      dispatcher: http.dispatcher,
      origin,
      path: pathname + search,
      method: "POST",
      headers,
      body,
      repeatable: false,
      idleTimeoutMs,
      signal,
    });
  }

  async #failure(answer: RelayAnswer, url: string, grant: Grant, model: string | null): Promise<Error> {
    const { host, pathname } = new URL(url);
    const body = Buffer.from(await bytesOf(answer.body, MAX_ERROR_BYTES)).toString("utf8");
    return failureFromHttp(
      { status: answer.status, headers: flatten(answer.headers), body },
      { nowMs: this.#setup.now(), kind: grant.kind, model, knownModels: [], place: host + pathname },
    );
  }

  #remember(place: string): void {
    const [oldest] = this.#absentUntilMs.keys();
    if (this.#absentUntilMs.size >= MAX_REMEMBERED && oldest !== undefined) this.#absentUntilMs.delete(oldest);
    this.#absentUntilMs.set(place, this.#setup.now() + ABSENT_FOR_MS);
  }
}

const NEVER_REACHED: ReadonlySet<string | null> = new Set(["ECONNREFUSED", "ENOTFOUND", "EAI_AGAIN"]);

/** An image that was made twice is paid twice: a call is made again only when it is certain that nothing came of it. */
function madeNothing(error: AnyPlanportError): boolean {
  if (error.code === "upstream_unreachable") return NEVER_REACHED.has(error.cause?.systemCode ?? null);
  return error.code === "rate_limited" || error.code === "upstream_overloaded" || error.code === "routing_failed";
}

/** A 404 can also be about the model: then there is a path that knows so. */
function isAbsence(status: number, failure: Error): boolean {
  return status === 405 || (status === 404 && !(isPlanportError(failure) && failure.code === "model_not_found"));
}

async function readAnswer(answer: RelayAnswer): Promise<ImageAnswer> {
  const text = Buffer.from(await bytesOf(answer.body, MAX_ANSWER_BYTES)).toString("utf8");
  const body = tryParseJson(text);
  if (!isJsonObject(body))
    throw new UpstreamError("upstream_malformed", "The backend's answer to a request for an image is no JSON object.", {
      retryable: false,
      cause: { status: answer.status, upstreamCode: null, requestId: null, cfRay: null, systemCode: null },
    });
  return { headers: flatten(answer.headers), body };
}

function flatten(headers: RelayAnswer["headers"]): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers)
      .filter(([name]) => name !== "set-cookie")
      .map(([name, value]) => [name, typeof value === "string" ? value : value.join(", ")]),
  );
}
