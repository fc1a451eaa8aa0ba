/**
 * The token endpoint (RFC 6749 §3.2): exchanging a code, and refreshing. Pure: requests are built and answers are read
 * here, and sent elsewhere.
 * @module
 */
import { asNumber, asString, isJsonObject, type JsonObject, tryParseJson } from "../../protocol/json.ts";
import { SignInError } from "../../errors.ts";
import { Secret } from "../../secret.ts";
import { type IssuedTokens, isTokenText } from "../auth-file.ts";
import type { TokenTarget } from "../endpoints.ts";
import { type AuthRequest, type AuthResponse, type ClientIdentity, identityHeaders } from "../http.ts";
import { cleanServerText, readServerError } from "../server-text.ts";

/** What {@link buildCodeExchangeRequest} takes. */
export interface CodeExchange {
  readonly tokenUrl: string;
  readonly clientId: string;
  readonly code: Secret;
  /** Must be the one of the authorize request, to the letter (RFC 6749 §4.1.3). */
  readonly redirectUri: string;
  readonly verifier: Secret;
}

/** Exchanges an authorization code (RFC 6749 §4.1.3, RFC 7636 §4.5), form-encoded, in Codex's order of fields. */
export function buildCodeExchangeRequest(exchange: CodeExchange): AuthRequest {
  const form = new URLSearchParams({
    grant_type: "authorization_code",
    client_id: exchange.clientId,
    code: exchange.code.reveal(),
    redirect_uri: exchange.redirectUri,
    code_verifier: exchange.verifier.reveal(),
  });
  return {
    method: "POST",
    url: exchange.tokenUrl,
    headers: { "content-type": "application/x-www-form-urlencoded" },
    body: new Secret(form.toString()),
    bearer: null,
  };
}

/** The tokens of a new sign-in: all three are needed. */
export interface SignInTokens {
  readonly accessToken: Secret;
  readonly refreshToken: Secret;
  readonly idToken: Secret;
}

/** What the server answered to a code that it did not take: the cause of its error. */
export interface ExchangeFailure {
  readonly status: number;
  readonly said: string | null;
}

/**
 * Reads the answer to a code exchange.
 * @throws {SignInError} `sign_in_failed`, with the status and what the server said about it; `sign_in_unavailable` for
 * 429 and 5xx.
 */
export function parseCodeExchangeResponse(response: AuthResponse): SignInTokens {
  const text = response.text.reveal();
  if (response.status < 200 || response.status > 299) {
    const { code, message } = readServerError(text);
    const said = message ?? code ?? cleanServerText(text.startsWith("<") ? "" : text);
    const what = `The sign-in server refused the code (${response.status}${said === "" ? "" : `: ${said}`}).`;
    const cause: ExchangeFailure = { status: response.status, said: said === "" ? null : said };
    if (response.status === 429 || response.status >= 500)
      throw new SignInError("sign_in_unavailable", `${what} Try again in a moment.`, { cause });
    throw new SignInError("sign_in_failed", `${what} Run \`planport login\` again.`, { cause });
  }
  const tokens = issuedTokens(tryParseJson(text));
  const { accessToken, refreshToken, idToken } = tokens;
  if (accessToken === null || refreshToken === null || idToken === null) {
    const missing = [
      ["access_token", accessToken],
      ["refresh_token", refreshToken],
      ["id_token", idToken],
    ].flatMap(([name, value]) => (value === null ? [`\`${String(name)}\``] : []));
    throw new SignInError("sign_in_failed", `The sign-in server's answer lacks ${missing.join(" and ")}.`);
  }
  return { accessToken, refreshToken, idToken };
}

/** Why a refresh is sent (`refresh_reason`). */
export type RefreshReason = "proactive_expiry" | "unauthorized_recovery" | "scheduled" | "forced";

/** Refreshes (RFC 6749 §6), as JSON: the form Codex uses, without `scope`. */
export function buildRefreshRequest(
  target: TokenTarget,
  refreshToken: Secret,
  reason: RefreshReason,
  client: ClientIdentity,
): AuthRequest {
  return {
    method: "POST",
    url: target.url,
    headers: { "content-type": "application/json", ...identityHeaders(client) },
    body: new Secret(
      JSON.stringify({
        client_id: target.clientId,
        grant_type: "refresh_token",
        refresh_reason: reason,
        refresh_token: refreshToken.reveal(),
      }),
    ),
    bearer: null,
  };
}

/** What came of a refresh. */
export type RefreshOutcome =
  | { readonly kind: "refreshed"; readonly tokens: IssuedTokens }
  /** For good: this refresh token will never work again. */
  | { readonly kind: "rejected"; readonly why: string; readonly upstreamCode: string | null; readonly status: number }
  /** For now: the token was most likely not spent. */
  | {
      readonly kind: "unavailable";
      readonly why: string;
      readonly status: number;
      readonly retryAfterMs: number | null;
    };

const REJECTED: Readonly<Record<string, string>> = {
  refresh_token_expired: "has expired",
  refresh_token_reused: "was already used by another program that shares it",
  refresh_token_invalidated: "was revoked",
  refresh_token_revoked: "was revoked",
  token_invalidated: "was revoked",
  invalid_grant: "is no longer valid",
};

/**
 * Reads the answer to a refresh. Final are: the codes `refresh_token_expired`, `_reused`, `_invalidated`, `_revoked`,
 * `token_invalidated` and `invalid_grant` with any status, and every 401. All else may pass. Tokens that the answer leaves out, or that nobody could
 * use, stay as they were.
 */
export function parseRefreshResponse(response: AuthResponse): RefreshOutcome {
  const { status, retryAfterMs } = response;
  const text = response.text.reveal();
  if (status >= 200 && status <= 299) {
    const value = tryParseJson(text);
    if (isJsonObject(value)) return { kind: "refreshed", tokens: issuedTokens(value) };
    return { kind: "unavailable", why: `answered ${status} with something that is not JSON`, status, retryAfterMs };
  }
  const { code, message } = readServerError(text);
  const known = code !== null && Object.hasOwn(REJECTED, code) ? REJECTED[code] : undefined;
  if (known !== undefined) return { kind: "rejected", why: known, upstreamCode: code, status };
  if (status === 401) return { kind: "rejected", why: "was refused", upstreamCode: code, status };
  const said = code ?? message;
  return { kind: "unavailable", why: `answered ${status}${said === null ? "" : ` (${said})`}`, status, retryAfterMs };
}

function issuedTokens(value: unknown): IssuedTokens {
  const body: JsonObject = isJsonObject(value) ? value : {};
  const token = (key: string): Secret | null => {
    const text = asString(body[key])?.trim();
    // One that cannot go into a header is of no use, and must not take a good one beside it down.
    return text === undefined || !isTokenText(text) ? null : new Secret(text);
  };
  const lifeSeconds = asNumber(body["expires_in"]);
  return {
    accessToken: token("access_token"),
    refreshToken: token("refresh_token"),
    idToken: token("id_token"),
    ...(lifeSeconds !== undefined && lifeSeconds > 0 && { expiresInMs: lifeSeconds * 1000 }),
  };
}
