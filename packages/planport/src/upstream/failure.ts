/**
 * Typed errors from what the backend answered or streamed (openai/codex `codex-rs/codex-api/src/api_bridge.rs`,
 * `codex-rs/codex-api/src/sse/responses.rs`).
 * @module
 */
import { Buffer } from "node:buffer";
import type { Credential } from "../auth/credential.ts";
import {
  CredentialError,
  UpstreamError,
  type UpstreamErrorCode,
  type UpstreamFailure,
  type UsedWindow,
} from "../errors.ts";
import { isJsonObject, tryParseJson } from "../protocol/json.ts";
import type { CodexEvent } from "../protocol/responses/event.ts";
import { isBlockedByCloudflare, isCloudflareOriginError } from "./cloudflare.ts";
import {
  excerpt,
  type FailureFacts,
  keptBody,
  looksLikeHtml,
  readFailureBody,
  readFailureObject,
  waitFromHeaders,
} from "./failure-body.ts";
import { describeLimit, waitInWords } from "./limit-message.ts";
import { planLimit } from "./plan-limits.ts";
import { usageFromHeaders } from "./rate-limits.ts";

/** What an error message may mention beyond what the backend wrote. */
export interface FailureContext {
  readonly nowMs: number;
  /** Kind of the credential that was sent. */
  readonly kind: Credential["kind"];
  /** The model that was asked for; null for calls without one. */
  readonly model: string | null;
  /** Slugs that would work, for the message of `model_not_found`. */
  readonly knownModels: readonly string[];
  /** Host and path, for "the backend answered 404 at …". */
  readonly place: string;
}

