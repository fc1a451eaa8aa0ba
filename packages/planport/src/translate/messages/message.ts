/**
 * A response object to one answer of the Messages API.
 * @module
 */
import type {
  MessagesMessage,
  MessagesOutputBlock,
  MessagesStopReason,
  MessagesUsage,
} from "../../protocol/messages/message.ts";
import { type JsonObject, asNumber, asString, isJsonObject, tryParseJson } from "../../protocol/json.ts";
import type { ResponseObject } from "../../protocol/responses/response.ts";
import { toFailure } from "../chat-completion.ts";
import { toFinishReason } from "../chat-usage.ts";
import { fromFreeform } from "../freeform.ts";
import { toThinkingBlock } from "./thinking.ts";

/** What an answer bears that the response does not tell. */
export interface MessagesContext {
  /** Such as `msg_…`. */
  readonly id: string;
  /** The model asked for; the one that served takes its place as soon as the backend names it. */
  readonly model: string;
  readonly toolNames: ReadonlyMap<string, string>;
  /** Whether thinking is shown. */
  readonly thinking: boolean;
}

/**
 * Translates an answer: what the events of the same stream add up to.
 * @throws {UpstreamError} `upstream_failed` for a failed response, so that it cannot pass for an empty answer.
 */
export function toMessagesMessage(response: ResponseObject, context: MessagesContext): MessagesMessage {
  if (response.status === "failed") throw toFailure(response);
  const content = (response.output ?? []).flatMap((item) =>
    isJsonObject(item) ? toBlocks(fromFreeform(item), context) : [],
  );
  const called = content.some(({ type }) => type === "tool_use");
  return {
    id: context.id,
    type: "message",
    role: "assistant",
    model: response.model ?? context.model,
    content,
    stop_reason: toStopReason(response, called, hasRefusal(response)),
    stop_sequence: null,
    usage: toMessagesUsage(response.usage, response.service_tier),
  };
}

/** Why a response that came to an end did so. */
export function toStopReason(response: JsonObject, called: boolean, refusal: boolean): MessagesStopReason {
  const reason = toFinishReason(response, called, false);
  if (reason === "length") return "max_tokens";
  if (reason === "content_filter" || refusal) return "refusal";
  return called ? "tool_use" : "end_turn";
}

/**
 * Cached input stands beside the other input here, and not within it.
 * @param tier The one that served, where it is known.
 */
export function toMessagesUsage(usage: unknown, tier?: unknown): MessagesUsage {
  const told = isJsonObject(usage) ? usage : {};
  const details = isJsonObject(told["input_tokens_details"]) ? told["input_tokens_details"] : {};
  const cached = asNumber(details["cached_tokens"]) ?? 0;
  return {
    input_tokens: Math.max(0, (asNumber(told["input_tokens"]) ?? 0) - cached),
    cache_creation_input_tokens: 0,
    cache_read_input_tokens: cached,
    output_tokens: asNumber(told["output_tokens"]) ?? 0,
    ...(typeof tier === "string" && { service_tier: USUAL_TIERS.has(tier) ? "standard" : tier }),
  };
}

/** What Anthropic's API calls the standard. */
const USUAL_TIERS: ReadonlySet<string> = new Set(["auto", "default"]);

/** The arguments of a call as an object. What is none is kept under a name that says so: a client could not read it else. */
function toToolInput(json: string): JsonObject {
  if (json.trim() === "") return {};
  const value = tryParseJson(json);
  return isJsonObject(value) ? value : { unparsed_arguments: json };
}

function toBlocks(item: JsonObject, context: MessagesContext): MessagesOutputBlock[] {
  if (item["type"] === "reasoning") return context.thinking ? [toThinkingBlock(item)] : [];
  if (item["type"] === "function_call") {
    const name = asString(item["name"]) ?? "";
    const input = toToolInput(asString(item["arguments"]) ?? "");
    return [
      { type: "tool_use", id: asString(item["call_id"]) ?? "", name: context.toolNames.get(name) ?? name, input },
    ];
  }
  if (item["type"] !== "message") return [];
  return partsOf(item).flatMap((part): MessagesOutputBlock[] => {
    const text = asString(part["type"] === "refusal" ? part["refusal"] : part["text"]) ?? "";
    return text === "" ? [] : [{ type: "text", text, citations: null }];
  });
}

function partsOf(item: JsonObject): JsonObject[] {
  const content = item["content"];
  if (typeof content === "string") return [{ type: "output_text", text: content }];
  return Array.isArray(content) ? content.filter((part) => isJsonObject(part)) : [];
}

function hasRefusal(response: ResponseObject): boolean {
  return (response.output ?? []).some(
    (item) => isJsonObject(item) && partsOf(item).some((part) => part["type"] === "refusal"),
  );
}
