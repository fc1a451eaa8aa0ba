import { createHash, createPublicKey, type JsonWebKey, randomBytes, verify } from "node:crypto";
import { describe, expect, test } from "vitest";
import type { Simulator } from "../../src/simulator/index.ts";
import { type Json, start } from "./helpers.ts";

const REDIRECT = "http://127.0.0.1:1455/auth/callback";
const VERIFIER = randomBytes(64).toString("base64url");
const CHALLENGE = createHash("sha256").update(VERIFIER).digest("base64url");
const CLIENT = "app_EMoamEEZ73f0CkXaXp7hrann";

function authorizeUrl(simulator: Simulator, change: Record<string, string | null> = {}): string {
  const params: Record<string, string | null> = {
    response_type: "code",
    client_id: CLIENT,
    redirect_uri: REDIRECT,
    code_challenge: CHALLENGE,
    code_challenge_method: "S256",
    state: "s-1",
    scope: "openid profile email offline_access",
    ...change,
  };
  const url = new URL(`${simulator.issuer}/oauth/authorize`);
  for (const [name, value] of Object.entries(params)) if (value !== null) url.searchParams.set(name, value);
  return url.href;
}

const get = (url: string) => fetch(url, { redirect: "manual" });

async function newCode(simulator: Simulator, change: Record<string, string | null> = {}): Promise<string> {
  const response = await get(authorizeUrl(simulator, change));
  return new URL(response.headers.get("location") ?? "").searchParams.get("code") ?? "";
}

function token(simulator: Simulator, fields: Record<string, string>, json = false): Promise<Response> {
  return fetch(`${simulator.issuer}/oauth/token`, {
    method: "POST",
    headers: { "content-type": json ? "application/json" : "application/x-www-form-urlencoded" },
    body: json ? JSON.stringify(fields) : new URLSearchParams(fields).toString(),
  });
}

const exchange = (simulator: Simulator, code: string, change: Record<string, string> = {}) =>
  token(simulator, {
    grant_type: "authorization_code",
    client_id: CLIENT,
    code,
    redirect_uri: REDIRECT,
    code_verifier: VERIFIER,
    ...change,
  });

const refresh = (simulator: Simulator, refreshToken: string, json = true, clientId = CLIENT) =>
  token(simulator, { grant_type: "refresh_token", client_id: clientId, refresh_token: refreshToken }, json);

const models = (simulator: Simulator, accessToken: string, headers: Record<string, string> = {}) =>
  fetch(`${simulator.codexBaseUrl}/models`, { headers: { authorization: `Bearer ${accessToken}`, ...headers } });

const claimsOf = (jwt: string): Json =>
  JSON.parse(Buffer.from(jwt.split(".")[1] ?? "", "base64url").toString()) as Json;

