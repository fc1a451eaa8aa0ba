/**
 * One answer of the model, however many requests it takes: the retries of Codex (openai/codex `codex-rs/core/src/client.rs`,
 * `codex-rs/core/src/session/turn.rs`) on two levels. A 5xx is tried again silently, by request; a stream that broke, and
 * refusals that may pass, are tried again by the whole stream, and that is told.
 * @module
 */
import { isPlanportError, toPlanportError, UpstreamError } from "../../errors.ts";
import type { Grant } from "../../auth/token-source.ts";
import { type JsonObject, isJsonObject } from "../../protocol/json.ts";
import type { CodexEvent } from "../../protocol/responses/event.ts";
import type { ResponsesRequest } from "../../protocol/responses/request.ts";
import type { ModelProvider, ProviderAnswer, ProviderCall } from "../../upstream/provider/index.ts";
import { abortable, cancelled, sleep, type Sleep } from "../../upstream/retry.ts";
import type { ModelAuth } from "./auth.ts";
import { failureOfAnswer, failureOfBreak, failureOfCall, failureOfEvent, type ModelFailure } from "./failure.ts";

/** What model calls are made with. */
export interface ModelCaller {
  readonly provider: ModelProvider;
  readonly auth: ModelAuth;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  /** In tokens, where it is set: in place of what the list of models says. */
  readonly contextWindow?: number | undefined;
  readonly sleep?: Sleep;
}

/** What is asked, and who hears what comes of it. */
export interface Sampling extends Omit<ProviderCall, "request" | "grant" | "turnState"> {
  /** Asked anew for each try: what an answer that broke had already completed is part of the next one's history. */
  readonly buildRequest: () => ResponsesRequest;
  readonly turnState: () => string | null;
  /** A stream began. Names in lower case. */
  onHead(headers: Readonly<Record<string, string>>): void;
  onEvent(event: CodexEvent): void;
  /** A stream that began is over, whole or not; the next try waits for it. */
  onStreamEnd(response: JsonObject | null): Promise<void>;
  /** The plan's limits, from an answer that refuses for them. */
  onLimits(headers: Readonly<Record<string, string>>): void;
  /** Told before each wait. `max` is null when it is tried for as long as it takes. */
  onRetry(failure: ModelFailure, tries: number, max: number | null): void;
}

type Opened = { readonly answer: ProviderAnswer } | { readonly failure: ModelFailure };

const BASE_DELAY_MS = 200;
const MAX_DELAY_MS = 30_000;
/** Of an account's server that is not found, and of a network that is not there. */
const MAX_BACKOFF_STEPS = 8;

/**
 * Asks until there is a whole answer, or a failure that stands: null is the whole answer.
 * @throws {RequestError} `cancelled` when the signal fires.
 */
export async function sample(caller: ModelCaller, sampling: Sampling): Promise<ModelFailure | null> {
  const { streamRetries } = caller.provider.settings;
  let tries = 0;
  let offlineTries = 0;
  for (;;) {
    const failure = await tryOnce(caller, sampling);
    if (failure === null) return null;
    if (failure.retry === null) return failure;
    const { isOffline, delayMs } = failure.retry;
    if (!isOffline && tries >= streamRetries) return failure;
    const step = isOffline ? offlineTries++ : tries++;
    sampling.onRetry(failure, step + 1, isOffline ? null : streamRetries);
    await (caller.sleep ?? sleep)(delayMs ?? backoffMs(step, caller.random), sampling.signal);
  }
}

function backoffMs(step: number, random: () => number): number {
  const delay = Math.min(MAX_DELAY_MS, BASE_DELAY_MS * 2 ** Math.min(step, MAX_BACKOFF_STEPS));
  return Math.round(delay * (0.9 + 0.2 * random()));
}

async function tryOnce(caller: ModelCaller, sampling: Sampling): Promise<ModelFailure | null> {
  const opened = await openAnswer(caller, sampling);
  if ("failure" in opened) return opened.failure;
  const { answer } = opened;
  sampling.onHead(answer.headers);
  let response: JsonObject | null = null;
  let failure: ModelFailure | null = null;
  try {
    for await (const event of answer.events()) {
      failure = failureOfEvent(event);
      if (failure !== null) break;
      sampling.onEvent(event);
      if (event.type === "response.completed") response = isJsonObject(event["response"]) ? event["response"] : {};
    }
    if (response === null) failure ??= failureOfBreak(unfinished());
  } catch (error) {
    if (!sampling.signal.aborted && response === null) failure = failureOfBreak(toPlanportError(error));
  }
  await sampling.onStreamEnd(response);
  if (sampling.signal.aborted && response === null) throw cancelled();
  return failure;
}

async function openAnswer(caller: ModelCaller, sampling: Sampling): Promise<Opened> {
  const { provider, auth } = caller;
  const { signal } = sampling;
  let recoveries = 0;
  let retries = 0;
  let recovered: Grant | null = null;
  const request = sampling.buildRequest();
  for (;;) {
    try {
      const grant: Grant | null =
        recovered ?? (provider.settings.usesSignIn ? await abortable(auth.get(signal), signal) : null);
      const outcome = await openOnce(provider, { ...sampling, request, grant, turnState: sampling.turnState() });
      if (outcome !== "rejected" && outcome.status < 300) return { answer: outcome };
      if ((outcome === "rejected" || outcome.status === 401) && grant !== null) {
        recovered = await abortable(auth.recover(grant, ++recoveries, signal), signal);
        if (recovered !== null) {
          if (outcome !== "rejected") outcome.cancel();
          continue;
        }
      }
      if (outcome === "rejected") return { failure: failureOfCall(unauthorizedRouting()) };
      const refused = {
        status: outcome.status,
        url: outcome.url,
        headers: outcome.headers,
        body: await outcome.text(),
      };
      const failure = failureOfAnswer(refused, caller.now());
      if (failure.tellsLimits) sampling.onLimits(refused.headers);
      if (refused.status < 500 || failure.retry === null || retries >= provider.settings.requestRetries)
        return { failure };
      await (caller.sleep ?? sleep)(backoffMs(retries++, caller.random), signal);
    } catch (error) {
      if (signal.aborted) throw cancelled();
      return { failure: failureOfCall(toPlanportError(error)) };
    }
  }
}

/** `rejected`: the credential was refused before the call, when the account's server was asked for. */
async function openOnce(provider: ModelProvider, call: ProviderCall): Promise<ProviderAnswer | "rejected"> {
  try {
    return await provider.open(call);
  } catch (error) {
    if (isPlanportError(error) && error.code === "credential_rejected") return "rejected";
    throw error;
  }
}

function unfinished(): UpstreamError<"stream_interrupted"> {
  return new UpstreamError("stream_interrupted", "The backend ended its stream without finishing the answer.");
}

function unauthorizedRouting(): UpstreamError<"routing_failed"> {
  return new UpstreamError("routing_failed", "workspace routing discovery unauthorized (401)");
}
