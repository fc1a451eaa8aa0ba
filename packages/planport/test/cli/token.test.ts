import { readFileSync } from "node:fs";
import { createServer } from "node:https";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Simulator, startSimulator } from "../../src/simulator/index.ts";
import { createSelfSigned } from "../net/self-signed.ts";
import { listen } from "../net/support.ts";
import { newHome, pointAt, put, run, signedInHome } from "./support/cli.ts";

let simulator: Simulator;
let env: Record<string, string>;

beforeEach(async () => {
  simulator = await startSimulator();
  env = pointAt(simulator);
});

afterEach(async () => {
  await simulator.close();
});

const stored = (home: string): Record<string, string> =>
  (JSON.parse(readFileSync(join(home, ".codex/auth.json"), "utf8")) as { tokens: Record<string, string> }).tokens;

/** A sign-in whose access token has ended. */
function homeToRenew(): string {
  const home = newHome();
  const { accessToken, refreshToken } = simulator.issueTokens({ accessTokenTtlMs: 1 });
  const tokens = { access_token: accessToken, refresh_token: refreshToken };
  put(home, ".codex/auth.json", JSON.stringify({ tokens }));
  return home;
}

/** A server whose certificate nobody knows. */
async function untrustedOrigin(): Promise<string> {
  const { keyPem, certificatePem } = createSelfSigned("auth.example");
  return `https://127.0.0.1:${await listen(createServer({ key: keyPem, cert: certificatePem }))}`;
}

describe("token", () => {
  it("prints the bearer and a line end, and nothing else", async () => {
    const home = signedInHome(simulator);
    const bearer = stored(home)["access_token"] ?? "";
    expect(await run(home, ["token"], { env })).toEqual({ code: 0, stdout: `${bearer}\n`, stderr: "" });
    expect(simulator.requests).toEqual([]);
  });

  it("prints a renewed bearer in place of one that is about to expire, and keeps it", async () => {
    const home = signedInHome(simulator);
    const old = stored(home)["access_token"];
    const { refreshToken, idToken } = simulator.issueTokens({ accessTokenTtlMs: 1000 });
    const short = simulator.issueTokens({ accessTokenTtlMs: 1000 });
    put(
      home,
      ".codex/auth.json",
      JSON.stringify({
        tokens: { id_token: idToken, access_token: short.accessToken, refresh_token: refreshToken, account_id: "a" },
      }),
    );
    const { code, stdout } = await run(home, ["token"], { env });
    expect(code).toBe(0);
    expect(stdout.trim()).not.toBe(old);
    expect(stdout).toBe(`${stored(home)["access_token"] ?? ""}\n`);
    expect(simulator.refreshes).toBe(1);
  });

  it("says that a refresh that failed for the moment is worth another try, in one line, and keeps the sign-in", async () => {
    const home = homeToRenew();
    const before = stored(home);
    simulator.script.push("token", { kind: "http", status: 500 });
    const { code, stdout, stderr } = await run(home, ["token"], { env });
    expect(code).toBe(1);
    expect(stdout).toBe("");
    expect(stderr).toMatch(
      /^planport: The sign-in in .* could not be refreshed: .* answered 500\. Try again in a moment\.\n$/,
    );
    expect(stored(home)).toEqual(before);
  });

  it("does not call it worth another try where a certificate is at fault", async () => {
    const home = homeToRenew();
    const issuer = await untrustedOrigin();
    const untrusted = {
      CODEX_APP_SERVER_LOGIN_ISSUER: issuer,
      CODEX_REFRESH_TOKEN_URL_OVERRIDE: `${issuer}/oauth/token`,
    };
    const { code, stderr } = await run(home, ["token"], { env: { ...env, ...untrusted } });
    expect(code).toBe(1);
    expect(stderr).toMatch(/could not be refreshed: .* set CODEX_CA_CERTIFICATE to the PEM file of its authority\.\n$/);
  });

  it("nor where the owner of an access token cannot be looked up for a certificate", async () => {
    const token = simulator.issuePersonalAccessToken();
    const untrusted = { CODEX_ACCESS_TOKEN: token, CODEX_AUTHAPI_BASE_URL: await untrustedOrigin() };
    const { code, stderr } = await run(newHome(), ["models"], { env: { ...env, ...untrusted } });
    expect(code).toBe(1);
    expect(stderr).toMatch(/CODEX_CA_CERTIFICATE.* authority\. Set CODEX_ACCOUNT_ID to skip the look-up\.\n$/);
  });

  it("tells expiry and account as JSON", async () => {
    const home = signedInHome(simulator);
    const { code, stdout } = await run(home, ["token", "--json"], { env });
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toEqual({
      token: stored(home)["access_token"],
      kind: "chatgpt",
      expiresAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/) as unknown,
      account: null,
      accountId: simulator.accounts.default.id,
      email: "person@example.com",
      planType: "pro",
    });
  });

  it("prints an access token that an enterprise issued", async () => {
    const token = simulator.issuePersonalAccessToken();
    const result = await run(newHome(), ["token"], { env: { ...env, CODEX_PAT: token } });
    expect(result).toEqual({ code: 0, stdout: `${token}\n`, stderr: "" });
  });

  it("fails on standard error, with nothing on standard output, when there is no sign-in", async () => {
    const { code, stdout, stderr } = await run(newHome(), ["token"], { env });
    expect(code).toBe(3);
    expect(stdout).toBe("");
    expect(stderr).toMatch(/^planport: Not signed in\. [^\n]*\n$/);
  });

  it("never puts the bearer into the log", async () => {
    const home = signedInHome(simulator);
    const { stdout, stderr } = await run(home, ["token", "--log-level", "debug"], { env });
    expect(stdout.trim().length).toBeGreaterThan(20);
    expect(stderr).not.toContain(stdout.trim());
  });
});