describe("authorize", () => {
  test("sends the browser straight back with code and state when approval is automatic", async () => {
    const simulator = await start({ autoApprove: true });
    const response = await get(authorizeUrl(simulator));
    const location = new URL(response.headers.get("location") ?? "");
    expect(response.status).toBe(302);
    expect(location.origin + location.pathname).toBe(REDIRECT);
    expect(location.searchParams.get("state")).toBe("s-1");
    expect(location.searchParams.get("code")).toMatch(/^ac_/);
  });

  test("shows a page whose answer leads back, and escapes what the client put into it", async () => {
    const strange = '<script>alert("x")</script>';
    const simulator = await start({ clientIds: [strange] });
    const page = await get(authorizeUrl(simulator, { client_id: strange }));
    const html = await page.text();
    expect(html).not.toContain("<script>");
    expect(html).toContain("&lt;script&gt;");
    expect(page.headers.get("content-security-policy")).toContain("default-src 'none'");
    const answer = async (decision: string) => {
      const fresh = await (await get(authorizeUrl(simulator))).text();
      const requestId = /name="request_id" value="([^"]+)"/.exec(fresh)?.[1] ?? "";
      const body = new URLSearchParams({ request_id: requestId, decision }).toString();
      const headers = { "content-type": "application/x-www-form-urlencoded" };
      const send = () =>
        fetch(`${simulator.issuer}/oauth/authorize`, { method: "POST", headers, body, redirect: "manual" });
      const first = await send();
      expect((await send()).status).toBe(400);
      return new URL(first.headers.get("location") ?? "").searchParams;
    };
    expect((await answer("approve")).get("code")).toMatch(/^ac_/);
    const denied = await answer("deny");
    expect(denied.get("error")).toBe("access_denied");
    expect(denied.get("state")).toBe("s-1");
  });

  test.each([
    ["client_id", null],
    ["client_id", ""],
    ["client_id", "app_other"],
    ["client_id", "app_<script>"],
    ["redirect_uri", null],
    ["redirect_uri", "https://evil.example/auth/callback"],
    ["redirect_uri", "http://evil.example/auth/callback"],
    ["redirect_uri", "https://127.0.0.1:1455/auth/callback"],
    ["redirect_uri", "http://127.0.0.1:1455/other"],
    ["redirect_uri", "http://127.0.0.1:1456/auth/callback"],
    ["redirect_uri", "http://127.0.0.1/auth/callback"],
    ["redirect_uri", "http://[::1]:1455/auth/callback"],
    ["redirect_uri", "http://127.0.0.1:1455/auth/callback?x=1"],
    ["redirect_uri", "http://127.0.0.1:1455/auth/callback#x"],
    ["redirect_uri", "http://127.0.0.1@evil.example/auth/callback"],
    ["redirect_uri", "javascript:alert(1)"],
  ])("never redirects when %s is %s", async (name, value) => {
    const response = await get(authorizeUrl(await start({ autoApprove: true }), { [name]: value }));
    expect(response.status).toBe(400);
    expect(response.headers.get("location")).toBeNull();
    expect(await response.text()).not.toContain("<script>");
  });

  test.each([
    [{}, "http://localhost:1455/auth/callback"],
    [{}, "http://127.0.0.1:1457/auth/callback"],
    [{ anyRedirectPort: true }, "http://127.0.0.1:49152/auth/callback"],
  ])("with the options %j the Codex client may come back at %s", async (options, redirect) => {
    const response = await get(
      authorizeUrl(await start({ autoApprove: true, ...options }), { redirect_uri: redirect }),
    );
    expect(response.headers.get("location")).toMatch(redirect);
  });

  test("a client that the options name may come back at any loopback port", async () => {
    const simulator = await start({ autoApprove: true, clientIds: ["app_other"] });
    const redirect = "http://[::1]:49152/auth/callback";
    const response = await get(authorizeUrl(simulator, { client_id: "app_other", redirect_uri: redirect }));
    expect(response.headers.get("location")?.startsWith(redirect)).toBe(true);
  });

  test.each([
    ["response_type", "token", "unsupported_response_type"],
    ["code_challenge_method", "plain", "invalid_request"],
    ["code_challenge_method", null, "invalid_request"],
    ["code_challenge", "short", "invalid_request"],
    ["state", null, "invalid_request"],
    ["allowed_workspace_id", "another", "access_denied"],
  ])("tells the client when %s is %s", async (name, value, error) => {
    const simulator = await start({ autoApprove: name !== "allowed_workspace_id" });
    let response = await get(authorizeUrl(simulator, { [name]: value }));
    if (name === "allowed_workspace_id") {
      const requestId = /name="request_id" value="([^"]+)"/.exec(await response.text())?.[1] ?? "";
      response = await fetch(`${simulator.issuer}/oauth/authorize`, {
        method: "POST",
        headers: { "content-type": "application/x-www-form-urlencoded" },
        body: new URLSearchParams({ request_id: requestId, decision: "approve" }).toString(),
        redirect: "manual",
      });
    }
    expect(new URL(response.headers.get("location") ?? "").searchParams.get("error")).toBe(error);
  });
});

