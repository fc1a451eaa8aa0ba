/**
 * How an answer ended and what it cost, in the words of Chat Completions.
 * @module
 */
import type { ChatAnnotation, ChatFinishReason, ChatUsage } from "../protocol/chat/completion.ts";
import { type JsonObject, asNumber, asString, isJsonObject } from "../protocol/json.ts";

/**
 * The finish reason of a response that came to an end.
 * @param called The answer holds a tool call.
 */
export function toFinishReason(response: JsonObject, called: boolean, legacyFunctions: boolean): ChatFinishReason {
  const details = response["incomplete_details"];
  const reason = isJsonObject(details) ? details["reason"] : undefined;
  if (reason === "max_output_tokens" || reason === "max_tokens") return "length";
  if (reason === "content_filter") return "content_filter";
  if (!called) return "stop";
  return legacyFunctions ? "function_call" : "tool_calls";
}

/** The usage, with the cached and the reasoning tokens; undefined when the backend told none. */
export function toChatUsage(usage: unknown): ChatUsage | undefined {
  if (!isJsonObject(usage)) return undefined;
  const prompt = asNumber(usage["input_tokens"]) ?? 0;
  const completion = asNumber(usage["output_tokens"]) ?? 0;
  const input = isJsonObject(usage["input_tokens_details"]) ? usage["input_tokens_details"] : {};
  const output = isJsonObject(usage["output_tokens_details"]) ? usage["output_tokens_details"] : {};
  return {
    prompt_tokens: prompt,
    completion_tokens: completion,
    total_tokens: asNumber(usage["total_tokens"]) ?? prompt + completion,
    prompt_tokens_details: { ...input, cached_tokens: asNumber(input["cached_tokens"]) ?? 0 },
    completion_tokens_details: { ...output, reasoning_tokens: asNumber(output["reasoning_tokens"]) ?? 0 },
  };
}

/** The web pages that a text part rests on. Other annotations have no place in Chat Completions. */
export function toChatAnnotations(annotations: unknown): ChatAnnotation[] {
  if (!Array.isArray(annotations)) return [];
  return annotations
    .filter((entry) => isJsonObject(entry))
    .filter((entry) => entry["type"] === "url_citation")
    .map((entry) => {
      const [start, end] = [asNumber(entry["start_index"]), asNumber(entry["end_index"])];
      const [title, url] = [asString(entry["title"]), asString(entry["url"])];
      const citation = {
        ...(start !== undefined && { start_index: start }),
        ...(end !== undefined && { end_index: end }),
        ...(title !== undefined && { title }),
        ...(url !== undefined && { url }),
      };
      return { type: "url_citation", url_citation: citation };
    });
}
