/**
 * Who is signed in, and how one comes to be.
 */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Message } from "../driver.ts";
import type { Scenario, Session } from "../session.ts";

const read = (s: Session): Promise<unknown> => s.ask("account/read", {});
const status = (s: Session): Promise<unknown> => s.ask("getAuthStatus", { includeToken: true, refreshToken: false });

/** Logs out and waits until everybody is told. */
async function logout(s: Session): Promise<void> {
  const from = s.driver.told.length;
  await s.ask("account/logout");
  await s.driver.heard("account/updated", from);
}

async function begun(s: Session, then: () => Promise<unknown>): Promise<void> {
  await s.begin();
  await then();
}

/** A login by key. */
async function apiKey(s: Session): Promise<void> {
  const from = s.driver.told.length;
  await s.ask("account/login/start", { type: "apiKey", apiKey: "sk-test-key" });
  await s.driver.heard("account/updated", from);
}

/** Starts a login of a kind that takes a person, and gives its id. */
async function startLogin(s: Session, type: string): Promise<string> {
  const { result } = await s.ask("account/login/start", { type });
  return (result as { loginId: string }).loginId;
}

/** A sign-in that lies in the home is announced once its workspace is known. */
async function announced(s: Session): Promise<void> {
  await s.begin();
  await s.driver.heard("account/updated");
}

/** The server's refusals of a refresh, and what a client sees of each. */
const REFRESH_REFUSALS: Readonly<Record<string, { status: number; body: unknown }>> = {
  "expired, by 401": { status: 401, body: { error: { code: "refresh_token_expired", message: "m" } } },
  "reused, by 400": { status: 400, body: { error: { code: "refresh_token_reused", message: "m" } } },
  "invalidated, as a bare word": { status: 400, body: { error: "refresh_token_invalidated" } },
  "an invalid grant": { status: 400, body: { error: "invalid_grant" } },
  "an unknown 401": { status: 401, body: { error: { code: "other_code", message: "huh" } } },
  forbidden: { status: 403, body: "" },
  "a server's fault": { status: 500, body: "oops" },
  "an empty success": { status: 200, body: {} },
  "no JSON": { status: 200, body: "nope" },
};

const managedRefreshes = Object.entries(REFRESH_REFUSALS).map(([name, { status: code, body }]): [string, Scenario] => [
  `account: a forced refresh of Codex's own login is answered with ${name}`,
  {
    signedIn: "chatgpt",
    run: async (s) => {
      s.simulator.script.always({ target: "token", grantType: "refresh_token" }, { kind: "http", status: code, body });
      await announced(s);
      await s.ask("account/read", { refreshToken: true });
      await s.ask("getAuthStatus", { includeToken: false, refreshToken: false });
    },
  },
]);

