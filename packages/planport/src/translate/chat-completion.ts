/**
 * A response object to a Chat Completions answer.
 * @module
 */
import { UpstreamError } from "../errors.ts";
import type { ChatCompletion, ChatCompletionMessage, ChatToolCall } from "../protocol/chat/completion.ts";
import { type JsonObject, asString, isJsonObject } from "../protocol/json.ts";
import type { ResponseObject } from "../protocol/responses/response.ts";
import type { ChatChunkContext } from "./chat-chunks.ts";
import { toChatExtras } from "./chat-extras.ts";
import { toChatAnnotations, toChatUsage, toFinishReason } from "./chat-usage.ts";

/** What an answer bears that the response does not tell. */
export type ChatCompletionContext = Omit<ChatChunkContext, "includeUsage">;

/**
 * Translates an answer: what the chunks of the same stream add up to.
 * @throws {UpstreamError} `upstream_failed` for a failed response, so that it cannot pass for an empty answer.
 */
export function toChatCompletion(response: ResponseObject, context: ChatCompletionContext): ChatCompletion {
  if (response.status === "failed") throw toFailure(response);
  const message = toMessage(response, context);
  const called = message.tool_calls !== undefined || message.function_call !== undefined;
  const usage = toChatUsage(response.usage);
  return {
    id: context.id,
    object: "chat.completion",
    created: context.createdSeconds,
    model: response.model ?? context.model,
    choices: [
      {
        index: 0,
        message,
        logprobs: null,
        finish_reason: toFinishReason(response, called, context.legacyFunctions === true),
      },
    ],
    ...(usage !== undefined && { usage }),
    ...(typeof response.service_tier === "string" && { service_tier: response.service_tier }),
  };
}

/** The error of a failed response. */
export function toFailure(response: ResponseObject): UpstreamError {
  const { code, message } = response.error ?? {};
  return new UpstreamError("upstream_failed", message ?? "The backend gave up on this answer.", {
    cause: { status: null, upstreamCode: code ?? null, requestId: null, cfRay: null, systemCode: null },
  });
}

function toMessage(response: ResponseObject, context: ChatCompletionContext): ChatCompletionMessage {
  const items = (response.output ?? []).filter((item) => isJsonObject(item));
  const parts = items.filter(({ type }) => type === "message").flatMap(partsOf);
  const text = parts.filter(({ type }) => type === "output_text").map((part) => asString(part["text"]) ?? "");
  const refusals = parts.filter(({ type }) => type === "refusal").map((part) => asString(part["refusal"]) ?? "");
  const reasoning = items.filter(({ type }) => type === "reasoning").flatMap(reasoningOf);
  const calls = items.flatMap((item) => toCall(item, context));
  const annotations = parts.flatMap((part) => toChatAnnotations(part["annotations"]));
  const extras = items.map((item) => toChatExtras(item));
  const images = extras.flatMap((one) => one.images ?? []);
  const others = extras.flatMap((one) => one.output_items ?? []);
  const content = text.join("");
  return {
    role: "assistant",
    content: content === "" && (calls.length > 0 || refusals.length > 0) ? null : content,
    refusal: refusals.length > 0 ? refusals.join("") : null,
    ...(reasoning.length > 0 && { reasoning_content: reasoning.join("\n\n") }),
    ...(calls.length > 0 && callsIn(calls, context.legacyFunctions === true)),
    ...(annotations.length > 0 && { annotations }),
    ...(images.length > 0 && { images }),
    ...(others.length > 0 && { output_items: others }),
  };
}

function partsOf(item: JsonObject): JsonObject[] {
  const content = item["content"];
  if (typeof content === "string") return [{ type: "output_text", text: content }];
  return objectsIn(content);
}

function reasoningOf(item: JsonObject): string[] {
  const parts = [...objectsIn(item["summary"]), ...objectsIn(item["content"])];
  return parts.map((part) => asString(part["text"]) ?? "").filter((text) => text !== "");
}

function toCall(item: JsonObject, context: ChatCompletionContext): ChatToolCall[] {
  const [id, sent] = [asString(item["call_id"]), asString(item["name"])];
  if (id === undefined || sent === undefined) return [];
  const name = context.toolNames?.get(sent) ?? sent;
  if (item["type"] === "function_call")
    return [{ id, type: "function", function: { name, arguments: asString(item["arguments"]) ?? "" } }];
  if (item["type"] === "custom_tool_call")
    return [{ id, type: "custom", custom: { name, input: asString(item["input"]) ?? "" } }];
  return [];
}

function callsIn(calls: ChatToolCall[], legacy: boolean): Pick<ChatCompletionMessage, "tool_calls" | "function_call"> {
  const [first] = calls;
  return legacy && first?.type === "function" ? { function_call: first.function } : { tool_calls: calls };
}

function objectsIn(value: unknown): JsonObject[] {
  return Array.isArray(value) ? value.filter((entry) => isJsonObject(entry)) : [];
}
