/**
 * `POST /v1/responses/compact` by a model call: the backend compacts where the last item of the input asks for it
 * (openai/codex `codex-rs/core/src/compact_remote.rs`).
 * @module
 */
import type { JsonObject } from "../protocol/json.ts";
import type { Item } from "../protocol/responses/item.ts";
import type { ResponsesRequest } from "../protocol/responses/request.ts";
import type { ResponseObject } from "../protocol/responses/response.ts";

const TRIGGER: Item = { type: "compaction_trigger" };

/** The model call that compacts `request`, whose references are in their places. */
export function toCompactingRequest(request: ResponsesRequest & { readonly input: Item[] }): ResponsesRequest {
  const { stream: _stream, ...rest } = request;
  const input: readonly Item[] = request.input;
  return { ...rest, model: request.model, input: [...input, TRIGGER], store: false };
}

/**
 * The answer as OpenAI's API gives it: what the user said, word for word, and one sealed item for all else.
 * @param input What was compacted.
 * @param response The answer of the model call.
 * @returns Null when the answer has no compacted item.
 */
export function toCompactedResponse(
  input: readonly Item[],
  response: ResponseObject,
  nowMs: number,
): JsonObject | null {
  const compacted = (response.output ?? []).find(({ type }) => type === "compaction");
  if (compacted === undefined) return null;
  const tail = response.id.replace(/^resp_/, "");
  const said = input.filter((item) => (item.type ?? "message") === "message" && item["role"] === "user");
  return {
    id: response.id,
    object: "response.compaction",
    created_at: response["created_at"] ?? Math.floor(nowMs / 1000),
    output: [...said.map((item, index) => toOutput(item, `msg_${tail.slice(0, 40)}_${index}`)), compacted],
    usage: response.usage ?? null,
  };
}

function toOutput(item: Item, id: string): JsonObject {
  const { content } = item;
  const parts = typeof content === "string" ? [{ type: "input_text", text: content }] : content;
  return { id, status: "completed", ...item, type: "message", content: parts };
}
