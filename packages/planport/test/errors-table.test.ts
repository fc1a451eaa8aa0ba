import { describe, expect, expectTypeOf, test } from "vitest";
import {
  type AnyPlanportError,
  ConfigError,
  type ConfigErrorCode,
  CredentialError,
  type CredentialErrorCode,
  type ErrorCode,
  errorTable,
  isPlanportError,
  PlanportError,
  RequestError,
  type RequestErrorCode,
  type RequestFault,
  retryOf,
  SignInError,
  type SignInErrorCode,
  toPlanportError,
  UpstreamError,
  type UpstreamErrorCode,
  type UpstreamFailure,
  type UsageLimitFailure,
} from "../src/errors.ts";

/** A copy by hand: codes and statuses are public, so a change of the table must be made here as well, on purpose. */
const frozen = {
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
  sign_in_failed: { family: "signIn", status: 401, retryable: false, type: "authentication_error" },
  sign_in_cancelled: { family: "signIn", status: 499, retryable: false, type: "authentication_error" },
  sign_in_timeout: { family: "signIn", status: 408, retryable: false, type: "authentication_error" },
  sign_in_port_in_use: { family: "signIn", status: 500, retryable: false, type: "authentication_error" },
  sign_in_state_mismatch: { family: "signIn", status: 400, retryable: false, type: "authentication_error" },
  sign_in_unavailable: { family: "signIn", status: 503, retryable: true, type: "authentication_error" },
  oauth_provider_unknown: { family: "signIn", status: 400, retryable: false, type: "invalid_request_error" },
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
  app_server_refused: { family: "upstream", status: 502, retryable: false, type: "server_error" },
  app_server_gone: { family: "upstream", status: 502, retryable: true, type: "server_error" },
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
  config_invalid: { family: "config", status: 500, retryable: false, type: "server_error" },
  port_in_use: { family: "config", status: 500, retryable: false, type: "server_error" },
  listen_refused: { family: "config", status: 500, retryable: false, type: "server_error" },
  internal: { family: "config", status: 500, retryable: false, type: "server_error" },
};

test("the table of errors is the one that was promised", () => {
  expect(errorTable).toEqual(frozen);
});

test("codes are snake_case and statuses are those of failures", () => {
  for (const [code, spec] of Object.entries(errorTable)) {
    expect(code).toMatch(/^[a-z]+(_[a-z]+)*$/);
    expect(spec.status).toBeGreaterThanOrEqual(400);
    expect(spec.status).toBeLessThan(600);
  }
});

const classes = {
  credential: CredentialError,
  signIn: SignInError,
  upstream: UpstreamError,
  request: RequestError,
  config: ConfigError,
} as const;

describe("an error takes what its row says", () => {
  test.each(Object.entries(errorTable))("%s", (code, spec) => {
    // The pairing of class and code is what the compiler checks elsewhere; here every row is built.
    const Class = classes[spec.family] as unknown as new (code: string, message: string) => PlanportError;
    const error = new Class(code, "It failed.");
    expect(error).toBeInstanceOf(PlanportError);
    expect(error).toBeInstanceOf(Error);
    expect(error).toMatchObject({
      name: Class.name,
      code,
      message: "It failed.",
      status: spec.status,
      retryable: spec.retryable,
      type: spec.type,
      retryAfterMs: null,
    });
    expect(error.cause).toBe(undefined);
    expect(isPlanportError(error)).toBe(true);
  });
});

const failure: UpstreamFailure = {
  status: 503,
  upstreamCode: "server_is_overloaded",
  requestId: "req_1",
  cfRay: null,
  systemCode: null,
};

test("options override the status and carry the wait and the cause", () => {
  const error = new UpstreamError("upstream_overloaded", "Busy.", { status: 529, retryAfterMs: 1500, cause: failure });
  expect(error).toMatchObject({ status: 529, retryAfterMs: 1500, cause: failure });
});

test("an error that trying again cannot help says so though its row does not, and so does one made of it", () => {
  const lasting = new UpstreamError("upstream_unreachable", "Its certificate is self-signed.", { retryable: false });
  expect(lasting.retryable).toBe(false);
  const made = new CredentialError("refresh_unavailable", "m", retryOf(lasting));
  expect([made.retryable, made.retryAfterMs]).toEqual([false, null]);
  const passing = new UpstreamError("upstream_overloaded", "Busy.", { retryAfterMs: 1500 });
  expect(retryOf(passing)).toEqual({ retryAfterMs: 1500 });
  expect(retryOf(new Error("Busy."))).toEqual({});
});

test("anything thrown becomes a planport error that tells nothing of its origin", () => {
  const own = new RequestError("not_found", "There is no such path.");
  expect(toPlanportError(own)).toBe(own);
  const aborted = toPlanportError(new DOMException("gone", "AbortError"));
  expect(aborted).toMatchObject({ code: "cancelled", status: 499 });
  for (const strange of [new TypeError("the token was abc"), "the token was abc", null, undefined, 7, { code: "x" }]) {
    const error = toPlanportError(strange);
    expect(error).toMatchObject({ code: "internal", status: 500 });
    expect(error.cause).toBe(strange);
    expect(error.message).not.toContain("abc");
  }
});

test("only errors with a code of the table count as planport's", () => {
  const system = Object.assign(new Error("connect"), { code: "ECONNREFUSED", retryAfterMs: null });
  expect(isPlanportError(system)).toBe(false);
  expect(isPlanportError(Object.assign(new Error("x"), { code: "toString", retryAfterMs: null }))).toBe(false);
  expect(isPlanportError({ ...(new RequestError("not_found", "x") as object) })).toBe(false);
  expect(isPlanportError(null)).toBe(false);
});

test("the code narrows the class and the cause", () => {
  const error = toPlanportError(
    new UpstreamError("usage_limit_reached", "The plan is used up.", {
      cause: { ...failure, planType: "plus", resetsAtMs: 1_800_000_000_000 },
    }),
  );
  expectTypeOf(error).toEqualTypeOf<AnyPlanportError>();
  if (error.code !== "usage_limit_reached") throw new Error("the code did not narrow");
  expectTypeOf(error).toEqualTypeOf<UpstreamError<"usage_limit_reached">>();
  expectTypeOf(error.cause).toEqualTypeOf<UsageLimitFailure | undefined>();
  expect(error.cause?.resetsAtMs).toBe(1_800_000_000_000);
});

test("each family has its codes and its cause, and no other's", () => {
  expectTypeOf<
    CredentialErrorCode | SignInErrorCode | UpstreamErrorCode | RequestErrorCode | ConfigErrorCode
  >().toEqualTypeOf<ErrorCode>();
  expectTypeOf<UpstreamError<"stream_idle">["cause"]>().toEqualTypeOf<UpstreamFailure | undefined>();
  expectTypeOf<RequestError["cause"]>().toEqualTypeOf<RequestFault | undefined>();
  expectTypeOf<CredentialError["cause"]>().toEqualTypeOf<unknown>();
  // @ts-expect-error a code of another family
  void new RequestError("stream_idle", "x");
  // @ts-expect-error the cause of a request error is a RequestFault
  void new RequestError("request_invalid", "x", { cause: failure });
  // @ts-expect-error a usage limit says when it resets
  void new UpstreamError("usage_limit_reached", "x", { cause: failure });
});
