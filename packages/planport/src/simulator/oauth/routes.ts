/**
 * The sign-in server's addresses.
 * @module
 */
import { asString } from "../../protocol/json.ts";
import { bearerOf, type Exchange, fieldsOf, type Route, textField } from "../http/exchange.ts";
import { sendJson, sendPage, sendRedirect } from "../http/reply.ts";
import { authorizePage, devicePage, notePage } from "./pages.ts";
import { handleRevoke, handleToken, TOKEN_EXCHANGE } from "./token-endpoint.ts";

const CALLBACK_PATH = "/deviceauth/callback";

/** All routes of the sign-in server. */
export const oauthRoutes: readonly Route[] = [
  { method: "GET", path: "/oauth/authorize", target: "authorize", handle: handleAuthorize },
  { method: "POST", path: "/oauth/authorize", target: null, handle: handleDecision },
  { method: "POST", path: "/oauth/token", target: "token", handle: handleToken },
  { method: "POST", path: "/oauth/revoke", target: "revoke", handle: handleRevoke },
  { method: "GET", path: "/.well-known/openid-configuration", target: "discovery", handle: handleDiscovery },
  { method: "GET", path: "/.well-known/oauth-authorization-server", target: "discovery", handle: handleDiscovery },
  { method: "GET", path: "/.well-known/jwks.json", target: "jwks", handle: handleJwks },
  { method: "POST", path: "/api/accounts/deviceauth/usercode", target: "deviceUserCode", handle: handleUserCode },
  { method: "POST", path: "/api/accounts/deviceauth/token", target: "deviceToken", handle: handleDeviceToken },
  { method: "GET", path: "/codex/device", target: null, handle: handleDevicePage },
  { method: "POST", path: "/codex/device", target: null, handle: handleDeviceDecision },
  { method: "GET", path: CALLBACK_PATH, target: null, handle: handleDeviceCallback },
  { method: "GET", path: "/api/accounts/v1/user-auth-credential/whoami", target: "whoami", handle: handleWhoami },
];

function handleAuthorize({ world, res, url }: Exchange): void {
  const outcome = world.authorize.begin(url.searchParams);
  if (outcome.kind === "page") return sendPage(res, 400, notePage("Cannot sign in", outcome.problem));
  if (outcome.kind === "redirect") return sendRedirect(res, outcome.location);
  const { request } = outcome;
  const allowed = request.allowedAccountIds;
  const choices = world.accounts.all.filter((account) => allowed.length === 0 || allowed.includes(account.id));
  if (world.options.autoApprove !== true || choices.length === 0) {
    const shown = choices.length === 0 ? world.accounts.all : choices;
    return sendPage(res, 200, authorizePage(request.id, request.clientId, shown));
  }
  const account = choices[0] ?? world.accounts.default;
  sendRedirect(res, world.authorize.approve(request.id, account.id) ?? request.redirectUri);
}

function handleDecision({ world, res, payload }: Exchange): void {
  const fields = fieldsOf(payload);
  const requestId = textField(fields, "request_id") ?? "";
  const accountId = textField(fields, "account_id") ?? world.accounts.default.id;
  const known = world.accounts.all.some((account) => account.id === accountId);
  if (!known) return sendPage(res, 400, notePage("Cannot sign in", "There is no such account."));
  const approved = textField(fields, "decision") === "approve";
  const location = approved ? world.authorize.approve(requestId, accountId) : world.authorize.deny(requestId);
  if (location === null)
    return sendPage(res, 400, notePage("Cannot sign in", "This sign-in was answered already, or is too old."));
  sendRedirect(res, location);
}

function handleDiscovery({ world, res }: Exchange): void {
  const { origin } = world;
  sendJson(res, 200, {
    issuer: origin,
    authorization_endpoint: `${origin}/oauth/authorize`,
    token_endpoint: `${origin}/oauth/token`,
    revocation_endpoint: `${origin}/oauth/revoke`,
    jwks_uri: `${origin}/.well-known/jwks.json`,
    response_types_supported: ["code"],
    response_modes_supported: ["query"],
    grant_types_supported: ["authorization_code", "refresh_token", TOKEN_EXCHANGE],
    subject_types_supported: ["public"],
    id_token_signing_alg_values_supported: ["RS256"],
    token_endpoint_auth_methods_supported: ["none"],
    code_challenge_methods_supported: ["S256"],
    scopes_supported: ["openid", "profile", "email", "offline_access"],
  });
}

