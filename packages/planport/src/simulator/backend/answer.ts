/**
 * One model call, whatever it came in by: judged, thought about, played.
 * @module
 */
import type { IncomingHttpHeaders } from "node:http";
import { isJsonObject, type Item, type JsonObject } from "../../protocol/index.ts";
import { asString } from "../../protocol/json.ts";
import type { SimulatedAccount } from "../accounts.ts";
import { imageUsage } from "../image/draw.ts";
import { type Plan, type PlannedItem, think } from "../model/think.ts";
import type { Effect } from "../script/effect.ts";
import { type FrameSink, play, type PlaybackEnd } from "../script/play.ts";
import type { World } from "../world.ts";
import { type AnswerFacts, answerFrames, failureFrame } from "./frames.ts";
import { limitHeaders } from "./headers.ts";
import { estimateTokens } from "./prompt-cache.ts";
import type { Refusal } from "./refusal.ts";
import { checkHistory, checkRequest, type RequestFacts } from "./refusals.ts";

/** A request that passed. */
export interface AcceptedCall {
  readonly world: World;
  readonly account: SimulatedAccount;
  readonly body: JsonObject;
  /** The whole history. */
  readonly items: readonly Item[];
  readonly effects: readonly Effect[];
  readonly signal: AbortSignal;
  readonly sink: FrameSink;
  readonly responseId: string;
  /** Gets each finished output item, so that a later call can go on from them. */
  readonly onItem: (item: JsonObject) => void;
  /** Fields of the response object that are not as the Codex backend has them. */
  readonly response?: JsonObject;
}

/**
 * Judges a request.
 * @param before The history that the request goes on from; empty over HTTP.
 */
export function judge(facts: RequestFacts, before: readonly Item[]): Refusal | { readonly items: readonly Item[] } {
  const refusal = checkRequest(facts);
  if (refusal !== null) return refusal;
  const items = [...before, ...(facts.body["input"] as Item[])];
  return checkHistory(facts, items) ?? { items };
}

/** True when a request says that it speaks the lite shape: by header, or by its stand-in in a WebSocket message. */
export function saysLite(headers: IncomingHttpHeaders, body: JsonObject): boolean {
  const metadata = isJsonObject(body["client_metadata"]) ? body["client_metadata"] : {};
  return (
    headers["x-openai-internal-codex-responses-lite"] === "true" ||
    metadata["ws_request_header_x_openai_internal_codex_responses_lite"] === "true"
  );
}

/** Headers of every answer to a model call. */
export function answerHeaders(
  world: World,
  account: SimulatedAccount | null,
  req: IncomingHttpHeaders,
): Record<string, string> {
  const turnState = req["x-codex-turn-state"];
  return {
    "x-models-etag": world.catalogue.etag,
    // A client sends this back within a turn; then it stays as it is.
    "x-codex-turn-state": typeof turnState === "string" ? turnState : world.random.token("ts_", 12),
    ...(account === null ? {} : limitHeaders(account, world.nowMs())),
  };
}

/** Thinks and plays. Rejects when `signal` is aborted. */
export async function answer(call: AcceptedCall): Promise<PlaybackEnd> {
  const { world, body, items } = call;
  const model = asString(body["model"]) ?? "";
  const info = world.catalogue.find(model);
  const effort = info?.default_reasoning_level ?? "medium";
  const plan =
    scripted(call.effects) ??
    (body["generate"] === false ? SILENCE : think({ body, items, model, defaultEffort: effort }));
  const facts: AnswerFacts = {
    responseId: call.responseId,
    response: responseObject(call, model, effort),
    usage: usageOf(call, plan),
    toolUsage: toolUsageOf(plan),
    random: world.random,
    seal: world.seal,
    onItem: call.onItem,
  };
  world.counters.openResponses += 1;
  try {
    const end = await play({
      frames: answerFrames(plan, facts),
      sink: call.sink,
      effects: call.effects,
      delayMs: world.options.deltaDelayMs ?? 0,
      signal: call.signal,
      failure: (fields, written) => failureFrame(facts, fields, written),
    });
    if (end === "completed") world.counters.completedResponses += 1;
    return end;
  } finally {
    world.counters.openResponses -= 1;
  }
}

/** A prewarm: the server takes note of the prompt and says nothing. */
const SILENCE: Plan = { reasoning: null, items: [] };

function scripted(effects: readonly Effect[]): Plan | null {
  const text = effects.find((effect) => effect.kind === "text")?.text;
  return text === undefined ? null : { reasoning: null, items: [{ kind: "message", text }] };
}

function responseObject(call: AcceptedCall, model: string, defaultEffort: string): JsonObject {
  const { body } = call;
  const reasoning = isJsonObject(body["reasoning"]) ? body["reasoning"] : {};
  const text = isJsonObject(body["text"]) ? body["text"] : {};
  return {
    id: call.responseId,
    object: "response",
    created_at: Math.floor(call.world.nowMs() / 1000),
    background: false,
    error: null,
    incomplete_details: null,
    instructions: body["instructions"] ?? null,
    max_output_tokens: null,
    max_tool_calls: null,
    model,
    output: [],
    parallel_tool_calls: body["parallel_tool_calls"] !== false,
    previous_response_id: body["previous_response_id"] ?? null,
    prompt_cache_key: body["prompt_cache_key"] ?? null,
    reasoning: { effort: reasoning["effort"] ?? defaultEffort, summary: reasoning["summary"] ?? null },
    safety_identifier: null,
    service_tier: body["service_tier"] ?? "default",
    store: false,
    temperature: 1,
    text: { format: { type: "text" }, verbosity: "medium", ...text },
    tool_choice: body["tool_choice"] ?? "auto",
    tools: body["tools"] ?? [],
    top_logprobs: 0,
    top_p: 1,
    truncation: "disabled",
    user: null,
    metadata: {},
    ...call.response,
  };
}

function charsOf(item: PlannedItem): number {
  if (item.kind === "message") return item.text.length;
  if (item.kind === "compaction") return item.summary.length;
  return item.kind === "image" ? item.drawing.prompt.length : item.input.length;
}

/** Images are counted beside the model's own tokens. */
function toolUsageOf(plan: Plan): JsonObject {
  const image = plan.items.find((item) => item.kind === "image");
  return image === undefined ? {} : { tool_usage: { image_gen: imageUsage(image.drawing, 1) } };
}

function usageOf(call: AcceptedCall, plan: Plan): JsonObject {
  const { body } = call;
  const parts = [body["instructions"] ?? "", body["tools"] ?? [], ...call.items];
  const cacheKey = asString(body["prompt_cache_key"]) ?? null;
  const { inputTokens, cachedTokens } = call.world.promptCache.count(cacheKey, parts);
  const reasoningTokens = plan.reasoning?.tokens ?? 0;
  let chars = 0;
  for (const item of plan.items) chars += charsOf(item);
  const outputTokens = estimateTokens(chars) + reasoningTokens;
  return {
    input_tokens: inputTokens,
    input_tokens_details: { cached_tokens: cachedTokens },
    output_tokens: outputTokens,
    output_tokens_details: { reasoning_tokens: reasoningTokens },
    total_tokens: inputTokens + outputTokens,
  };
}
