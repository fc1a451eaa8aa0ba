/**
 * Every way planport can fail, in one table: a stable `code`, the HTTP status a gateway answers with, whether
 * trying again can help, and the `error.type` of the OpenAI error body. Codes and statuses are public API.
 * @module
 */
import { redactText, withoutTokens } from "./redact.ts";

interface ErrorSpec {
  readonly family: ErrorFamily;
  /** HTTP status of the gateway's answer. */
  readonly status: number;
  /** True when the same request may succeed later without anybody changing anything. */
  readonly retryable: boolean;
  /** `error.type` in an OpenAI error body. */
  readonly type: string;
}

type ErrorFamily = "credential" | "signIn" | "upstream" | "request" | "config";

/** The table. A frozen copy of it stands in the tests; changing a row is a breaking change. */
export const errorTable = {
  // Who the caller is to the backend.
  credential_missing: { family: "credential", status: 401, retryable: false, type: "authentication_error" },
  credential_malformed: { family: "credential", status: 401, retryable: false, type: "authentication_error" },
  credential_unreadable: { family: "credential", status: 500, retryable: false, type: "server_error" },
  credential_unsupported: { family: "credential", status: 401, retryable: false, type: "authentication_error" },
  credential_rejected: { family: "credential", status: 401, retryable: false, type: "authentication_error" },
  credential_wrong_route: { family: "credential", status: 401, retryable: false, type: "authentication_error" },
  refresh_rejected: { family: "credential", status: 401, retryable: false, type: "authentication_error" },
  refresh_interrupted: { family: "credential", status: 401, retryable: false, type: "authentication_error" },
  refresh_unavailable: { family: "credential", status: 503, retryable: true, type: "server_error" },
  workspace_forbidden: { family: "credential", status: 403, retryable: false, type: "permission_error" },
  access_denied: { family: "credential", status: 403, retryable: false, type: "permission_error" },
  keyring_unavailable: { family: "credential", status: 500, retryable: false, type: "server_error" },
  store_write_failed: { family: "credential", status: 500, retryable: false, type: "server_error" },

  // Becoming somebody.
  sign_in_failed: { family: "signIn", status: 401, retryable: false, type: "authentication_error" },
  sign_in_cancelled: { family: "signIn", status: 499, retryable: false, type: "authentication_error" },
  sign_in_timeout: { family: "signIn", status: 408, retryable: false, type: "authentication_error" },
  sign_in_port_in_use: { family: "signIn", status: 500, retryable: false, type: "authentication_error" },
  sign_in_state_mismatch: { family: "signIn", status: 400, retryable: false, type: "authentication_error" },
  sign_in_unavailable: { family: "signIn", status: 503, retryable: true, type: "authentication_error" },
  oauth_provider_unknown: { family: "signIn", status: 400, retryable: false, type: "invalid_request_error" },

  // What the backend said, or failed to say.
  usage_limit_reached: { family: "upstream", status: 429, retryable: false, type: "usage_limit_reached" },
  usage_not_included: { family: "upstream", status: 429, retryable: false, type: "usage_not_included" },
  quota_exceeded: { family: "upstream", status: 429, retryable: false, type: "insufficient_quota" },
  rate_limited: { family: "upstream", status: 429, retryable: true, type: "rate_limit_error" },
  upstream_invalid_request: { family: "upstream", status: 400, retryable: false, type: "invalid_request_error" },
  context_length_exceeded: { family: "upstream", status: 400, retryable: false, type: "invalid_request_error" },
  content_refused: { family: "upstream", status: 400, retryable: false, type: "invalid_request_error" },
  model_not_found: { family: "upstream", status: 400, retryable: false, type: "invalid_request_error" },
  upstream_overloaded: { family: "upstream", status: 503, retryable: true, type: "server_error" },
  upstream_failed: { family: "upstream", status: 502, retryable: true, type: "server_error" },
  upstream_refused: { family: "upstream", status: 502, retryable: false, type: "server_error" },
  upstream_unreachable: { family: "upstream", status: 502, retryable: true, type: "server_error" },
  upstream_challenged: { family: "upstream", status: 502, retryable: false, type: "server_error" },
  upstream_malformed: { family: "upstream", status: 502, retryable: true, type: "server_error" },
  stream_interrupted: { family: "upstream", status: 502, retryable: true, type: "server_error" },
  stream_idle: { family: "upstream", status: 504, retryable: true, type: "server_error" },
  upstream_timeout: { family: "upstream", status: 504, retryable: false, type: "server_error" },
  routing_failed: { family: "upstream", status: 502, retryable: true, type: "server_error" },

  // What an app-server that this program embeds said, or that it is gone.
  app_server_refused: { family: "upstream", status: 502, retryable: false, type: "server_error" },
  app_server_gone: { family: "upstream", status: 502, retryable: true, type: "server_error" },

  // What the client asked.
  request_malformed: { family: "request", status: 400, retryable: false, type: "invalid_request_error" },
  request_invalid: { family: "request", status: 400, retryable: false, type: "invalid_request_error" },
  body_too_large: { family: "request", status: 413, retryable: false, type: "invalid_request_error" },
  content_type_unsupported: { family: "request", status: 415, retryable: false, type: "invalid_request_error" },
  host_forbidden: { family: "request", status: 403, retryable: false, type: "permission_error" },
  origin_forbidden: { family: "request", status: 403, retryable: false, type: "permission_error" },
  gateway_key_invalid: { family: "request", status: 401, retryable: false, type: "authentication_error" },
  previous_response_not_found: { family: "request", status: 400, retryable: false, type: "invalid_request_error" },
  not_found: { family: "request", status: 404, retryable: false, type: "invalid_request_error" },
  method_not_allowed: { family: "request", status: 405, retryable: false, type: "invalid_request_error" },
  not_supported: { family: "request", status: 501, retryable: false, type: "invalid_request_error" },
  cancelled: { family: "request", status: 499, retryable: false, type: "invalid_request_error" },

  // How planport was set up.
  config_invalid: { family: "config", status: 500, retryable: false, type: "server_error" },
  port_in_use: { family: "config", status: 500, retryable: false, type: "server_error" },
  listen_refused: { family: "config", status: 500, retryable: false, type: "server_error" },
  internal: { family: "config", status: 500, retryable: false, type: "server_error" },
} as const;

