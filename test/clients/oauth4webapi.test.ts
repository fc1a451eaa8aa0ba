/**
 * A certified OAuth client signs in against the simulator: what it accepts is OAuth, not merely what our own client expects.
 */
import * as oauth from "oauth4webapi";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Simulator, startSimulator } from "../../packages/planport/src/simulator/index.ts";

const client: oauth.Client = { client_id: "app_EMoamEEZ73f0CkXaXp7hrann" };
const noSecret = oauth.None();
// The simulator speaks plain HTTP on loopback; the library wants that said out loud.
const http = { [oauth.allowInsecureRequests]: true };
const redirectUri = "http://127.0.0.1:1455/auth/callback";

let simulator: Simulator;
let server: oauth.AuthorizationServer;

beforeAll(async () => {
  simulator = await startSimulator({ autoApprove: true });
  const issuer = new URL(simulator.issuer);
  server = await oauth.processDiscoveryResponse(issuer, await oauth.discoveryRequest(issuer, http));
});
afterAll(() => simulator.close());

/** Runs the authorization request as a browser would and returns the validated callback parameters. */
async function authorize(verifier: string, state: string, nonce?: string): Promise<URLSearchParams> {
  const url = new URL(server.authorization_endpoint ?? "");
  url.search = new URLSearchParams({
    response_type: "code",
    client_id: client.client_id,
    redirect_uri: redirectUri,
    scope: "openid profile email offline_access",
    code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
    code_challenge_method: "S256",
    state,
    ...(nonce !== undefined && { nonce }),
  }).toString();
  const answer = await fetch(url, { redirect: "manual" });
  const location = new URL(answer.headers.get("location") ?? "");
  expect(location.href.startsWith(redirectUri)).toBe(true);
  return oauth.validateAuthResponse(server, client, location, state);
}

describe("oauth4webapi against the simulator", () => {
  it("signs in with PKCE, verifies the id token's signature and claims, and refreshes", async () => {
    const verifier = oauth.generateRandomCodeVerifier();
    const nonce = oauth.generateRandomNonce();
    const callback = await authorize(verifier, oauth.generateRandomState(), nonce);
    const response = await oauth.authorizationCodeGrantRequest(
      server,
      client,
      noSecret,
      callback,
      redirectUri,
      verifier,
      http,
    );
    const tokens = await oauth.processAuthorizationCodeResponse(server, client, response, {
      expectedNonce: nonce,
      requireIdToken: true,
    });
    await oauth.validateApplicationLevelSignature(server, response, http);
    expect(oauth.getValidatedIdTokenClaims(tokens)?.["email"]).toBe("person@example.com");
    expect(tokens.refresh_token).toBeTypeOf("string");

    const refreshed = await oauth.processRefreshTokenResponse(
      server,
      client,
      await oauth.refreshTokenGrantRequest(server, client, noSecret, tokens.refresh_token ?? "", http),
    );
    expect(refreshed.access_token).not.toBe(tokens.access_token);
    expect(refreshed.refresh_token).not.toBe(tokens.refresh_token);
  });

  it("is refused with a verifier that does not belong to the challenge", async () => {
    const callback = await authorize(oauth.generateRandomCodeVerifier(), oauth.generateRandomState());
    const response = await oauth.authorizationCodeGrantRequest(
      server,
      client,
      noSecret,
      callback,
      redirectUri,
      oauth.generateRandomCodeVerifier(),
      http,
    );
    await expect(oauth.processAuthorizationCodeResponse(server, client, response)).rejects.toMatchObject({
      error: "invalid_grant",
    });
  });

  it("is refused when it spends a code twice, and what the code gave is withdrawn (RFC 6749 section 4.1.2)", async () => {
    const verifier = oauth.generateRandomCodeVerifier();
    const callback = await authorize(verifier, oauth.generateRandomState());
    const exchange = (): Promise<Response> =>
      oauth.authorizationCodeGrantRequest(server, client, noSecret, callback, redirectUri, verifier, http);
    const tokens = await oauth.processAuthorizationCodeResponse(server, client, await exchange());
    await expect(oauth.processAuthorizationCodeResponse(server, client, await exchange())).rejects.toMatchObject({
      error: "invalid_grant",
    });
    expect((await refresh(tokens.refresh_token)).status).toBe(401);
  });

  it("is refused when it spends a refresh token twice", async () => {
    const verifier = oauth.generateRandomCodeVerifier();
    const callback = await authorize(verifier, oauth.generateRandomState());
    const tokens = await oauth.processAuthorizationCodeResponse(
      server,
      client,
      await oauth.authorizationCodeGrantRequest(server, client, noSecret, callback, redirectUri, verifier, http),
    );
    expect((await refresh(tokens.refresh_token)).status).toBe(200);
    expect((await refresh(tokens.refresh_token)).status).toBe(401);
    expect(simulator.reusedRefreshTokens).toBe(1);
  });
});

function refresh(token: string | undefined): Promise<Response> {
  return oauth.refreshTokenGrantRequest(server, client, noSecret, token ?? "", http);
}