describe("code exchange", () => {
  test("gives a live access token, a signed ID token and a refresh token, never to be cached", async () => {
    const simulator = await start({ autoApprove: true });
    const response = await exchange(simulator, await newCode(simulator, { nonce: "n-1" }));
    expect(response.headers.get("cache-control")).toBe("no-store");
    const body = (await response.json()) as Record<string, string>;
    expect(body).toMatchObject({
      token_type: "Bearer",
      expires_in: 3600,
      scope: "openid profile email offline_access",
    });
    expect((await models(simulator, body["access_token"] ?? "")).status).toBe(200);
    const account = simulator.accounts.default;
    const claims = claimsOf(body["id_token"] ?? "");
    expect(claims).toMatchObject({ iss: simulator.issuer, aud: [CLIENT], email: "person@example.com", nonce: "n-1" });
    const auth = { chatgpt_account_id: account.id, chatgpt_plan_type: "pro", chatgpt_user_id: account.userId };
    expect(claims["https://api.openai.com/auth"]).toMatchObject(auth);
    const access = claimsOf(body["access_token"] ?? "");
    expect(access["https://api.openai.com/auth"]).toMatchObject(auth);
    expect(access["https://api.openai.com/profile"]).toMatchObject({ email: "person@example.com" });
    expect(Number(access["exp"]) - Number(access["iat"])).toBe(3600);
  });

  test("signs with the key of its key set", async () => {
    const simulator = await start();
    const { keys } = (await (await fetch(`${simulator.issuer}/.well-known/jwks.json`)).json()) as {
      keys: JsonWebKey[];
    };
    const [head, payload, signature] = simulator.issueTokens().idToken.split(".");
    const header = JSON.parse(Buffer.from(head ?? "", "base64url").toString()) as Json;
    expect(header).toMatchObject({ alg: "RS256", kid: keys[0]?.["kid"] });
    const key = createPublicKey({ key: keys[0] as JsonWebKey, format: "jwk" });
    expect(verify("sha256", Buffer.from(`${head}.${payload}`), key, Buffer.from(signature ?? "", "base64url"))).toBe(
      true,
    );
    expect(keys[0]).not.toHaveProperty("d");
  });

  test.each([
    ["another verifier", { code_verifier: randomBytes(64).toString("base64url") }, "invalid_grant"],
    ["a verifier that is too short", { code_verifier: "short" }, "invalid_grant"],
    ["another redirect_uri", { redirect_uri: "http://localhost:1455/auth/callback" }, "invalid_grant"],
    ["a client that is another", { client_id: "app_other" }, "invalid_grant"],
    ["an unknown code", { code: "ac_unknown" }, "invalid_grant"],
    ["no verifier", { code_verifier: "" }, "invalid_request"],
    ["an unknown grant type", { grant_type: "password" }, "unsupported_grant_type"],
  ])("is refused with %s", async (_name, change, error) => {
    const simulator = await start({ autoApprove: true, clientIds: ["app_other"] });
    const response = await exchange(simulator, await newCode(simulator), change);
    expect(response.status).toBe(400);
    expect(((await response.json()) as Json)["error"]).toBe(error);
  });

  test("works once; a second use also ends what the first one gave", async () => {
    const simulator = await start({ autoApprove: true });
    const code = await newCode(simulator);
    const first = (await (await exchange(simulator, code)).json()) as Record<string, string>;
    expect((await exchange(simulator, code)).status).toBe(400);
    expect((await refresh(simulator, first["refresh_token"] ?? "")).status).toBe(401);
  });

  test("a failed try uses the code up, and codes age", async () => {
    let nowMs = 1_800_000_000_000;
    const simulator = await start({ autoApprove: true, clock: () => nowMs });
    const code = await newCode(simulator);
    expect((await exchange(simulator, code, { code_verifier: "x".repeat(43) })).status).toBe(400);
    expect((await exchange(simulator, code)).status).toBe(400);
    const old = await newCode(simulator);
    nowMs += 11 * 60_000;
    expect((await exchange(simulator, old)).status).toBe(400);
  });
});

describe("refresh", () => {
  test.each([true, false])("rotates both tokens (JSON body: %s)", async (json) => {
    const simulator = await start();
    const login = simulator.issueTokens();
    const body = (await (await refresh(simulator, login.refreshToken, json)).json()) as Record<string, string>;
    expect(body["refresh_token"]).not.toBe(login.refreshToken);
    expect((await models(simulator, body["access_token"] ?? "")).status).toBe(200);
    expect(simulator.refreshes).toBe(1);
  });

  test("a token used twice is refused as reused and ends its family", async () => {
    const simulator = await start();
    const login = simulator.issueTokens();
    const next = (await (await refresh(simulator, login.refreshToken)).json()) as Record<string, string>;
    const reused = await refresh(simulator, login.refreshToken);
    expect(reused.status).toBe(401);
    expect(await reused.json()).toMatchObject({ error: { code: "refresh_token_reused" } });
    expect(simulator.reusedRefreshTokens).toBe(1);
    const child = await refresh(simulator, next["refresh_token"] ?? "");
    expect(await child.json()).toMatchObject({ error: { code: "refresh_token_invalidated" } });
    expect((await refresh(simulator, simulator.issueTokens().refreshToken)).status).toBe(200);
  });

  test("a token used twice harms no other where reuse is only refused", async () => {
    const simulator = await start({ refreshTokenReuse: "refused" });
    const login = simulator.issueTokens();
    const next = (await (await refresh(simulator, login.refreshToken)).json()) as Record<string, string>;
    expect((await refresh(simulator, login.refreshToken)).status).toBe(401);
    expect(simulator.reusedRefreshTokens).toBe(1);
    expect((await refresh(simulator, next["refresh_token"] ?? "")).status).toBe(200);
  });

  test("refuses expired, unknown, and other clients' tokens, each in its own way", async () => {
    const simulator = await start({ clientIds: ["app_other"] });
    const { refreshToken } = simulator.issueTokens();
    const other = await refresh(simulator, refreshToken, true, "app_other");
    expect([other.status, ((await other.json()) as Json)["error"]]).toEqual([400, "invalid_grant"]);
    expect((await refresh(simulator, "rt_unknown")).status).toBe(400);
    simulator.expireRefreshTokens();
    const expired = await refresh(simulator, refreshToken);
    expect([expired.status, await expired.json()]).toMatchObject([401, { error: { code: "refresh_token_expired" } }]);
  });

  test("helps after access tokens were expired", async () => {
    const simulator = await start();
    const login = simulator.issueTokens();
    simulator.expireAccessTokens();
    const refused = await models(simulator, login.accessToken);
    expect([refused.status, await refused.json()]).toEqual([401, { detail: "Unauthorized" }]);
    const body = (await (await refresh(simulator, login.refreshToken)).json()) as Record<string, string>;
    expect((await models(simulator, body["access_token"] ?? "")).status).toBe(200);
  });

  test("revoking ends a family, and unknown tokens are fine", async () => {
    const simulator = await start();
    const { refreshToken } = simulator.issueTokens();
    const revoke = (value: string) =>
      fetch(`${simulator.issuer}/oauth/revoke`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ token: value, token_type_hint: "refresh_token", client_id: CLIENT }),
      });
    expect((await revoke(refreshToken)).status).toBe(200);
    expect((await revoke("rt_nobody")).status).toBe(200);
    expect(simulator.revoked).toBe(1);
    expect((await refresh(simulator, refreshToken)).status).toBe(401);
  });
});

