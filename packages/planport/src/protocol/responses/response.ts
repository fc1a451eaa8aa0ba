/**
 * The Responses answer: one object when not streamed, and the payload of the life-cycle events when streamed.
 * @module
 */
import type { JsonObject } from "../json.ts";
import type { Item } from "./item.ts";

/** What an answer cost, in tokens. */
export interface ResponseUsage extends JsonObject {
  input_tokens: number;
  input_tokens_details?: { cached_tokens?: number; cache_write_tokens?: number; [key: string]: unknown } | null;
  output_tokens: number;
  output_tokens_details?: { reasoning_tokens?: number; [key: string]: unknown } | null;
  total_tokens: number;
}

/** The error object of a failed response. */
export interface ResponseErrorBody extends JsonObject {
  code?: string | null;
  type?: string | null;
  message?: string | null;
}

/** A response object, whole or partial: servers leave out what they do not know yet. */
export interface ResponseObject extends JsonObject {
  id: string;
  object?: "response";
  created_at?: number;
  status?: "in_progress" | "completed" | "failed" | "incomplete" | "cancelled" | "queued";
  model?: string;
  output?: Item[];
  usage?: ResponseUsage | null;
  error?: ResponseErrorBody | null;
  incomplete_details?: { reason?: string } | null;
  service_tier?: string | null;
}