/** A stable, public error code: also `error.code` in an OpenAI error body. */
export type ErrorCode = keyof typeof errorTable;

type CodesOf<F extends ErrorFamily> = {
  [C in ErrorCode]: (typeof errorTable)[C]["family"] extends F ? C : never;
}[ErrorCode];

/** Codes of {@link CredentialError}. */
export type CredentialErrorCode = CodesOf<"credential">;
/** Codes of {@link SignInError}. */
export type SignInErrorCode = CodesOf<"signIn">;
/** Codes of {@link UpstreamError}. */
export type UpstreamErrorCode = CodesOf<"upstream">;
/** Codes of {@link RequestError}. */
export type RequestErrorCode = CodesOf<"request">;
/** Codes of {@link ConfigError}. */
export type ConfigErrorCode = CodesOf<"config">;

/** What the backend answered when a call failed. Holds no headers and no request body, so it is safe to log. */
export interface UpstreamFailure {
  /** HTTP status, or null when the failure came inside a 200 stream or before any answer. */
  readonly status: number | null;
  /** `error.code`, else `error.type`, as the backend wrote it. */
  readonly upstreamCode: string | null;
  /** `x-request-id` (else `x-oai-request-id`) of the answer. */
  readonly requestId: string | null;
  /** `cf-ray` of the answer, when a Cloudflare edge answered. */
  readonly cfRay: string | null;
  /** The system error behind a connection failure, such as `ECONNREFUSED`. */
  readonly systemCode: string | null;
  /** What the backend wrote, redacted and cut, where planport does not know what it means. */
  readonly body?: string | null;
}

/** The facts of a plan limit: `usage_limit_reached` and `usage_not_included`. */
export interface UsageLimitFailure extends UpstreamFailure {
  readonly planType: string | null;
  /** Milliseconds since the epoch; null when the backend did not say. */
  readonly resetsAtMs: number | null;
  /** The window that is used up, when the answer tells of windows. */
  readonly window?: UsedWindow | null;
}

/** A window of a plan's limit. */
export interface UsedWindow {
  /** `5-hour`, `weekly`, or by its length. */
  readonly name: string;
  readonly minutes: number | null;
}

/** Where in a request the fault lies. */
export interface RequestFault {
  /** Path of the field, such as `messages[2].content`; null when the fault is not in one field. */
  readonly param: string | null;
}

/** The type of `cause` for a code. */
export type CauseOf<C extends ErrorCode> = C extends "usage_limit_reached" | "usage_not_included"
  ? UsageLimitFailure | undefined
  : C extends UpstreamErrorCode
    ? UpstreamFailure | undefined
    : C extends RequestErrorCode
      ? RequestFault | undefined
      : unknown;

