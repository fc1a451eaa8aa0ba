import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import type { Simulator } from "../../src/simulator/index.ts";
import { start } from "../simulator/helpers.ts";
import { openServer, type TestClient, type TestServer } from "./kit.ts";
import { login, push, tokensOf, world } from "./world.ts";

const stored = (simulator: Simulator, tokens = simulator.issueTokens()): object => ({
  auth_mode: "chatgpt",
  OPENAI_API_KEY: null,
  tokens: {
    id_token: tokens.idToken,
    access_token: tokens.accessToken,
    refresh_token: tokens.refreshToken,
    account_id: simulator.accounts.default.id,
  },
  last_refresh: new Date().toISOString(),
});

async function tokensIn(server: TestServer): Promise<Record<string, string>> {
  return ((await server.authJson()) ?? {})["tokens"] as Record<string, string>;
}

describe("tokens of the client", () => {
  test("are in force once their workspace is known, are never written, and are gone after a logout", async () => {
    const { simulator, server, client } = await world();
    const { id, userId, email } = simulator.accounts.default;
    await client.ask("account/login/start", login({ ...tokensOf(simulator), chatgptPlanType: "plus" }));
    await client.told("account/updated");
    expect(client.log.slice(1)).toEqual([
      { method: "#account/login/start", params: { type: "chatgptAuthTokens" } },
      {
        method: "account/login/completed",
        params: { loginId: null, success: true, error: null, onboardingEntrypoint: null },
      },
      { method: "account/updated", params: { authMode: "chatgptAuthTokens", planType: "plus" } },
    ]);
    expect(await client.ask("account/read", { refreshToken: true })).toEqual({
      account: { type: "chatgpt", email, planType: "plus", workspaceName: null },
      userId,
      requiresOpenaiAuth: true,
      workspaceRouting: {
        chatgptAccountId: id,
        backendOrigin: "https://chatgpt.com",
        accountRoutingOverride: "NO_CONSTRAINT",
      },
    });
    expect(await server.authJson()).toBeNull();
    await client.ask("account/logout", null);
    expect(await client.told("account/updated", 2)).toEqual({ authMode: null, planType: null });
    expect(await client.ask("account/read")).toMatchObject({ account: null, userId: null, workspaceRouting: null });
  });

  test("uncover no login of a method that the configuration forbids", async () => {
    const { simulator, client } = await world({
      config: 'forced_login_method = "chatgpt"',
      auth: { auth_mode: "apikey", OPENAI_API_KEY: "sk-forbidden" },
    });
    await push(client, tokensOf(simulator));
    await client.ask("account/logout", null);
    expect(await client.told("account/updated", 2)).toEqual({ authMode: null, planType: null });
    expect(await client.ask("account/read")).toMatchObject({ account: null });
  });

  test("whose workspace is found only after they were taken back are not told as signed in", async () => {
    const { simulator, client } = await world();
    simulator.script.push("accountsCheck", { kind: "delay", ms: 1000 });
    await client.ask("account/login/start", login(tokensOf(simulator)));
    await client.ask("account/logout", null);
    await client.told("account/login/completed");
    await client.ask("getAuthStatus", {});
    expect(client.log.filter(({ method }) => method === "account/updated").map(({ params }) => params)).toEqual([
      { authMode: null, planType: null },
    ]);
  });

  test("stand in the way of every other sign-in", async () => {
    const { simulator, client } = await world();
    await push(client, tokensOf(simulator));
    for (const params of [{ type: "chatgpt" }, { type: "chatgptDeviceCode" }, { type: "apiKey", apiKey: "sk-x" }])
      expect(await client.fail("account/login/start", params)).toEqual({
        code: -32600,
        message:
          "External auth is active. Use account/login/start (chatgptAuthTokens) to update it or account/logout to clear it.",
      });
  });

  test("that are no JWT are refused with what is wrong, and those before stay", async () => {
    const { simulator, client } = await world();
    await push(client, tokensOf(simulator));
    for (const [accessToken, fault] of [
      ["x", "invalid ID token format"],
      ["a.b.c", "Invalid input length: 1"],
      ["a.e30=.c", "Invalid padding"],
      ["a.e!0.c", "Invalid symbol 33, offset 1."],
      ["a.aGFsbG8.c", "expected value at line 1 column 1"],
    ])
      expect(await client.fail("account/login/start", login({ accessToken, chatgptAccountId: "a" }))).toEqual({
        code: -32603,
        message: `failed to set external auth: ${fault}`,
      });
    expect(await client.ask("getAuthStatus", {})).toMatchObject({ authMethod: "chatgptAuthTokens" });
  });

  test("may come in the earlier form, with the account in the id token", async () => {
    const { simulator, client } = await world();
    const { idToken, accessToken } = simulator.issueTokens();
    await push(client, { idToken, accessToken });
    const { workspaceRouting } = await client.ask("account/read");
    expect(workspaceRouting).toMatchObject({ chatgptAccountId: simulator.accounts.default.id });
  });

  test("of a workspace that is not allowed are refused", async () => {
    const { simulator, client } = await world({ config: 'forced_chatgpt_workspace_id = ["ws-1", "ws-2"]' });
    expect(await client.fail("account/login/start", login(tokensOf(simulator)))).toEqual({
      code: -32600,
      message: `External auth must use one of workspace(s) ["ws-1", "ws-2"], but received "${simulator.accounts.default.id}".`,
    });
  });

  test("whose workspace cannot be found out are in force all the same, and that is told", async () => {
    const { simulator, client } = await world();
    client.onAsk = () => ({ error: { code: -32000, message: "signed out" } });
    await client.ask("account/login/start", login({ ...tokensOf(simulator), chatgptAccountId: "another" }));
    const why = "workspace routing discovery unauthorized (401)";
    expect(await client.told("account/login/completed")).toMatchObject({ success: false, error: why });
    expect(await client.fail("account/read")).toEqual({ code: -32603, message: why });
    expect(await client.ask("getAuthStatus", {})).toMatchObject({ authMethod: "chatgptAuthTokens" });
    expect(client.log.some(({ method }) => method === "account/updated")).toBe(false);
  });
});