export const accountScenarios: Readonly<Record<string, Scenario>> = {
  "account: nobody is signed in": { run: (s) => begun(s, async () => [await read(s), await status(s)]) },
  "account: a parent's tokens come, are read, are replaced, and go": {
    run: async (s) => {
      await s.begin();
      await s.login({ chatgptPlanType: "plus" });
      await read(s);
      await status(s);
      await s.ask("account/read", { refreshToken: true });
      const other = s.simulator.accounts.addAccount({ email: "other@example.com", planType: "pro" });
      await s.login(s.tokens(other.id));
      await read(s);
      await logout(s);
      await read(s);
      await logout(s);
    },
  },
  "account: a parent's tokens lie over Codex's own login, and go": {
    signedIn: "chatgpt",
    run: async (s) => {
      await announced(s);
      await s.login();
      await logout(s);
      await read(s);
    },
  },
  "account: a parent's tokens in the form of the protocol's first description": {
    run: async (s) => {
      await s.begin();
      const { idToken, accessToken } = s.simulator.issueTokens();
      await s.ask("account/login/start", { type: "chatgptAuthTokens", idToken, accessToken });
      await read(s);
    },
  },
  "account: other logins are refused while a parent's tokens are in use": {
    run: async (s) => {
      await s.begin();
      await s.login();
      for (const type of ["chatgpt", "chatgptDeviceCode"]) await s.ask("account/login/start", { type });
      await s.ask("account/login/start", { type: "apiKey", apiKey: "sk-x" });
      await read(s);
    },
  },
  "account: a parent's tokens need the experimental capability": {
    run: async (s) => {
      await s.begin({});
      await s.ask("account/login/start", { type: "chatgptAuthTokens", ...s.tokens() });
      await s.ask("mock/experimentalMethod", {});
      await read(s);
    },
  },
  "account: an API key is stored, read and forgotten": {
    run: async (s) => {
      await s.begin();
      await apiKey(s);
      await read(s);
      await status(s);
      await logout(s);
      await read(s);
    },
  },
  "account: an API key that lies in the home": {
    signedIn: "apikey",
    run: (s) => begun(s, async () => [await read(s), await s.ask("account/rateLimits/read")]),
  },
  "account: Codex's own login is announced, read and refreshed": {
    signedIn: "chatgpt",
    run: async (s) => {
      await announced(s);
      await read(s);
      await s.ask("account/read", { refreshToken: true });
      await s.ask("getAuthStatus", { includeToken: true, refreshToken: true });
    },
  },
  "account: Codex's own login is logged out and its file removed": {
    signedIn: "chatgpt",
    run: async (s) => {
      await announced(s);
      await logout(s);
      await read(s);
      if (existsSync(join(s.home, "auth.json"))) throw new Error("auth.json is still there");
    },
  },
  "account: an access token of the environment": {
    env: (simulator) => ({ CODEX_ACCESS_TOKEN: simulator.issuePersonalAccessToken() }),
    run: async (s) => {
      await announced(s);
      await read(s);
      await s.ask("getAuthStatus", { includeToken: false, refreshToken: false });
    },
  },
  "account: the parent's tokens go over an access token of the environment, and give it back": {
    env: (simulator) => ({ CODEX_ACCESS_TOKEN: simulator.issuePersonalAccessToken() }),
    run: async (s) => {
      await announced(s);
      await s.login();
      await read(s);
      await logout(s);
      await read(s);
    },
  },
  "account: a forced workspace refuses the tokens of another": {
    config: 'forced_chatgpt_workspace_id = "ws-forced"',
    run: async (s) => {
      await s.begin();
      await s.ask("account/login/start", { type: "chatgptAuthTokens", ...s.tokens() });
      await read(s);
      const forced = s.simulator.accounts.addAccount({ id: "ws-forced" });
      await s.login(s.tokens(forced.id));
      await s.ask("account/login/start", { type: "chatgptAuthTokens", ...s.tokens() });
      await read(s);
    },
  },
  "account: forced workspaces as a list": {
    config: 'forced_chatgpt_workspace_id = ["ws-a", "ws-b"]',
    run: (s) => begun(s, () => s.ask("account/login/start", { type: "chatgptAuthTokens", ...s.tokens() })),
  },
  "account: only API keys are allowed": {
    config: 'forced_login_method = "api"',
    run: async (s) => {
      await s.begin();
      await s.ask("account/login/start", { type: "chatgptAuthTokens", ...s.tokens() });
      for (const type of ["chatgpt", "chatgptDeviceCode"]) await s.ask("account/login/start", { type });
      await apiKey(s);
    },
  },
  "account: only ChatGPT is allowed": {
    config: 'forced_login_method = "chatgpt"',
    run: (s) => begun(s, () => s.ask("account/login/start", { type: "apiKey", apiKey: "sk-x" })),
  },
  "account: tokens that are none": {
    run: async (s) => {
      await s.begin();
      const start = (more: object): Promise<unknown> =>
        s.ask("account/login/start", { type: "chatgptAuthTokens", ...more });
      await start({ accessToken: "one.part", chatgptAccountId: "a" });
      await start({ accessToken: "a.b.c", chatgptAccountId: "a" });
      await start({ accessToken: "a.b.c" });
      await start({ chatgptAccountId: "a" });
      await s.ask("account/login/start", { type: "nonsense" });
      await s.ask("account/login/start", {});
      await read(s);
    },
  },
  "account: a plan that nobody knows": {
    run: async (s) => {
      await s.begin();
      await s.login({ chatgptPlanType: "galactic" });
      await read(s);
    },
  },
  "account: the workspace's server cannot be found out": {
    run: async (s) => {
      await s.begin();
      const restore = s.simulator.script.always("accountsCheck", { kind: "http", status: 500, body: "oops" });
      await s.login();
      await read(s);
      restore();
      await read(s);
    },
  },
  "account: the workspace is not among the account's": {
    run: async (s) => {
      await s.begin();
      await s.login({ chatgptAccountId: "ws-unknown" });
      await read(s);
    },
  },
  "account: limits are read for nobody, for a key, and for a plan": {
    run: async (s) => {
      await s.begin();
      await s.ask("account/rateLimits/read");
      await apiKey(s);
      await s.ask("account/rateLimits/read");
      await logout(s);
      s.simulator.accounts.setUsage({
        primary: { usedPercent: 42, windowMinutes: 300, resetsAtMs: Date.now() + 3_600_000 },
      });
      await s.login();
      await s.ask("account/rateLimits/read");
    },
  },
  "account: a device signs in": {
    run: async (s) => {
      await s.begin();
      await s.ask("account/login/start", { type: "chatgptDeviceCode" });
      await s.driver.heard("account/updated");
      await read(s);
    },
  },
  "account: a device's sign-in is cancelled, and again": {
    simulator: { autoApprove: false },
    run: async (s) => {
      await s.begin();
      const loginId = await startLogin(s, "chatgptDeviceCode");
      await s.ask("account/login/cancel", { loginId });
      await s.driver.heard("account/login/completed");
      await s.ask("account/login/cancel", { loginId });
      await s.ask("account/login/cancel", { loginId: "00000000-0000-4000-8000-000000000000" });
      await s.ask("account/login/cancel", { loginId: "not-a-uuid" });
    },
  },
  "account: devices may not sign in here": {
    run: async (s) => {
      s.simulator.script.push("deviceUserCode", { kind: "http", status: 404, body: "" });
      await s.begin();
      await s.ask("account/login/start", { type: "chatgptDeviceCode" });
    },
  },
  "account: a device's sign-in is refused": {
    run: async (s) => {
      s.simulator.script.push("deviceToken", { kind: "http", status: 400, body: "bad" });
      await s.begin();
      await s.ask("account/login/start", { type: "chatgptDeviceCode" });
      await s.driver.heard("account/login/completed");
    },
  },
  "account: the parent's tokens end a device's sign-in": {
    simulator: { autoApprove: false },
    run: async (s) => {
      await s.begin();
      await startLogin(s, "chatgptDeviceCode");
      await s.ask("account/login/start", { type: "chatgptAuthTokens", ...s.tokens() });
      await s.driver.heard("account/updated");
      await read(s);
    },
  },
  "account: a browser signs in": {
    takesTurns: true,
    run: async (s) => {
      await s.begin();
      const { result } = await s.ask("account/login/start", { type: "chatgpt" });
      const from = s.driver.told.length;
      const page = await fetch((result as { authUrl: string }).authUrl);
      if (!page.ok) throw new Error(`the browser ended at ${page.status}`);
      await s.driver.heard("account/updated", from);
      await read(s);
      const stored = JSON.parse(readFileSync(join(s.home, "auth.json"), "utf8")) as Message;
      if (stored["auth_mode"] !== "chatgpt") throw new Error(`stored as ${String(stored["auth_mode"])}`);
    },
  },
  "account: a browser's sign-in is cancelled, and a second one ends the first": {
    takesTurns: true,
    simulator: { autoApprove: false },
    run: async (s) => {
      await s.begin();
      const loginId = await startLogin(s, "chatgpt");
      await s.ask("account/login/cancel", { loginId });
      await s.driver.heard("account/login/completed");
      const from = s.driver.told.length;
      await startLogin(s, "chatgpt");
      await startLogin(s, "chatgpt");
      await s.driver.heard("account/login/completed", from);
    },
  },
  ...Object.fromEntries(managedRefreshes),
};