/** Options of every planport error. */
export interface PlanportErrorOptions<C extends ErrorCode> {
  readonly cause?: CauseOf<C>;
  /** Answer with this HTTP status in place of the table's (the backend's own status, say). */
  readonly status?: number;
  /** How long the backend asked to wait, in milliseconds. */
  readonly retryAfterMs?: number;
  /** Trying again cannot help with this one, as it may with others of its code. */
  readonly retryable?: false;
}

/**
 * Base of all errors that planport throws on purpose. Its message is fit for an end user and holds no secret: what looks
 * like a token is struck out of it, and out of its cause.
 */
export class PlanportError<C extends ErrorCode = ErrorCode> extends Error {
  override readonly name: string = "PlanportError";
  readonly code: C;
  /** HTTP status a gateway answers with. */
  readonly status: number;
  /** True when the same call may succeed later without any change. */
  readonly retryable: boolean;
  /** `error.type` of the OpenAI error body. */
  readonly type: string;
  /** How long to wait before another try, in milliseconds; null when nobody said. */
  readonly retryAfterMs: number | null;
  declare readonly cause: CauseOf<C>;

  constructor(code: C, message: string, options: PlanportErrorOptions<C> = {}) {
    // A net below the rule that nobody writes a secret here: what looks like one does not get in.
    super(redactText(message), options.cause === undefined ? undefined : { cause: withoutTokens(options.cause) });
    const spec: ErrorSpec = errorTable[code];
    this.code = code;
    this.status = options.status ?? spec.status;
    this.retryable = options.retryable ?? spec.retryable;
    this.type = spec.type;
    this.retryAfterMs = options.retryAfterMs ?? null;
  }
}

/** A credential is missing, unusable, or was refused. */
export class CredentialError<C extends CredentialErrorCode = CredentialErrorCode> extends PlanportError<C> {
  override readonly name = "CredentialError";
}

/** A sign-in did not come to its end. */
export class SignInError<C extends SignInErrorCode = SignInErrorCode> extends PlanportError<C> {
  override readonly name = "SignInError";
}

/** The backend refused, failed, or could not be reached. */
export class UpstreamError<C extends UpstreamErrorCode = UpstreamErrorCode> extends PlanportError<C> {
  override readonly name = "UpstreamError";
}

/** The request that came in cannot be served as it stands. */
export class RequestError<C extends RequestErrorCode = RequestErrorCode> extends PlanportError<C> {
  override readonly name = "RequestError";
}

/** planport is set up in a way that cannot work, or met a fault of its own (`internal`). */
export class ConfigError<C extends ConfigErrorCode = ConfigErrorCode> extends PlanportError<C> {
  override readonly name = "ConfigError";
}

type ErrorOf<C extends ErrorCode> = C extends CredentialErrorCode
  ? CredentialError<C>
  : C extends SignInErrorCode
    ? SignInError<C>
    : C extends UpstreamErrorCode
      ? UpstreamError<C>
      : C extends RequestErrorCode
        ? RequestError<C>
        : C extends ConfigErrorCode
          ? ConfigError<C>
          : never;

/** All planport errors as a union that narrows on `code`: `if (e.code === "usage_limit_reached") e.cause?.resetsAtMs`. */
export type AnyPlanportError = { [C in ErrorCode]: ErrorOf<C> }[ErrorCode];

/** True for errors of planport, also for those of another copy of this package in the same process. */
export function isPlanportError(value: unknown): value is AnyPlanportError {
  return (
    value instanceof Error &&
    "code" in value &&
    typeof value.code === "string" &&
    Object.hasOwn(errorTable, value.code) &&
    "retryAfterMs" in value
  );
}

/** What an error says of trying again, for another one about the same trouble; nothing for what is none of planport's. */
export function retryOf(error: unknown): Pick<PlanportErrorOptions<ErrorCode>, "retryAfterMs" | "retryable"> {
  if (!isPlanportError(error)) return {};
  const { retryAfterMs, retryable } = error;
  return { ...(retryAfterMs !== null && { retryAfterMs }), ...(!retryable && { retryable }) };
}

/** Wraps anything thrown: planport's own errors unchanged, an abort as `cancelled`, the rest as `internal`. */
export function toPlanportError(value: unknown): AnyPlanportError {
  if (isPlanportError(value)) return value;
  if (value instanceof Error && value.name === "AbortError")
    return new RequestError("cancelled", "The request was cancelled.");
  return new ConfigError("internal", "planport met an unexpected fault; the log has the details.", { cause: value });
}