describe("settings", () => {
  test.each([
    [
      "api",
      login({ accessToken: "x", chatgptAccountId: "a" }),
      "External ChatGPT auth is disabled. Use API key login instead.",
    ],
    ["api", { type: "chatgpt" }, "ChatGPT login is disabled. Use API key login instead."],
    ["api", { type: "chatgptDeviceCode" }, "ChatGPT login is disabled. Use API key login instead."],
    ["chatgpt", { type: "apiKey", apiKey: "sk-x" }, "API key login is disabled. Use ChatGPT login instead."],
  ])("forced_login_method = %j refuses %j", async (method, params, message) => {
    const client = await (await openServer({ config: `forced_login_method = "${method}"` })).client();
    expect(await client.fail("account/login/start", params)).toEqual({ code: -32600, message });
  });

  test("a provider that asks for no sign-in has no account", async () => {
    const config =
      'model_provider = "own"\n[model_providers.own]\nname = "Own"\nbase_url = "http://127.0.0.1:9/v1"\nwire_api = "responses"';
    const client = await (await openServer({ config })).client();
    await client.ask("account/login/start", { type: "apiKey", apiKey: "" });
    expect(await client.told("account/updated")).toEqual({ authMode: "apikey", planType: null });
    expect(await client.ask("account/read")).toEqual({
      account: null,
      userId: null,
      requiresOpenaiAuth: false,
      workspaceRouting: null,
    });
    expect(await client.ask("getAuthStatus", { includeToken: true })).toEqual({
      authMethod: null,
      authToken: null,
      requiresOpenaiAuth: false,
    });
  });
});

describe("an API key", () => {
  test("is stored as Codex stores it, and gone after a logout", async () => {
    const { server, client } = await world();
    await client.ask("account/login/start", { type: "apiKey", apiKey: "sk-fake" });
    await client.told("account/updated");
    expect(await server.authJson()).toEqual({ auth_mode: "apikey", OPENAI_API_KEY: "sk-fake" });
    expect(await client.ask("account/read")).toMatchObject({ account: { type: "apiKey" } });
    expect(await client.fail("account/rateLimits/read", undefined)).toEqual({
      code: -32600,
      message: "chatgpt authentication required to read rate limits",
    });
    await client.ask("account/logout", null);
    expect(await server.authJson()).toBeNull();
  });

  test("of this server's clients goes with the tokens over it", async () => {
    const { simulator, server, client } = await world();
    await client.ask("account/login/start", { type: "apiKey", apiKey: "sk-fake" });
    await client.told("account/updated");
    await push(client, tokensOf(simulator));
    await client.ask("account/logout", null);
    expect(await client.told("account/updated", 3)).toEqual({ authMode: null, planType: null });
    expect(await server.authJson()).toBeNull();
  });
});

