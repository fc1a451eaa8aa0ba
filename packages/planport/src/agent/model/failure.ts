/**
 * Failures of model calls, told as Codex tells them (openai/codex `codex-rs/codex-api/src/api_bridge.rs`,
 * `codex-rs/protocol/src/error.rs`): its wording, what is tried again, and what a program is told.
 * @module
 */
import { STATUS_CODES } from "node:http";
import { type AnyPlanportError, errorTable } from "../../errors.ts";
import { type JsonObject, asNumber, asString, isJsonObject, tryParseJson } from "../../protocol/json.ts";
import type { CodexEvent } from "../../protocol/responses/event.ts";
import { parseTryAgain, waitFromHeaders } from "../../upstream/failure-body.ts";
import type { CodexErrorInfo } from "../events.ts";

/** Why a model call did not come to its end. */
export interface ModelFailure {
  readonly message: string;
  /** What a program is told when the turn ends over it. */
  readonly info: CodexErrorInfo;
  /** Null: trying again is no use. */
  readonly retry: RetryHint | null;
  /** The plan's limits stood in the answer's headers. */
  readonly tellsLimits: boolean;
}

/** How a failure is tried again. */
export interface RetryHint {
  /** Shown while it is tried again. */
  readonly httpStatusCode: number | null;
  /** The wait that the server asks for. */
  readonly delayMs: number | null;
  /** No connection came about: it is tried for as long as it takes. */
  readonly isOffline: boolean;
}

