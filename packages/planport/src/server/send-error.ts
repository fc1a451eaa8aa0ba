/**
 * Errors to HTTP, in this one place.
 * @module
 */
import { type AnyPlanportError, isPlanportError, RequestError, toPlanportError, UpstreamError } from "../errors.ts";
import type { Logger } from "../observe/index.ts";
import { type OpenAIErrorBody, toErrorBody } from "../protocol/error-body.ts";
import { toMessagesErrorBody } from "../protocol/messages/message.ts";
import { limitHeaders } from "../upstream/plan-limits.ts";
import type { Exchange } from "./exchange.ts";
import { requestIdHeader } from "./served-headers.ts";

/** What an answer to an error needs to know beside the error. */
export interface ErrorContext {
  readonly logger: Logger;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/** Where clients read errors as Anthropic writes them. */
export const MESSAGES_PATH = "/v1/messages";

/** Answers with an error. Does nothing when the answer has begun or the client is gone. */
export function sendError(exchange: Exchange, thrown: unknown, context: ErrorContext): void {
  const { body, error } = describeError(exchange, thrown, context);
  const isMessages = exchange.path.startsWith(MESSAGES_PATH);
  const shown = isMessages ? toMessagesErrorBody(error, exchange.requestId) : body;
  exchange.reply.send(statusOf(error), errorHeaders(error, context.now()), JSON.stringify(shown));
}

/** The body for anything thrown, noted for the access log; the log gets what a client must not see. */
export function describeError(
  exchange: Exchange,
  thrown: unknown,
  context: ErrorContext,
): { readonly body: OpenAIErrorBody; readonly error: AnyPlanportError } {
  const error = toPlanportError(thrown);
  exchange.notes.errorCode = error.code;
  if (error.code === "internal") logFault(exchange, thrown, context.logger);
  else if (error.status >= 500)
    context.logger.warn("http.failed", { requestId: exchange.requestId, errorCode: error.code, error });
  return { body: toErrorBody(error, context.now()), error };
}

/** What cut an answer off, as an error of planport: a bare socket error becomes `stream_interrupted`. */
export function toStreamError(thrown: unknown): AnyPlanportError {
  if (isPlanportError(thrown)) return thrown;
  const systemCode =
    thrown instanceof Error && "code" in thrown && typeof thrown.code === "string" ? thrown.code : null;
  return new UpstreamError("stream_interrupted", "The backend's answer broke off before its end.", {
    cause: { status: null, upstreamCode: null, requestId: null, cfRay: null, systemCode },
  });
}

/** The refusal of a path that does not exist. */
export function notFound(message: string): RequestError<"not_found"> {
  return new RequestError("not_found", message);
}

function logFault(exchange: Exchange, thrown: unknown, logger: Logger): void {
  logger.error("http.fault", {
    requestId: exchange.requestId,
    errorCode: "internal",
    error: thrown,
    ...(thrown instanceof Error && { stack: thrown.stack }),
  });
}

function statusOf(error: AnyPlanportError): number {
  // A foreign status could be anything; only one that says "error" may go out with an error body.
  return Number.isInteger(error.status) && error.status >= 400 && error.status <= 599 ? error.status : 500;
}

function errorHeaders(error: AnyPlanportError, nowMs: number): Record<string, string> {
  const headers: Record<string, string> = { "content-type": "application/json; charset=utf-8" };
  const waitMs = error.retryAfterMs ?? untilReset(error, nowMs);
  if (waitMs !== null) headers["retry-after"] = String(Math.max(0, Math.ceil(waitMs / 1000)));
  // The OpenAI SDKs try these statuses again by themselves unless told not to: a used-up plan must not be hammered.
  if (!error.retryable && (error.status === 408 || error.status === 409 || error.status === 429 || error.status >= 500))
    headers["x-should-retry"] = "false";
  return { ...headers, ...requestIdHeader(upstreamIdOf(error)), ...usedUpHeaders(error) };
}

function upstreamIdOf({ cause }: AnyPlanportError): string | null {
  if (typeof cause !== "object" || cause === null || !("requestId" in cause)) return null;
  return typeof cause.requestId === "string" ? cause.requestId : null;
}

/** The window that is used up, under the names that it has in the headers of good answers. */
function usedUpHeaders(error: AnyPlanportError): Record<string, string> {
  if (error.code !== "usage_limit_reached" || error.cause?.window == null) return {};
  const { window, resetsAtMs } = error.cause;
  const { name, minutes } = window;
  const used = { name, minutes, usedPercent: 100, resetsAtMs, blocks: true };
  return limitHeaders({ id: "codex", windows: [used], blockedBy: used });
}

function untilReset(error: AnyPlanportError, nowMs: number): number | null {
  if (error.code !== "usage_limit_reached" && error.code !== "usage_not_included") return null;
  const resetsAtMs = error.cause?.resetsAtMs ?? null;
  return resetsAtMs === null ? null : resetsAtMs - nowMs;
}