describe("a ChatGPT sign-in in auth.json", () => {
  test("is found at the start and told to the first client", async () => {
    const simulator = await start();
    const { client, server } = await onStored(simulator);
    expect(await client.told("account/updated")).toEqual({ authMode: "chatgpt", planType: "pro" });
    expect(await client.ask("getAuthStatus", { includeToken: true })).toMatchObject({
      authMethod: "chatgpt",
      authToken: (await tokensIn(server))["access_token"],
    });
  });

  test("is refreshed when a client asks, and asked about anew", async () => {
    const simulator = await start();
    const { client, server } = await onStored(simulator);
    await client.told("account/updated");
    await client.ask("account/read", { refreshToken: true });
    const refresh = simulator.requests.find(({ target }) => target === "token");
    expect(refresh?.body).toMatchObject({ grant_type: "refresh_token", refresh_reason: "forced" });
    expect(simulator.requests.filter(({ target }) => target === "accountsCheck")).toHaveLength(2);
    const tokens = await tokensIn(server);
    expect(refresh?.body).not.toMatchObject({ refresh_token: tokens["refresh_token"] });
  });

  test("whose refresh token is refused for good is no account any more, and nothing is sent again", async () => {
    const simulator = await start();
    const { client } = await onStored(simulator);
    await client.told("account/updated");
    simulator.expireRefreshTokens();
    for (let n = 0; n < 2; n++)
      expect(await client.ask("account/read", { refreshToken: true })).toMatchObject({ account: null });
    expect(await client.ask("getAuthStatus", { includeToken: true })).toMatchObject({ authToken: null });
    expect(simulator.requests.filter(({ target }) => target === "token")).toHaveLength(1);
  });

  test("stays when tokens of a client over it are logged out, and is ended by the next logout", async () => {
    const simulator = await start();
    const { client, server } = await onStored(simulator);
    await client.told("account/updated");
    await push(client, tokensOf(simulator));
    await client.ask("account/logout", null);
    expect(await client.told("account/updated", 3)).toEqual({ authMode: "chatgpt", planType: "pro" });
    expect(await server.authJson()).not.toBeNull();
    expect(simulator.revoked).toBe(0);
    await client.ask("account/logout", null);
    expect(await client.told("account/updated", 4)).toEqual({ authMode: null, planType: null });
    expect(await server.authJson()).toBeNull();
    expect(simulator.revoked).toBeGreaterThan(0);
  });

  test("takes one step for each 401: the file, then a refresh, then none", async () => {
    const simulator = await start();
    const { server, client } = await onStored(simulator);
    await client.told("account/updated");
    const { tokens } = server.server.services.account;
    const first = await tokens.get();
    const reread = await tokens.recover(first);
    expect(reread?.bearer.reveal()).toBe(first.bearer.reveal());
    expect(simulator.refreshes).toBe(0);
    const renewed = await tokens.recover(reread ?? first);
    expect(renewed?.bearer.reveal()).not.toBe(first.bearer.reveal());
    expect(simulator.refreshes).toBe(1);
    expect(await tokens.recover(renewed ?? first)).toBeNull();
  });

  async function onStored(simulator: Simulator): Promise<{ server: TestServer; client: TestClient }> {
    const server = await openServer({
      config: simulator.codexConfig,
      auth: stored(simulator),
      env: {
        CODEX_REFRESH_TOKEN_URL_OVERRIDE: `${simulator.issuer}/oauth/token`,
        CODEX_REVOKE_TOKEN_URL_OVERRIDE: `${simulator.issuer}/oauth/revoke`,
      },
    });
    return { server, client: await server.client() };
  }
});

test("planport's own sign-in serves where Codex has none, and a logout leaves it where it is", async () => {
  const simulator = await start();
  const folder = await mkdtemp(join(tmpdir(), "planport-lender-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const own = join(folder, "auth.json");
  await writeFile(own, JSON.stringify(stored(simulator)));
  const server = await openServer({ config: simulator.codexConfig, env: { PLANPORT_HOME: folder } });
  const client = await server.client();
  expect(await client.told("account/updated")).toEqual({ authMode: "chatgpt", planType: "pro" });
  await client.ask("account/logout", null);
  expect(await client.told("account/updated", 2)).toEqual({ authMode: null, planType: null });
  expect(JSON.parse(await readFile(own, "utf8"))).toMatchObject({ auth_mode: "chatgpt" });
  expect(simulator.revoked).toBe(0);
});

describe("limits of the plan", () => {
  test("are those that the backend tells", async () => {
    const { simulator, client } = await world();
    expect(await client.fail("account/rateLimits/read", undefined)).toEqual({
      code: -32600,
      message: "codex account authentication required to read rate limits",
    });
    await push(client, tokensOf(simulator));
    simulator.accounts.setUsage({ primary: { usedPercent: 42, windowMinutes: 300, resetsAtMs: null } });
    const { rateLimits, ordinaryUsageAllowed } = await client.ask("account/rateLimits/read", undefined);
    expect(ordinaryUsageAllowed).not.toBe(false);
    expect(rateLimits).toMatchObject({ limitId: "codex", primary: { usedPercent: 42, windowDurationMins: 300 } });
  });

  test("are not asked for again with other tokens when the backend refuses these", async () => {
    const { simulator, client } = await world();
    await push(client, tokensOf(simulator));
    simulator.expireAccessTokens();
    const { code, message } = await client.fail("account/rateLimits/read", undefined);
    expect(code).toBe(-32603);
    expect(message).toMatch(
      /^failed to fetch codex rate limits: GET http:.*\/usage failed: 401 Unauthorized; content-type=/,
    );
    expect(client.asked).toEqual([]);
  });
});
