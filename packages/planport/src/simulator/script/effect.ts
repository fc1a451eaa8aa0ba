/**
 * What can be made to go wrong, as plain JSON so that it can also come in over HTTP.
 * @module
 */
import type { JsonObject } from "../../protocol/index.ts";

/** Answers in place of the real handler. On a WebSocket: an error frame with this status. */
export interface HttpEffect {
  readonly kind: "http";
  readonly status: number;
  /** Text as it is, anything else as JSON. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Waits before the answer begins, then goes on as usual. */
export interface DelayEffect {
  readonly kind: "delay";
  readonly ms: number;
}

/** Waits before each event of a stream. */
export interface SlowEffect {
  readonly kind: "slow";
  readonly delayMs: number;
}

/** Says nothing more, for ever: before the head, or after that many events. */
export interface StallEffect {
  readonly kind: "stall";
  readonly afterEvents?: number;
}

/** Destroys the socket: before the head, or after that many events. */
export interface DropEffect {
  readonly kind: "drop";
  readonly afterEvents?: number;
}

/** Ends the answer properly after that many events, without `response.completed`. On a WebSocket: closes it. */
export interface EndEffect {
  readonly kind: "end";
  readonly afterEvents: number;
  /** WebSocket close code (RFC 6455 section 7.4). Default 1000. */
  readonly closeCode?: number;
}

/** Ends with `response.failed`, or `response.incomplete` when `reason` is given, after that many events. */
export interface FailEffect {
  readonly kind: "fail";
  /** Default 2: after `response.created` and `response.in_progress`. */
  readonly afterEvents?: number;
  /** `response.error`; null leaves it out. */
  readonly error?: JsonObject | null;
  /** `incomplete_details.reason`. */
  readonly reason?: string;
}

/** Puts one more event into the stream. */
export interface InjectEffect {
  readonly kind: "inject";
  readonly afterEvents: number;
  readonly event: JsonObject;
}

/** Puts bytes that are no event into the stream (in answers that are no stream: broken JSON). */
export interface MalformedEffect {
  readonly kind: "malformed";
  readonly afterEvents?: number;
  /** Default: an event whose data is cut-off JSON. */
  readonly text?: string;
}

/** Answers this text in place of the model's. */
export interface TextEffect {
  readonly kind: "text";
  readonly text: string;
}

/** One thing that goes wrong (or otherwise than usual). */
export type Effect =
  | HttpEffect
  | DelayEffect
  | SlowEffect
  | StallEffect
  | DropEffect
  | EndEffect
  | FailEffect
  | InjectEffect
  | MalformedEffect
  | TextEffect;

/** The kinds of {@link Effect}. */
export const EFFECT_KINDS: readonly Effect["kind"][] = [
  "http",
  "delay",
  "slow",
  "stall",
  "drop",
  "end",
  "fail",
  "inject",
  "malformed",
  "text",
];

/** 401 as the backend words it. */
export function unauthorized(): HttpEffect {
  return { kind: "http", status: 401, body: { detail: "Unauthorized" } };
}

/** 429 of a plan whose limit is reached. `nowMs` only matters with a clock other than the system's. */
export function usageLimit(
  options: { readonly resetsInSeconds?: number; readonly planType?: string; readonly nowMs?: number } = {},
): HttpEffect {
  const seconds = options.resetsInSeconds ?? 3600;
  const error = {
    type: "usage_limit_reached",
    message: "The usage limit has been reached",
    plan_type: options.planType ?? "pro",
    resets_at: Math.floor((options.nowMs ?? Date.now()) / 1000) + seconds,
    resets_in_seconds: seconds,
  };
  return { kind: "http", status: 429, body: { error } };
}

/** 429 for being too fast. */
export function rateLimit(options: { readonly retryAfterSeconds?: number } = {}): HttpEffect {
  const seconds = options.retryAfterSeconds;
  return {
    kind: "http",
    status: 429,
    headers: seconds === undefined ? {} : { "retry-after": String(seconds) },
    body: { error: { type: "rate_limit_exceeded", code: "rate_limit_exceeded", message: "Rate limit reached." } },
  };
}

/** A fault of the server's own. */
export function serverError(status = 500): HttpEffect {
  const message = "The server had an error while processing your request. Sorry about that!";
  return { kind: "http", status, body: { error: { type: "server_error", code: "server_error", message } } };
}

const OVERLOADED = {
  code: "server_is_overloaded",
  message: "Our servers are currently overloaded. Please try again later.",
};

/** 503 of a model at capacity. */
export function overloaded(): HttpEffect {
  return { kind: "http", status: 503, body: { error: { type: "service_unavailable_error", ...OVERLOADED } } };
}

/** The same inside a 200: `response.failed`. */
export function overloadedInStream(afterEvents = 2): FailEffect {
  return { kind: "fail", afterEvents, error: OVERLOADED };
}

/** `response.failed` with a code. */
export function failed(code: string, message = `Failed with ${code}.`, afterEvents = 2): FailEffect {
  return { kind: "fail", afterEvents, error: { code, message } };
}

/** A Cloudflare page in place of an answer. */
export function htmlChallenge(status = 403): HttpEffect {
  return {
    kind: "http",
    status,
    headers: {
      "content-type": "text/html; charset=UTF-8",
      "cf-ray": "8f1c2d3e4b5a6978-AMS",
      "cf-mitigated": "challenge",
    },
    body: "<!DOCTYPE html><html><head><title>Just a moment...</title></head><body>Cloudflare: checking your browser</body></html>",
  };
}
