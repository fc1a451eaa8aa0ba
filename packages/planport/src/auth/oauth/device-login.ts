/**
 * Signing in with a code typed on another device.
 * @module
 */
import { CredentialError, SignInError } from "../../errors.ts";
import { type AuthResponse, sendAuthRequest } from "../http.ts";
import { isCancelled } from "../wait.ts";
import {
  buildDevicePollRequest,
  buildUserCodeRequest,
  DEVICE_CODE_LIFE_MS,
  expiredDeviceCode,
  parseDevicePollResponse,
  parseUserCodeResponse,
  slowedDown,
} from "./device-code.ts";
import {
  cancelledSignIn,
  type CommonLoginOptions,
  EXCHANGE_TIMEOUT_MS,
  finishSignIn,
  type LoginResult,
  type LoginStep,
  sleepOf,
  unreachable,
} from "./sign-in.ts";

/** Failed polls in a row that are put up with: a laptop's network comes and goes in 15 minutes. */
const MAX_FAILED_POLLS = 5;

/**
 * Signs in with a device code: yields `device-code` and `waiting`, polls until the code was typed, and returns the
 * sign-in.
 * @throws {SignInError} `sign_in_failed` (also when this way is switched off), `sign_in_timeout` after 15 minutes or
 * when the server says that the code is too old,
 * `sign_in_cancelled`, `sign_in_unavailable`.
 */
export async function* deviceLogin(options: CommonLoginOptions): AsyncGenerator<LoginStep, LoginResult, void> {
  const { endpoints } = options;
  const now = options.now ?? Date.now;
  const sleep = sleepOf(options);
  const device = parseUserCodeResponse(
    await ask(options, buildUserCodeRequest(endpoints.deviceUserCodeUrl, endpoints.clientId)),
  );
  const expiresAtMs = now() + DEVICE_CODE_LIFE_MS;
  yield {
    type: "device-code",
    verificationUrl: endpoints.devicePageUrl,
    userCode: device.userCode,
    expiresAtMs,
  };
  yield { type: "waiting" };
  let failedPolls = 0;
  let { intervalMs } = device;
  for (;;) {
    await sleep(intervalMs, options.signal).catch(() => {});
    if (options.signal?.aborted === true) throw cancelledSignIn();
    if (now() >= expiresAtMs) throw expiredDeviceCode();
    const poll = await pollOnce(options, device);
    if (poll.kind === "pending" || poll.kind === "slowDown") {
      failedPolls = 0;
      if (poll.kind === "slowDown") intervalMs = slowedDown(intervalMs, poll.retryAfterMs);
      continue;
    }
    if (poll.kind === "unavailable" && ++failedPolls <= MAX_FAILED_POLLS) continue;
    if (poll.kind !== "approved") throw poll.error;
    yield { type: "exchanging" };
    const exchange = { code: poll.code, verifier: poll.verifier, redirectUri: endpoints.deviceRedirectUri };
    const result = await finishSignIn(exchange, options);
    yield { type: "done", credential: result.credential };
    return result;
  }
}

async function pollOnce(
  options: CommonLoginOptions,
  device: Parameters<typeof buildDevicePollRequest>[1],
): Promise<ReturnType<typeof parseDevicePollResponse>> {
  try {
    return parseDevicePollResponse(
      await ask(options, buildDevicePollRequest(options.endpoints.deviceTokenUrl, device)),
    );
  } catch (error) {
    if (error instanceof SignInError && error.code === "sign_in_unavailable") return { kind: "unavailable", error };
    throw error;
  }
}

async function ask(options: CommonLoginOptions, request: Parameters<typeof sendAuthRequest>[1]): Promise<AuthResponse> {
  try {
    return await sendAuthRequest(options.http, request, { signal: options.signal, timeoutMs: EXCHANGE_TIMEOUT_MS });
  } catch (error) {
    if (isCancelled(error) || options.signal?.aborted === true) throw cancelledSignIn();
    throw error instanceof CredentialError ? error : unreachable(request.url, error);
  }
}
