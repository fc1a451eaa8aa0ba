/**
 * The OpenAI error body, made in this one place.
 * @module
 */
import { type AnyPlanportError, type RequestFault, type UpstreamFailure, type UsageLimitFailure } from "../errors.ts";

/** `{"error": {...}}` as every OpenAI client reads it. */
export interface OpenAIErrorBody {
  error: {
    message: string;
    type: string;
    param: string | null;
    code: string;
    plan_type?: string | null;
    /** Unix seconds: what Codex reads to say when a limit resets. */
    resets_at?: number;
    resets_in_seconds?: number;
    /** The window that is used up: `5-hour`, `weekly`, or by its length. */
    window?: string;
    window_minutes?: number;
    /** What the backend said, where planport has no word of its own for it. */
    upstream?: {
      /** HTTP status; null when the failure came in a stream. */
      status: number | null;
      code: string | null;
      request_id: string | null;
      /** Redacted and cut. */
      body: string;
    };
  };
}

/**
 * The body for an error. Usage limits keep the fields Codex reads (openai/codex `codex-rs/codex-api/src/api_bridge.rs`).
 * @param nowMs The time now, for `resets_in_seconds`.
 */
export function toErrorBody(error: AnyPlanportError, nowMs: number): OpenAIErrorBody {
  const body: OpenAIErrorBody = {
    error: { message: error.message, type: error.type, param: paramOf(error), code: error.code },
  };
  if (error.code === "usage_limit_reached" || error.code === "usage_not_included") addLimit(body, error.cause, nowMs);
  if (error.code === "upstream_failed" || error.code === "upstream_refused") addUpstream(body, error.cause);
  return body;
}

function paramOf({ code, cause }: AnyPlanportError): string | null {
  // The backend does not say so, but there is only one field that this can be about.
  if (code === "model_not_found") return "model";
  if (typeof cause !== "object" || cause === null || !("param" in cause)) return null;
  return (cause as RequestFault).param;
}

function addUpstream({ error }: OpenAIErrorBody, failure: UpstreamFailure | undefined): void {
  if (failure?.body == null) return;
  const { status, upstreamCode: code, requestId, body } = failure;
  error.upstream = { status, code, request_id: requestId, body };
}

function addLimit(body: OpenAIErrorBody, limit: UsageLimitFailure | undefined, nowMs: number): void {
  body.error.plan_type = limit?.planType ?? null;
  const window = limit?.window ?? null;
  if (window !== null) {
    body.error.window = window.name;
    if (window.minutes !== null) body.error.window_minutes = window.minutes;
  }
  if (limit?.resetsAtMs == null) return;
  body.error.resets_at = Math.floor(limit.resetsAtMs / 1000);
  body.error.resets_in_seconds = Math.max(0, Math.ceil((limit.resetsAtMs - nowMs) / 1000));
}