/** A failed answer. */
export interface FailedAnswer {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

type ServiceError = UpstreamError | CredentialError;

/** Codes that mean the same wherever they stand (HTTP body or stream). */
const CODE_MEANINGS: Readonly<Record<string, UpstreamErrorCode>> = {
  context_length_exceeded: "context_length_exceeded",
  insufficient_quota: "quota_exceeded",
  organization_spend_limit_exceeded: "quota_exceeded",
  invalid_prompt: "upstream_invalid_request",
  invalid_image: "upstream_invalid_request",
  invalid_request_error: "upstream_invalid_request",
  previous_response_not_found: "upstream_invalid_request",
  cyber_policy: "content_refused",
  bio_policy: "content_refused",
  misalignment_policy_violation: "content_refused",
  content_policy_violation: "content_refused",
  moderation_blocked: "content_refused",
  model_not_found: "model_not_found",
  server_is_overloaded: "upstream_overloaded",
  policy_capacity_unavailable: "upstream_overloaded",
  rate_limit_exceeded: "rate_limited",
  slow_down: "rate_limited",
};

const LIMIT_CODES: ReadonlySet<string | null> = new Set(["usage_limit_reached", "usage_not_included"]);
const UNSUPPORTED_MODEL = /model is not supported|model .{0,120}(does not exist|is not available|not found)/i;

/** The error for an answer that is not a 2xx, or for a 2xx that holds a JSON document in place of a stream. */
export function failureFromHttp(answer: FailedAnswer, context: FailureContext): ServiceError {
  const facts = readFailureBody(answer.body, context.nowMs);
  const cause = causeOf(answer, facts);
  const retryAfterMs = waitFromHeaders(answer.headers, context.nowMs) ?? facts.retryAfterMs;
  if (isBlockedByCloudflare(answer)) return challenged(cause, context);
  if (answer.status === 401) return rejected(facts, cause, context);
  const code = codeForStatus(answer.status, facts);
  if (code === "access_denied")
    return new CredentialError(
      "access_denied",
      sentence(`The backend refuses this account (HTTP 403 at ${context.place})`, facts.message),
      { cause },
    );
  const body = looksLikeHtml(answer.body) ? null : keptBody(answer.body);
  return upstreamError(code, withWindow(facts, answer.headers, context), { ...cause, body }, retryAfterMs, context);
}

/**
 * The error that an event stands for; null when it is no failure. `response.incomplete` is none: the answer is only shorter.
 * @param headers Of the answer that streams, names in lower case.
 * @param getContext Called for failures alone, so that other events cost nothing.
 */
export function failureFromEvent(
  event: CodexEvent,
  headers: Readonly<Record<string, string>>,
  getContext: () => FailureContext,
): UpstreamError | null {
  let error: unknown;
  if (event.type === "response.failed") error = isJsonObject(event["response"]) ? event["response"]["error"] : null;
  else if (event.type === "error") error = event["error"] ?? event;
  else return null;
  const context = getContext();
  const read = readFailureObject(error, context.nowMs);
  const facts = event.type === "error" && read.type === "error" ? { ...read, type: null } : read;
  const cause = causeOf({ status: null, headers }, facts);
  // A stream has no status line, so a limit is known by its code here and not only by its type.
  const name = facts.code ?? facts.type;
  const code = limitOf(facts) ?? (name === null ? undefined : CODE_MEANINGS[name]) ?? "upstream_failed";
  const body = error == null ? null : keptBody(JSON.stringify(error));
  return upstreamError(code, withWindow(facts, headers, context), { ...cause, body }, facts.retryAfterMs, context);
}

/** The facts of a failure, and the window of the plan's limit that the headers show to be used up. */
interface LimitFacts extends FailureFacts {
  readonly window: UsedWindow | null;
}

function withWindow(
  facts: FailureFacts,
  headers: Readonly<Record<string, string>>,
  { nowMs }: FailureContext,
): LimitFacts {
  const snapshot = limitOf(facts) === undefined ? null : usageFromHeaders(headers);
  if (snapshot === null) return { ...facts, window: null };
  const { windows, blockedBy } = planLimit(snapshot, nowMs, true);
  // The body says which reset it means; the windows say whose it is.
  const named = windows.find(({ resetsAtMs }) => resetsAtMs !== null && isNear(resetsAtMs, facts.resetsAtMs));
  const window = named ?? blockedBy;
  if (window === null) return { ...facts, window: null };
  const { name, minutes } = window;
  return { ...facts, resetsAtMs: facts.resetsAtMs ?? window.resetsAtMs, window: { name, minutes } };
}

const SAME_RESET_MS = 120_000;

function isNear(oneMs: number, otherMs: number | null): boolean {
  return otherMs !== null && Math.abs(oneMs - otherMs) <= SAME_RESET_MS;
}

function codeForStatus(status: number, facts: FailureFacts): UpstreamErrorCode | "access_denied" {
  // Unmarked failures are known by their code alone, as in a stream.
  if (status < 300) return limitOf(facts) ?? meaning(facts) ?? "upstream_failed";
  if (status === 429) {
    // Only the type counts here: the code of a plain rate limit can carry the same words.
    if (facts.type === "usage_limit_reached" || facts.type === "usage_not_included") return facts.type;
    // A reset, though, is told of a plan's limit alone, and to knock on before it would be in vain.
    if (facts.code === "usage_limit_reached" && facts.resetsAtMs !== null) return facts.code;
    return meaning(facts) === "quota_exceeded" ? "quota_exceeded" : "rate_limited";
  }
  const meant = meaning(facts);
  if (meant !== undefined && (status < 500 || meant === "upstream_overloaded" || meant === "rate_limited"))
    return meant;
  if (status === 400 || status === 404) {
    if (UNSUPPORTED_MODEL.test(facts.message)) return "model_not_found";
    return status === 400 ? "upstream_invalid_request" : "upstream_refused";
  }
  if (status === 403) return "access_denied";
  if (status === 402) return "quota_exceeded";
  if (status === 413 || status === 415 || status === 422) return "upstream_invalid_request";
  if (status === 503 || status === 529) return "upstream_overloaded";
  return status >= 500 || status === 408 || status === 409 ? "upstream_failed" : "upstream_refused";
}

function limitOf(facts: FailureFacts): UpstreamErrorCode | undefined {
  return [facts.code, facts.type].find((one) => LIMIT_CODES.has(one)) as UpstreamErrorCode | undefined;
}

function meaning(facts: FailureFacts): UpstreamErrorCode | undefined {
  return facts.code === null ? undefined : CODE_MEANINGS[facts.code];
}

/** What planport has no better word for: the backend's own are then all there is to go by. */
const UNKNOWN: ReadonlySet<UpstreamErrorCode> = new Set(["upstream_failed", "upstream_refused"]);

function upstreamError(
  code: UpstreamErrorCode,
  facts: LimitFacts,
  { body, ...known }: UpstreamFailure,
  retryAfterMs: number | null,
  context: FailureContext,
): UpstreamError {
  const cause: UpstreamFailure = UNKNOWN.has(code) && body != null ? { ...known, body } : known;
  const wait = retryAfterMs === null ? {} : { retryAfterMs };
  if (code === "usage_limit_reached" || code === "usage_not_included") {
    const untilResetMs = facts.resetsAtMs === null ? null : Math.max(0, facts.resetsAtMs - context.nowMs);
    return new UpstreamError(code, describeLimit(code, facts, context.nowMs), {
      cause: { ...cause, planType: facts.planType, resetsAtMs: facts.resetsAtMs, window: facts.window },
      ...(untilResetMs === null ? wait : { retryAfterMs: untilResetMs }),
    });
  }
  return new UpstreamError(code, messageFor(code, facts, cause, retryAfterMs, context), { cause, ...wait });
}

function messageFor(
  code: UpstreamErrorCode,
  facts: FailureFacts,
  cause: UpstreamFailure,
  retryAfterMs: number | null,
  context: FailureContext,
): string {
  const where = cause.status === null ? "in its stream" : `with HTTP ${cause.status}`;
  // eslint-disable-next-line typescript/switch-exhaustiveness-check -- the rest share the default's wording
  switch (code) {
    case "model_not_found": {
      const known =
        context.knownModels.length === 0 ? "" : ` Models of this account: ${context.knownModels.join(", ")}.`;
      return sentence(`The model "${context.model ?? "?"}" is not available to this account`, facts.message) + known;
    }
    case "upstream_invalid_request":
    case "context_length_exceeded":
    case "content_refused":
      return facts.message === "" ? `The backend refused the request ${where} and gave no reason.` : facts.message;
    case "quota_exceeded":
      return sentence("The account's quota or credits are used up", facts.message);
    case "rate_limited":
      return sentence("The backend asks to slow down", facts.message) + adviceToWait(retryAfterMs, facts.message);
    case "upstream_overloaded":
      return sentence("The backend is overloaded", facts.message) + adviceToWait(retryAfterMs, facts.message);
    default:
      if (cause.status === 404)
        return `${sentence(`There is nothing at ${context.place} (HTTP 404)`, facts.message)} Is the base URL right?`;
      if (cause.status !== null && cause.status < 300)
        return sentence(
          `The backend answered with a JSON document in place of a stream (HTTP ${cause.status})`,
          facts.message,
        );
      if (isCloudflareOriginError(cause.status))
        return sentence(`Cloudflare got no answer from the backend (HTTP ${cause.status})`, facts.message);
      return sentence(`The backend failed ${where}`, facts.message === "" ? excerpt(cause.body ?? "") : facts.message);
  }
}

function challenged(cause: UpstreamFailure, context: FailureContext): UpstreamError {
  const ray = cause.cfRay === null ? "" : ` (cf-ray ${cause.cfRay})`;
  return new UpstreamError(
    "upstream_challenged",
    `Cloudflare, in front of ${context.place.split("/")[0] ?? ""}, answered with a web page instead of letting the ` +
      `call through${ray}. Try another network: VPNs, data centres and some countries are blocked.`,
    { cause },
  );
}

const REMEDIES: Readonly<Record<Credential["kind"], string>> = {
  chatgpt: "Sign in again with `planport login`.",
  personalAccessToken:
    "Mint a new Codex access token and put it into CODEX_ACCESS_TOKEN; it may be revoked or expired.",
  external: "The program that supplies the token has to supply a new one.",
  apiKey: "The API key is mistyped or was revoked: make another at https://platform.openai.com/api-keys and use that.",
};

function rejected(facts: FailureFacts, cause: UpstreamFailure, context: FailureContext): CredentialError {
  const head = sentence("The backend did not accept the credential (HTTP 401)", facts.message);
  return new CredentialError("credential_rejected", `${head} ${REMEDIES[context.kind]}`, { cause });
}

/** `head: detail.` with just one mark at its end. */
function sentence(head: string, detail: string): string {
  const text = detail.replace(/[.:;,\s]+$/, "");
  if (text === "") return `${head}.`;
  return `${head}: ${text}${/[!?…]$/.test(text) ? "" : "."}`;
}

/** How long to wait, unless the backend's own words say so. */
function adviceToWait(retryAfterMs: number | null, message: string): string {
  if (retryAfterMs === null || retryAfterMs < 1000 || /try again (in|after|at)\b/i.test(message)) return "";
  return ` Try again in ${waitInWords(retryAfterMs)}.`;
}

function causeOf(
  answer: { readonly status: number | null; readonly headers: Readonly<Record<string, string>> },
  facts: FailureFacts,
): UpstreamFailure {
  const { headers } = answer;
  return {
    status: answer.status,
    upstreamCode: facts.code ?? facts.type ?? codeInHeader(headers["x-error-json"]),
    requestId: headers["x-request-id"] ?? headers["x-oai-request-id"] ?? null,
    cfRay: headers["cf-ray"] ?? null,
    systemCode: null,
  };
}

/** Some refusals say their code in a header alone: base64 of `{"error":{"code":…}}`. */
function codeInHeader(value: string | undefined): string | null {
  if (value === undefined || value.length > 8192) return null;
  const json = tryParseJson(Buffer.from(value, "base64").toString("utf8"));
  return isJsonObject(json) ? readFailureObject(json["error"], 0).code : null;
}
