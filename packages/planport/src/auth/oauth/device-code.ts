/**
 * Signing in with a code typed on another device, as the Codex CLI does it (codex-rs/login/src/device_code_auth.rs).
 * Pure: requests are built and answers are read here.
 * @module
 */
import { SignInError } from "../../errors.ts";
import { asNumber, asString, isJsonObject, type JsonObject, tryParseJson } from "../../protocol/json.ts";
import { Secret } from "../../secret.ts";
import type { AuthRequest, AuthResponse } from "../http.ts";
import { readServerError } from "../server-text.ts";
import type { ExchangeFailure } from "./token-endpoint.ts";

/** How long a device code is good for. The server names a time, which Codex ignores. */
export const DEVICE_CODE_LIFE_MS: number = 15 * 60 * 1000;
const DEFAULT_INTERVAL_MS = 5000;
const SHORTEST_INTERVAL_MS = 100;
const LONGEST_INTERVAL_MS = 60_000;

/** What RFC 8628 §3.5 adds to the interval at each `slow_down`. */
const SLOW_DOWN_MS = 5000;

/**
 * Device codes can be switched off, for a person and for a workspace. The page on which the code is typed says so; the
 * program that polls hears nothing of it.
 */
export const DEVICE_CODE_SETTING =
  "ChatGPT's Settings → Security has the switch for it; in a workspace its administrator must allow it first";

/** A code to show, and what to poll with. */
export interface DeviceCode {
  readonly deviceAuthId: Secret;
  readonly userCode: string;
  readonly intervalMs: number;
}

/** Asks for a device code. */
export function buildUserCodeRequest(url: string, clientId: string): AuthRequest {
  return jsonPost(url, { client_id: clientId });
}

/**
 * Reads the answer: `{device_auth_id, user_code, interval}`, of which `interval` is a text of seconds.
 * @throws {SignInError} `sign_in_failed`; a 404 says that this way of signing in is switched off. `sign_in_unavailable`
 * for 429 and 5xx.
 */
export function parseUserCodeResponse(response: AuthResponse): DeviceCode {
  const { status } = response;
  if (status === 404) throw switchedOff();
  if (status < 200 || status > 299) {
    if (isSwitchedOff(readServerError(response.text.reveal()))) throw switchedOff();
    throw failed("asking for a device code", response);
  }
  const body = bodyOf(response);
  const deviceAuthId = asString(body["device_auth_id"]) ?? "";
  const userCode = asString(body["user_code"]) ?? asString(body["usercode"]) ?? "";
  if (deviceAuthId === "" || userCode === "")
    throw new SignInError("sign_in_failed", "The sign-in server's answer lacks the device code.");
  return { deviceAuthId: new Secret(deviceAuthId), userCode, intervalMs: readInterval(body["interval"]) };
}

function readInterval(value: unknown): number {
  const text = asString(value)?.trim();
  const seconds = text === undefined || text === "" ? asNumber(value) : Number(text);
  if (seconds === undefined || !Number.isFinite(seconds) || seconds < 0) return DEFAULT_INTERVAL_MS;
  return Math.min(Math.max(seconds * 1000, SHORTEST_INTERVAL_MS), LONGEST_INTERVAL_MS);
}

/** Asks whether the code was typed. */
export function buildDevicePollRequest(url: string, device: DeviceCode): AuthRequest {
  return jsonPost(url, { device_auth_id: device.deviceAuthId.reveal(), user_code: device.userCode });
}

/** What came of a poll. */
export type DevicePoll =
  | { readonly kind: "pending" }
  /** Still pending, and polled too often. */
  | { readonly kind: "slowDown"; readonly retryAfterMs: number | null }
  /** The server made the PKCE pair: its verifier goes into the code exchange. */
  | { readonly kind: "approved"; readonly code: Secret; readonly verifier: Secret }
  /** The server is in trouble; asking again may help. */
  | { readonly kind: "unavailable"; readonly error: SignInError }
  | { readonly kind: "failed"; readonly error: SignInError };

/**
 * Reads the answer to a poll. A code that it names counts first (those of RFC 8628 §3.5, and OpenAI's own
 * `deviceauth_authorization_pending`); without one, 403 and 404 mean that nobody has typed the code yet.
 */