test("a client that nobody knows can neither redeem, renew nor revoke, and uses nothing up by trying", async () => {
  const simulator = await start({ autoApprove: true });
  const code = await newCode(simulator);
  const { refreshToken } = simulator.issueTokens();
  const revoke = fetch(`${simulator.issuer}/oauth/revoke`, {
    method: "POST",
    body: new URLSearchParams({ token: refreshToken, client_id: "app_other" }),
  });
  const tries = [
    await exchange(simulator, code, { client_id: "app_other" }),
    await refresh(simulator, refreshToken, true, "app_other"),
    await revoke,
  ];
  for (const response of tries)
    expect([response.status, await response.json()]).toMatchObject([401, { error: "invalid_client" }]);
  expect((await exchange(simulator, code)).status).toBe(200);
  expect((await refresh(simulator, refreshToken)).status).toBe(200);
});

test("an ID token can be exchanged for an API key, an access token or an altered one cannot", async () => {
  const simulator = await start();
  const { idToken } = simulator.issueTokens();
  const swap = (subject: string) =>
    token(simulator, {
      grant_type: "urn:ietf:params:oauth:grant-type:token-exchange",
      client_id: CLIENT,
      requested_token: "openai-api-key",
      subject_token: subject,
      subject_token_type: "urn:ietf:params:oauth:token-type:id_token",
    });
  expect(((await (await swap(idToken)).json()) as Json)["access_token"]).toMatch(/^sk-/);
  expect((await swap(`${idToken.slice(0, -4)}AAAA`)).status).toBe(400);
  expect((await swap("nonsense")).status).toBe(400);
});

describe("bearers", () => {
  test("expire by the clock, count for their own account only, and may be personal", async () => {
    let nowMs = 1_800_000_000_000;
    const simulator = await start({ clock: () => nowMs, accessTokenTtlMs: 10_000 });
    const other = simulator.accounts.addAccount({ email: "other@example.com", planType: "team", fedramp: true });
    const login = simulator.issueTokens({ accountId: other.id });
    expect((await models(simulator, login.accessToken, { "chatgpt-account-id": other.id })).status).toBe(200);
    const wrong = { "chatgpt-account-id": simulator.accounts.default.id };
    expect((await models(simulator, login.accessToken, wrong)).status).toBe(401);
    nowMs += 10_000;
    expect((await models(simulator, login.accessToken)).status).toBe(401);
    const personal = simulator.issuePersonalAccessToken({ accountId: other.id });
    expect(personal).toMatch(/^at-/);
    expect((await models(simulator, personal)).status).toBe(200);
    expect((await models(simulator, "")).status).toBe(401);
  });

  test("whoami knows personal tokens and nothing else", async () => {
    const simulator = await start();
    const whoami = (bearer: string) =>
      fetch(`${simulator.authApiBaseUrl}/v1/user-auth-credential/whoami`, {
        headers: { authorization: `Bearer ${bearer}` },
      });
    const account = simulator.accounts.default;
    expect(await (await whoami(simulator.issuePersonalAccessToken())).json()).toEqual({
      email: "person@example.com",
      chatgpt_user_id: account.userId,
      chatgpt_account_id: account.id,
      chatgpt_plan_type: "pro",
      chatgpt_account_is_fedramp: false,
    });
    expect((await whoami("at-unknown")).status).toBe(401);
    expect((await whoami(simulator.issueTokens().accessToken)).status).toBe(401);
  });
});