/** An answer that is no 2xx. */
export interface RefusedAnswer {
  readonly status: number;
  readonly url: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

const HIGH_DEMAND = "We’re currently experiencing high demand, which may cause temporary errors.";
const AT_CAPACITY = "Selected model is at capacity. Please try a different model.";
const CONTEXT_FULL =
  "Codex ran out of room in the model's context window. Start a new thread or clear earlier history before retrying.";
const QUOTA = "Quota exceeded. Check your plan and billing details.";
const NOT_INCLUDED = "To use Codex with your ChatGPT plan, upgrade to Plus: https://chatgpt.com/explore/plus.";
const OVERLOADS: ReadonlySet<string | undefined> = new Set(["server_is_overloaded", "slow_down"]);

function final(message: string, info: CodexErrorInfo, tellsLimits = false): ModelFailure {
  return { message, info, retry: null, tellsLimits };
}

function passing(
  message: string,
  info: CodexErrorInfo,
  httpStatusCode: number | null = null,
  delayMs: number | null = null,
): ModelFailure {
  return { message, info, retry: { httpStatusCode, delayMs, isOffline: false }, tellsLimits: false };
}

/** Of an answer with a status that is none of success. */
export function failureOfAnswer(answer: RefusedAnswer, nowMs: number): ModelFailure {
  const { status, headers, body } = answer;
  const error = errorIn(body);
  const type = asString(error?.["type"]);
  const code = asString(error?.["code"]);
  if (status === 429 && (type === "usage_limit_reached" || code === "usage_limit_reached"))
    return final(usageLimitText(error), "usageLimitExceeded", true);
  if (status === 429 && (type === "usage_not_included" || code === "usage_not_included"))
    return final(NOT_INCLUDED, "usageLimitExceeded");
  if (status === 429 && (type === "insufficient_quota" || code === "insufficient_quota"))
    return final(QUOTA, "usageLimitExceeded");
  if (status === 429) {
    const text = `exceeded retry limit, last status: ${named(status)}${requestIdOf(headers)}`;
    const info = { responseTooManyFailedAttempts: { httpStatusCode: status } };
    // Codex tries again only when it is told when.
    const delayMs = waitFromHeaders(headers, nowMs);
    return delayMs === null ? final(text, info) : passing(text, info, status, delayMs);
  }
  if (status === 400) return final(body === "" ? "the request was refused" : body, "other");
  if (status === 500) return passing(HIGH_DEMAND, "internalServerError");
  if (status === 503 && OVERLOADS.has(code)) return final(AT_CAPACITY, "serverOverloaded");
  const message = asString(error?.["message"]) ?? (body.trim() === "" ? "Unknown error" : body.trim());
  const ray = headers["cf-ray"] === undefined ? "" : `, cf-ray: ${headers["cf-ray"]}`;
  const text = `unexpected status ${named(status)}: ${message}, url: ${answer.url}${ray}${requestIdOf(headers)}`;
  return passing(text, { httpConnectionFailed: { httpStatusCode: status } }, status, waitFromHeaders(headers, nowMs));
}

/** Of an event that ends a stream without an answer; null for every other event. */
export function failureOfEvent(event: CodexEvent): ModelFailure | null {
  if (event.type === "response.incomplete") {
    const response = isJsonObject(event["response"]) ? event["response"] : {};
    const details = isJsonObject(response["incomplete_details"]) ? response["incomplete_details"] : {};
    const reason = asString(details["reason"]) ?? "unknown";
    return disconnected(`Incomplete response returned, reason: ${reason}`);
  }
  if (event.type === "error") return failureOfError(isJsonObject(event["error"]) ? event["error"] : event);
  if (event.type !== "response.failed") return null;
  const response = isJsonObject(event["response"]) ? event["response"] : {};
  return failureOfError(isJsonObject(response["error"]) ? response["error"] : {});
}

function failureOfError(error: JsonObject): ModelFailure {
  const message = asString(error["message"]) ?? "";
  switch (asString(error["code"]) ?? "") {
    case "context_length_exceeded":
      return final(CONTEXT_FULL, "contextWindowExceeded");
    case "usage_limit_reached":
      return final(usageLimitText(error), "usageLimitExceeded", true);
    case "insufficient_quota":
      return final(QUOTA, "usageLimitExceeded");
    case "usage_not_included":
      return final(NOT_INCLUDED, "usageLimitExceeded");
    case "invalid_prompt":
      return final(message === "" ? "Invalid request." : message, "other");
    case "cyber_policy":
      return final(message, "cyberPolicy");
    case "server_is_overloaded":
    case "slow_down":
      return final(AT_CAPACITY, "serverOverloaded");
    case "rate_limit_exceeded":
      return passing(`rate limit exceeded: ${message}`, "rateLimitExceeded", null, parseTryAgain(message));
    default:
      return disconnected(message === "" ? "response.failed event received" : message, parseTryAgain(message));
  }
}

function disconnected(why: string, delayMs: number | null = null): ModelFailure {
  return passing(`stream disconnected before completion: ${why}`, "other", null, delayMs);
}

/** Of a stream that ended before its answer was complete. */
export function failureOfBreak(error: AnyPlanportError): ModelFailure {
  if (error.code === "stream_idle") return disconnected("idle timeout waiting for SSE");
  if (error.code === "stream_interrupted") return disconnected("stream closed before response.completed");
  if (error.code === "upstream_malformed") return disconnected(error.message);
  return disconnected("Transport error: network error: error decoding response body");
}

/** Of a call that got no answer at all. */
export function failureOfCall(error: AnyPlanportError): ModelFailure {
  if (error.code === "upstream_unreachable" && !error.retryable)
    return final(error.message, { httpConnectionFailed: { httpStatusCode: null } });
  if (error.code === "refresh_unavailable" && !error.retryable) return final(error.message, "other");
  if (error.code === "upstream_unreachable")
    return {
      ...passing(error.message, { httpConnectionFailed: { httpStatusCode: null } }),
      retry: OFFLINE,
      tellsLimits: false,
    };
  if (error.code === "stream_idle") return disconnected("timeout waiting for the answer");
  // A refresh that was refused for good, and credentials of the wrong kind: only a new sign-in helps.
  if (FINAL_CREDENTIALS.has(error.code)) return final(error.message, "unauthorized");
  if (errorTable[error.code].family === "request") return final(error.message, "badRequest");
  return passing(error.message, "other");
}

const OFFLINE: RetryHint = { httpStatusCode: null, delayMs: null, isOffline: true };

const FINAL_CREDENTIALS: ReadonlySet<string> = new Set([
  "refresh_rejected",
  "credential_malformed",
  "credential_unsupported",
  "credential_wrong_route",
]);

function errorIn(body: string): JsonObject | undefined {
  const parsed = tryParseJson(body);
  const error = isJsonObject(parsed) ? (parsed["error"] ?? parsed["detail"] ?? parsed) : undefined;
  // A bare `detail` is not looked into: Codex shows the whole body then.
  return isJsonObject(error) ? error : undefined;
}

function named(status: number): string {
  const reason = STATUS_CODES[status];
  return reason === undefined ? `${status} <unknown status code>` : `${status} ${reason}`;
}

function requestIdOf(headers: Readonly<Record<string, string>>): string {
  const id = headers["x-request-id"] ?? headers["x-oai-request-id"];
  return id === undefined ? "" : `, request id: ${id}`;
}

function usageLimitText(error: JsonObject | undefined): string {
  const resetsAt = asNumber(error?.["resets_at"]);
  const when = resetsAt === undefined ? "later" : `at ${clockTime(new Date(resetsAt * 1000))}`;
  return (
    "You’ve hit your usage limit. Visit https://chatgpt.com/settings/usage to purchase more credits " +
    `or try again ${when}.`
  );
}

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/** `Nov 29th, 2026 3:05 PM`, in local time. */
function clockTime(at: Date): string {
  const day = at.getDate();
  const ordinal = day % 100 >= 11 && day % 100 <= 13 ? "th" : (["th", "st", "nd", "rd"][day % 10] ?? "th");
  const hour = at.getHours() % 12 === 0 ? 12 : at.getHours() % 12;
  const minute = String(at.getMinutes()).padStart(2, "0");
  return `${MONTHS[at.getMonth()]} ${day}${ordinal}, ${at.getFullYear()} ${hour}:${minute} ${at.getHours() < 12 ? "AM" : "PM"}`;
}
