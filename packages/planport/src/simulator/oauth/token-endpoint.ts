/**
 * `POST /oauth/token` and `POST /oauth/revoke`.
 * @module
 */
import type { JsonObject } from "../../protocol/index.ts";
import { type Exchange, fieldsOf, textField } from "../http/exchange.ts";
import { sendJson } from "../http/reply.ts";
import type { World } from "../world.ts";
import type { IssuedTokens, RefreshRefusal } from "./tokens.ts";

/** The grant type of OpenAI's API-key exchange (RFC 8693). */
export const TOKEN_EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange";
const ID_TOKEN_TYPE = "urn:ietf:params:oauth:token-type:id_token";
// RFC 6749 section 5.1.
const NO_STORE = { "cache-control": "no-store", pragma: "no-cache" };

/** Answers a token request, by its grant type. */
export function handleToken(exchange: Exchange): void {
  if (exchange.payload.problem !== null) return refuse(exchange, "invalid_request", "The body is not valid JSON.");
  const fields = fieldsOf(exchange.payload);
  if (isStranger(exchange.world, fields)) return refuseClient(exchange);
  switch (textField(fields, "grant_type")) {
    case "authorization_code":
      return redeemCode(exchange, fields);
    case "refresh_token":
      return refreshTokens(exchange, fields);
    case TOKEN_EXCHANGE:
      return exchangeForApiKey(exchange, fields);
    case null:
      return refuse(exchange, "invalid_request", "grant_type is missing.");
    default:
      return refuse(exchange, "unsupported_grant_type", "The grant_type is not supported.");
  }
}

/** Withdraws a token. Unknown tokens are fine too (RFC 7009 section 2.2). */
export function handleRevoke(exchange: Exchange): void {
  const fields = fieldsOf(exchange.payload);
  if (isStranger(exchange.world, fields)) return refuseClient(exchange);
  const token = textField(fields, "token");
  if (token === null) return refuse(exchange, "invalid_request", "token is missing.");
  exchange.world.tokens.revoke(token);
  sendJson(exchange.res, 200, {}, NO_STORE);
}

function redeemCode(exchange: Exchange, fields: JsonObject): void {
  const { tokens, authorize } = exchange.world;
  const code = textField(fields, "code");
  const clientId = textField(fields, "client_id");
  const redirectUri = textField(fields, "redirect_uri");
  const codeVerifier = textField(fields, "code_verifier");
  if (code === null) return refuse(exchange, "invalid_request", "code is missing.");
  if (clientId === null) return refuse(exchange, "invalid_request", "client_id is missing.");
  if (redirectUri === null) return refuse(exchange, "invalid_request", "redirect_uri is missing.");
  if (codeVerifier === null) return refuse(exchange, "invalid_request", "code_verifier is missing.");
  const grant = authorize.redeem({ code, clientId, redirectUri, codeVerifier });
  if ("problem" in grant) {
    if (grant.firstUse !== null) tokens.withdraw(grant.firstUse);
    return refuse(exchange, "invalid_grant", grant.problem);
  }
  const issued = tokens.issue(grant);
  authorize.noteRefreshToken(code, issued.refreshToken);
  sendTokens(exchange, issued);
}

// The words a person gets to see in Codex come from these codes (openai/codex codex-rs/login/src/auth/manager.rs).
const REFRESH_REFUSALS: Readonly<Record<"expired" | "reused" | "invalidated", readonly [code: string, text: string]>> =
  {
    expired: ["refresh_token_expired", "Your refresh token has expired. Please sign in again."],
    reused: [
      "refresh_token_reused",
      "Your refresh token has already been used to generate a new access token. Please try signing in again.",
    ],
    invalidated: ["refresh_token_invalidated", "Your session has ended. Please sign in again."],
  };

function refreshTokens(exchange: Exchange, fields: JsonObject): void {
  const refreshToken = textField(fields, "refresh_token");
  const clientId = textField(fields, "client_id");
  if (refreshToken === null) return refuse(exchange, "invalid_request", "refresh_token is missing.");
  if (clientId === null) return refuse(exchange, "invalid_request", "client_id is missing.");
  const result = exchange.world.tokens.refresh(refreshToken, clientId);
  if (typeof result === "string") return refuseRefresh(exchange, result);
  sendTokens(exchange, result);
}

function refuseRefresh(exchange: Exchange, why: RefreshRefusal): void {
  if (why === "unknown") return refuse(exchange, "invalid_grant", "The refresh token is unknown.");
  if (why === "client_mismatch")
    return refuse(exchange, "invalid_grant", "The refresh token was issued to another client.");
  const [code, message] = REFRESH_REFUSALS[why];
  const error = { message, type: "invalid_request_error", param: null, code };
  sendJson(exchange.res, 401, { error }, NO_STORE);
}

function exchangeForApiKey(exchange: Exchange, fields: JsonObject): void {
  const { world } = exchange;
  if (textField(fields, "requested_token") !== "openai-api-key")
    return refuse(exchange, "invalid_request", "requested_token must be openai-api-key.");
  if (textField(fields, "subject_token_type") !== ID_TOKEN_TYPE)
    return refuse(exchange, "invalid_request", `subject_token_type must be ${ID_TOKEN_TYPE}.`);
  const claims = world.signer.verify(textField(fields, "subject_token") ?? "");
  if (claims === null || Number(claims["exp"]) * 1000 <= world.nowMs())
    return refuse(exchange, "invalid_grant", "subject_token is not a live ID token of this server.");
  const body = {
    access_token: world.apiKeys.issue(),
    issued_token_type: "urn:ietf:params:oauth:token-type:access_token",
    token_type: "Bearer",
  };
  sendJson(exchange.res, 200, body, NO_STORE);
}

function sendTokens(exchange: Exchange, issued: IssuedTokens): void {
  sendJson(exchange.res, 200, tokenBody(issued, exchange.world), NO_STORE);
}

/** The body of a good token answer (RFC 6749 section 5.1, OpenID Connect Core section 3.1.3.3). */
function tokenBody(issued: IssuedTokens, world: World): JsonObject {
  return {
    access_token: issued.accessToken,
    expires_in: Math.max(0, Math.round((issued.expiresAtMs - world.nowMs()) / 1000)),
    id_token: issued.idToken,
    refresh_token: issued.refreshToken,
    scope: issued.scope,
    token_type: "Bearer",
  };
}

/** True when a request names a client that nobody knows. */
function isStranger(world: World, fields: JsonObject): boolean {
  const clientId = textField(fields, "client_id");
  return clientId !== null && !world.clients.knows(clientId);
}

/** RFC 6749 section 5.2. */
function refuseClient(exchange: Exchange): void {
  const body = { error: "invalid_client", error_description: "The client is unknown." };
  sendJson(exchange.res, 401, body, NO_STORE);
}

function refuse(exchange: Exchange, error: string, description: string): void {
  sendJson(exchange.res, 400, { error, error_description: description }, NO_STORE);
}