function handleJwks({ world, res }: Exchange): void {
  sendJson(res, 200, world.signer.jwks);
}

function handleUserCode({ world, res, payload }: Exchange): void {
  const clientId = textField(fieldsOf(payload), "client_id");
  if (clientId === null) return sendDeviceError(res, 400, "invalid_request", "client_id is missing.");
  if (!world.clients.knows(clientId)) return sendDeviceError(res, 401, "invalid_client", "The client is unknown.");
  const started = world.devices.start(clientId);
  sendJson(res, 200, {
    device_auth_id: started.deviceAuthId,
    user_code: started.userCode,
    // A string: that is what the real server sends.
    interval: String(world.options.deviceIntervalSeconds ?? 5),
    expires_at: new Date(started.expiresAtMs).toISOString(),
  });
}

function handleDeviceToken(exchange: Exchange): void {
  const { world, req, res, payload } = exchange;
  const fields = fieldsOf(payload);
  const deviceAuthId = asString(fields["device_auth_id"]) ?? "";
  const userCode = asString(fields["user_code"]) ?? "";
  // The client names the callback by the issuer it knows, which may be either name of this machine.
  const redirectUri = `http://${req.headers.host ?? new URL(world.origin).host}${CALLBACK_PATH}`;
  const found = world.devices.poll(deviceAuthId, userCode, redirectUri);
  switch (found.kind) {
    case "pending":
      return sendDeviceError(res, 403, "deviceauth_authorization_pending", "Nobody has approved this code yet.");
    case "unknown":
      return sendDeviceError(res, 404, "deviceauth_authorization_unknown", "Device authorization is unknown.");
    case "denied":
      return sendDeviceError(res, 400, "access_denied", "The person said no.");
    case "expired":
      return sendDeviceError(res, 400, "expired_token", "The code has expired.");
    case "approved":
      return sendJson(res, 200, {
        authorization_code: found.authorizationCode,
        code_challenge: found.codeChallenge,
        code_verifier: found.codeVerifier,
      });
  }
}

function sendDeviceError(res: Exchange["res"], status: number, code: string, message: string): void {
  sendJson(res, status, { error: { message, type: "invalid_request_error", param: null, code } });
}

function handleDevicePage({ world, res, url }: Exchange): void {
  sendPage(res, 200, devicePage(world.accounts.all, url.searchParams.get("user_code") ?? "", null));
}

function handleDeviceDecision({ world, res, payload }: Exchange): void {
  const fields = fieldsOf(payload);
  const userCode = textField(fields, "user_code") ?? "";
  const accountId = textField(fields, "account_id") ?? world.accounts.default.id;
  const approve = textField(fields, "decision") === "approve";
  const known = world.accounts.all.some((account) => account.id === accountId);
  const done = known && (approve ? world.devices.approve(userCode, accountId) : world.devices.deny(userCode));
  if (!done) return sendPage(res, 400, devicePage(world.accounts.all, userCode, "That code is unknown or too old."));
  sendPage(
    res,
    200,
    approve ? notePage("Signed in", "You may go back to your device.") : notePage("Cancelled", "Done."),
  );
}

function handleDeviceCallback({ res }: Exchange): void {
  sendPage(res, 200, notePage("Signed in", "You may go back to your device."));
}

function handleWhoami({ world, req, res }: Exchange): void {
  const bearer = bearerOf(req);
  const account = bearer !== null && world.tokens.isPersonal(bearer) ? world.tokens.accountOf(bearer) : null;
  if (account === null) return sendJson(res, 401, { detail: "Unauthorized" }, { "www-authenticate": "Bearer" });
  sendJson(res, 200, {
    email: account.email,
    chatgpt_user_id: account.userId,
    chatgpt_account_id: account.id,
    chatgpt_plan_type: account.planType,
    chatgpt_account_is_fedramp: account.fedramp,
  });
}
