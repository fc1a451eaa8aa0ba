/**
 * Reads what a token says about its owner. Nothing is verified: planport is not the audience of these tokens, it only
 * carries them, and whoever checks them has the key (codex-rs/login/src/token_data.rs does the same).
 * @module
 */
import { asNumber, asString, isJsonObject, type JsonObject, tryParseJson } from "../protocol/json.ts";

/** The claims that OpenAI's tokens carry and planport reads. */
export interface JwtClaims {
  readonly email: string | null;
  /** `chatgpt_account_id`: the workspace the token was made for. */
  readonly accountId: string | null;
  readonly planType: string | null;
  readonly userId: string | null;
  readonly fedramp: boolean;
  /** `exp`, in milliseconds since the epoch; null as well when it names no time of the years 1970 to 9999. */
  readonly expiresAtMs: number | null;
}

const AUTH_CLAIM = "https://api.openai.com/auth";
const PROFILE_CLAIM = "https://api.openai.com/profile";
/** Names the plan went by before, as codex-rs/login/src/token_data.rs reads them. */
const PLAN_ALIASES: Readonly<Record<string, string>> = { hc: "enterprise", education: "edu" };
/** No token of OpenAI's comes near; longer text is not worth decoding. */
const MAX_TOKEN_CHARS = 256 * 1024;
/** The last moment of the year 9999: what comes after it cannot be written as RFC 3339. */
const MAX_TIME_MS = 253_402_300_799_999;

/**
 * The claims of a JWT (RFC 7519 §3), or null when `token` is not three base64url parts around a JSON object. An opaque
 * token is therefore null, not an error: the backend may change what its tokens look like.
 */
export function readJwtClaims(token: string): JwtClaims | null {
  const payload = decodeJwtPayload(token);
  if (payload === null) return null;
  const auth = objectAt(payload, AUTH_CLAIM);
  const planType = text(auth["chatgpt_plan_type"]);
  const exp = asNumber(payload["exp"]);
  return {
    email: text(payload["email"]) ?? text(objectAt(payload, PROFILE_CLAIM)["email"]),
    accountId: text(auth["chatgpt_account_id"]),
    planType: planType === null ? null : (PLAN_ALIASES[planType] ?? planType),
    userId: text(auth["chatgpt_user_id"]) ?? text(auth["user_id"]),
    fedramp: auth["chatgpt_account_is_fedramp"] === true,
    expiresAtMs: exp === undefined || exp < 0 || exp * 1000 > MAX_TIME_MS ? null : exp * 1000,
  };
}

/** `iat` of a JWT (RFC 7519 §4.1.6) in milliseconds since the epoch: what the server's clock showed. Null when unreadable. */
export function readIssuedAtMs(token: string): number | null {
  const issuedAt = asNumber(decodeJwtPayload(token)?.["iat"]);
  return issuedAt === undefined || issuedAt < 0 || issuedAt * 1000 > MAX_TIME_MS ? null : issuedAt * 1000;
}

/** The payload of a JWT as it stands, or null as {@link readJwtClaims}. */
export function decodeJwtPayload(token: string): JsonObject | null {
  if (token.length > MAX_TOKEN_CHARS) return null;
  const parts = token.split(".");
  const [header, payload, signature] = parts;
  if (parts.length !== 3 || !header || !payload || !signature) return null;
  // Buffer skips characters that are not base64url instead of refusing them.
  if (!/^[A-Za-z0-9_-]+={0,2}$/.test(payload)) return null;
  const value = tryParseJson(Buffer.from(payload, "base64url").toString("utf8"));
  return isJsonObject(value) ? value : null;
}

function objectAt(value: JsonObject, key: string): JsonObject {
  const inner = value[key];
  return isJsonObject(inner) ? inner : {};
}

function text(value: unknown): string | null {
  const string = asString(value);
  return string === undefined || string === "" ? null : string;
}
