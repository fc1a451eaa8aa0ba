/**
 * oauth4webapi is a certified OpenID Connect client that knows nothing of this project: if it can sign in, the
 * simulator keeps to the standards where the real server does.
 */
import * as oauth from "oauth4webapi";
import { expect, test } from "vitest";
import { start } from "./helpers.ts";

test("a certified client discovers the server, signs in with PKCE, and refreshes", async () => {
  const simulator = await start({ autoApprove: true });
  const insecure = { [oauth.allowInsecureRequests]: true };
  const issuer = new URL(simulator.issuer);
  const server = await oauth.processDiscoveryResponse(issuer, await oauth.discoveryRequest(issuer, insecure));
  const client: oauth.Client = { client_id: "app_EMoamEEZ73f0CkXaXp7hrann" };
  const redirectUri = "http://127.0.0.1:1455/auth/callback";
  const verifier = oauth.generateRandomCodeVerifier();
  const state = oauth.generateRandomState();
  const nonce = oauth.generateRandomNonce();

  const authorize = new URL(server.authorization_endpoint ?? "");
  authorize.search = new URLSearchParams({
    client_id: client.client_id,
    redirect_uri: redirectUri,
    response_type: "code",
    scope: "openid profile email offline_access",
    code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
    code_challenge_method: "S256",
    state,
    nonce,
  }).toString();
  const redirect = await fetch(authorize, { redirect: "manual" });
  const callback = new URL(redirect.headers.get("location") ?? "");
  const params = oauth.validateAuthResponse(server, client, callback, state);

  const codeResponse = await oauth.authorizationCodeGrantRequest(
    server,
    client,
    oauth.None(),
    params,
    redirectUri,
    verifier,
    insecure,
  );
  const result = await oauth.processAuthorizationCodeResponse(server, client, codeResponse, {
    expectedNonce: nonce,
    requireIdToken: true,
  });
  await oauth.validateApplicationLevelSignature(server, codeResponse, insecure);
  expect(oauth.getValidatedIdTokenClaims(result)?.["email"]).toBe("person@example.com");
  expect(result.expires_in).toBe(3600);

  const refresh = async (token: string) =>
    oauth.processRefreshTokenResponse(
      server,
      client,
      await oauth.refreshTokenGrantRequest(server, client, oauth.None(), token, insecure),
    );
  const refreshed = await refresh(result.refresh_token ?? "");
  expect(refreshed.refresh_token).not.toBe(result.refresh_token);
  await expect(refresh(result.refresh_token ?? "")).rejects.toThrow();

  const revoked = await oauth.revocationRequest(server, client, oauth.None(), refreshed.refresh_token ?? "", insecure);
  await oauth.processRevocationResponse(revoked);
});
