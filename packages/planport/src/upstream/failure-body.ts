/**
 * What the backend wrote into a failed answer, whichever of its shapes it chose.
 * @module
 */
import { type JsonObject, asNumber, asString, isJsonObject, tryParseJson } from "../protocol/json.ts";
import { oneLine, redactText } from "../redact.ts";

/** Longest excerpt in UTF-16 code units. */
const MAX_EXCERPT_CHARS = 600;

/** The facts of a failure as the backend words them. All strings are free of secrets. */
export interface FailureFacts {
  readonly code: string | null;
  readonly type: string | null;
  /** One line fit for an end user; empty when the backend said nothing. */
  readonly message: string;
  readonly planType: string | null;
  /** Milliseconds since the epoch. */
  readonly resetsAtMs: number | null;
  /** From "try again in 1.5s" in the message. */
  readonly retryAfterMs: number | null;
}

/**
 * Reads `{"error":{…}}`, `{"error":"…"}`, `{"detail":"…"}`, `{"detail":{…}}`, `{"detail":[{"msg":…}]}`, `{"message":…}`
 * and plain text.
 */
export function readFailureBody(text: string, nowMs: number): FailureFacts {
  const body = tryParseJson(text);
  if (isJsonObject(body)) return readFailureObject(body["error"] ?? body["detail"] ?? body, nowMs);
  return readFailureObject(looksLikeHtml(text) ? null : text, nowMs);
}

/** Reads an error object, or whatever stands in its place. */
export function readFailureObject(value: unknown, nowMs: number): FailureFacts {
  const error: JsonObject = isJsonObject(value) ? value : {};
  const message = excerpt(messageOf(value));
  return {
    code: nameOf(error["code"]),
    type: nameOf(error["type"]),
    message,
    planType: nameOf(error["plan_type"]),
    resetsAtMs: resetOf(error, nowMs),
    retryAfterMs: parseTryAgain(message),
  };
}

/** A short, one-line, secret-free form of what a server said. */
export function excerpt(text: string): string {
  return oneLine(text, MAX_EXCERPT_CHARS);
}

/** Longest copy of a body in UTF-16 code units. */
const MAX_BODY_CHARS = 2_000;

/** JSON in which nothing is said. */
const NOTHING_SAID = /^(?:\{\s*\}|\[\s*\]|null|"")?$/;

/** What the backend wrote, for who has to find out what it means: redacted, also of what might be a token of any shape, and cut. */
export function keptBody(text: string): string | null {
  const kept = redactText(text.trim(), { maxChars: MAX_BODY_CHARS, opaque: true });
  return NOTHING_SAID.test(kept) ? null : kept;
}

/** True for pages: what a proxy, a portal or a Cloudflare edge sends in the backend's place. */
export function looksLikeHtml(text: string): boolean {
  return /^\s*(<!doctype html|<html|<head|<body|<!--)/i.test(text.slice(0, 500));
}

const TRY_AGAIN = /try again in\s+(\d+(?:\.\d+)?)\s*(ms|milliseconds?|s|secs?|seconds?|m|mins?|minutes?)\b/i;

/** The wait in "Please try again in 20s", "… in 350ms", "… in 2 seconds", in milliseconds; null when there is none. */
export function parseTryAgain(message: string): number | null {
  const match = TRY_AGAIN.exec(message);
  if (match === null) return null;
  const unit = (match[2] ?? "").toLowerCase();
  let unitMs = 1000;
  if (unit.startsWith("ms") || unit.startsWith("milli")) unitMs = 1;
  else if (unit.startsWith("m")) unitMs = 60_000;
  return Math.ceil(Number(match[1]) * unitMs);
}

/**
 * How long the headers of an answer ask to wait, in milliseconds: `retry-after-ms`, else `retry-after`. Null when they do not.
 * @param headers Names in lower case.
 */
export function waitFromHeaders(headers: Readonly<Record<string, string>>, nowMs: number): number | null {
  const ms = headers["retry-after-ms"]?.trim() ?? "";
  return /^\d+(\.\d+)?$/.test(ms) ? Math.ceil(Number(ms)) : parseRetryAfter(headers["retry-after"], nowMs);
}

/** `Retry-After` in milliseconds: seconds, also with a fraction, or an HTTP date (RFC 9110 §10.2.3); null for anything else. */
export function parseRetryAfter(value: string | undefined, nowMs: number): number | null {
  const text = value?.trim() ?? "";
  if (/^\d+(\.\d+)?$/.test(text)) return Math.ceil(Number(text) * 1000);
  if (!/^[A-Za-z]{3}/.test(text)) return null; // Date.parse takes far more than HTTP dates, such as "-1".
  const atMs = Date.parse(text);
  return Number.isNaN(atMs) ? null : Math.max(0, atMs - nowMs);
}

function messageOf(value: unknown): string {
  if (typeof value === "string") return value;
  if (Array.isArray(value)) return value.map(messageOf).filter(Boolean).join("; ");
  if (!isJsonObject(value)) return "";
  return asString(value["message"]) ?? asString(value["msg"]) ?? asString(value["detail"]) ?? "";
}

/** Codes end up in logs and metrics, so they are bounded and clean too. */
function nameOf(value: unknown): string | null {
  const text = asString(value);
  return text === undefined || text === "" ? null : excerpt(text).slice(0, 100);
}

/** The end of time as `Date` knows it. */
const MAX_TIME_MS = 8.64e15;

function resetOf(error: JsonObject, nowMs: number): number | null {
  const at = asNumber(error["resets_at"]);
  const inSeconds = asNumber(error["resets_in_seconds"]);
  let atMs: number | null = null;
  if (at !== undefined) atMs = at * 1000;
  else if (inSeconds !== undefined) atMs = nowMs + inSeconds * 1000;
  return atMs === null || Math.abs(atMs) > MAX_TIME_MS ? null : atMs;
}