export function parseDevicePollResponse(response: AuthResponse): DevicePoll {
  const { status } = response;
  if (status < 200 || status > 299) return readPollFailure(response);
  const body = bodyOf(response);
  const code = asString(body["authorization_code"]) ?? "";
  const verifier = asString(body["code_verifier"]) ?? "";
  if (code !== "" && verifier !== "")
    return { kind: "approved", code: new Secret(code), verifier: new Secret(verifier) };
  return {
    kind: "failed",
    error: new SignInError("sign_in_failed", "The sign-in server's answer lacks the authorization code."),
  };
}

const PENDING: ReadonlySet<string> = new Set(["authorization_pending", "deviceauth_authorization_pending"]);

function readPollFailure(response: AuthResponse): DevicePoll {
  const { status, retryAfterMs } = response;
  const said = readServerError(response.text.reveal());
  if (said.code === "slow_down") return { kind: "slowDown", retryAfterMs };
  if (said.code !== null && PENDING.has(said.code)) return { kind: "pending" };
  if (said.code === "expired_token") return { kind: "failed", error: expiredDeviceCode() };
  if (isSwitchedOff(said)) return { kind: "failed", error: switchedOff() };
  if (said.code === "access_denied") return { kind: "failed", error: denied() };
  if (status === 429) return { kind: "slowDown", retryAfterMs };
  if (status === 403 || status === 404) return { kind: "pending" };
  const error = failed("signing in with the device code", response);
  return { kind: error.code === "sign_in_unavailable" ? "unavailable" : "failed", error };
}

/** How long to wait before the next poll, once the server has asked for fewer of them. */
export function slowedDown(intervalMs: number, retryAfterMs: number | null): number {
  return Math.min(Math.max(intervalMs + SLOW_DOWN_MS, retryAfterMs ?? 0), LONGEST_INTERVAL_MS);
}

/** The error of a code that nobody typed in time, or that could not be typed because device codes are switched off. */
export function expiredDeviceCode(): SignInError {
  return new SignInError(
    "sign_in_timeout",
    "Nobody completed the sign-in while the device code was good. Run `planport login --device-auth` again. If the page " +
      `asked to have device codes enabled: ${DEVICE_CODE_SETTING}. \`planport login\` needs none of that.`,
  );
}

function denied(): SignInError {
  return new SignInError("sign_in_failed", "The sign-in was denied on the page. Run `planport login` to try again.");
}

function switchedOff(): SignInError {
  const cause: ExchangeFailure = { status: 404, said: null };
  return new SignInError(
    "sign_in_failed",
    `Signing in with a device code is switched off for this account or workspace. ${DEVICE_CODE_SETTING}. Or sign in ` +
      "with the browser: `planport login`.",
    { cause },
  );
}

/** As words go, since no list of the server's codes is public: "contact your workspace admin to enable device code …". */
function isSwitchedOff({ code, message }: ReturnType<typeof readServerError>): boolean {
  if (code !== null && /device.*(?:disabled|not_enabled|not_allowed)/.test(code)) return true;
  return message !== null && /device code/i.test(message) && /\b(?:enable[d]?|disabled|admin\w*)\b/i.test(message);
}

function jsonPost(url: string, body: JsonObject): AuthRequest {
  const headers = { "content-type": "application/json" };
  return { method: "POST", url, headers, body: new Secret(JSON.stringify(body)), bearer: null };
}

function bodyOf(response: AuthResponse): JsonObject {
  const value = tryParseJson(response.text.reveal());
  return isJsonObject(value) ? value : {};
}

function failed(doing: string, response: AuthResponse): SignInError {
  const { code, message } = readServerError(response.text.reveal());
  const said = message ?? code;
  const text = `The sign-in server answered ${response.status}${said === null ? "" : ` (${said})`} when ${doing}.`;
  const isPassing = response.status === 429 || response.status >= 500;
  const cause: ExchangeFailure = { status: response.status, said };
  return isPassing
    ? new SignInError("sign_in_unavailable", `${text} Try again in a moment.`, { cause })
    : new SignInError("sign_in_failed", `${text} Run \`planport login\` to sign in with the browser.`, { cause });
}
