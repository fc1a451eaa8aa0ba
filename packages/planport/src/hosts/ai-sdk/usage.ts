/**
 * What an answer cost and why it ended, in the AI SDK's words.
 * @module
 */
import { asNumber, isJsonObject, type JsonObject } from "../../protocol/json.ts";
import type { ResponseObject } from "../../protocol/responses/response.ts";
import type { CallUsage, FinishReason, JsonValue } from "./types.ts";

/** The tokens of an answer; undefined where nothing was said. */
export function usageOf(usage: unknown): CallUsage {
  const all: JsonObject = isJsonObject(usage) ? usage : {};
  const input = detailsOf(all["input_tokens_details"]);
  const output = detailsOf(all["output_tokens_details"]);
  const inputTotal = asNumber(all["input_tokens"]);
  const outputTotal = asNumber(all["output_tokens"]);
  const cacheRead = asNumber(input["cached_tokens"]);
  const cacheWrite = asNumber(input["cache_write_tokens"]);
  const reasoning = asNumber(output["reasoning_tokens"]);
  return {
    inputTokens: {
      total: inputTotal,
      noCache: inputTotal === undefined ? undefined : inputTotal - (cacheRead ?? 0) - (cacheWrite ?? 0),
      cacheRead,
      cacheWrite,
    },
    outputTokens: {
      total: outputTotal,
      text: outputTotal === undefined ? undefined : outputTotal - (reasoning ?? 0),
      reasoning,
    },
    ...(isJsonObject(usage) && { raw: usage as { [key: string]: JsonValue } }),
  };
}

function detailsOf(value: unknown): JsonObject {
  return isJsonObject(value) ? value : {};
}

const INCOMPLETE: Readonly<Record<string, FinishReason["unified"]>> = {
  max_output_tokens: "length",
  content_filter: "content-filter",
};

/** Why a response ended. `hasCalls`: the program is to run tools. */
export function finishReasonOf(
  { status, incomplete_details: details }: ResponseObject,
  hasCalls: boolean,
): FinishReason {
  const raw = details?.reason ?? status;
  if (status === "incomplete") return { unified: (raw === undefined ? undefined : INCOMPLETE[raw]) ?? "other", raw };
  return { unified: hasCalls ? "tool-calls" : "stop", raw };
}
