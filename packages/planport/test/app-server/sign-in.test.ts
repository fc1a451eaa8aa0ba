import { describe, expect, test, vi } from "vitest";
import { push, tokensOf, world } from "./world.ts";

/** Follows the page's redirects as a browser does. */
async function visit(url: string): Promise<{ status: number; location: string | null }> {
  let next = url;
  for (;;) {
    const response = await fetch(next, { redirect: "manual" });
    const location = response.headers.get("location");
    await response.text();
    if (location === null || !location.startsWith("http://127.0.0.1")) return { status: response.status, location };
    next = location;
  }
}

const ended = (loginId: unknown, error: string): object => ({
  loginId,
  success: false,
  error,
  onboardingEntrypoint: null,
});

describe("a sign-in in a browser", () => {
  test("is stored and told, and names the client that asked for it", async () => {
    const { simulator, server, client } = await world();
    const { loginId, authUrl } = await client.ask("account/login/start", { type: "chatgpt" });
    expect(new URL(String(authUrl)).searchParams.get("originator")).toBe("test_client");
    expect(await visit(String(authUrl))).toEqual({ status: 200, location: null });
    expect(await client.told("account/updated")).toEqual({ authMode: "chatgpt", planType: "pro" });
    expect(await client.told("account/login/completed")).toEqual({
      loginId,
      success: true,
      error: null,
      onboardingEntrypoint: null,
    });
    const stored = await server.authJson();
    expect(Object.keys(stored ?? {})).toEqual(["auth_mode", "OPENAI_API_KEY", "tokens", "last_refresh"]);
    expect(await client.ask("account/read")).toMatchObject({ userId: simulator.accounts.default.userId });
  });

  test("ends at a page of the client's choice", async () => {
    const { client } = await world();
    const params = { type: "chatgpt", useHostedLoginSuccessPage: true, appBrand: "chatgpt" };
    const { authUrl } = await client.ask("account/login/start", params);
    expect(await visit(String(authUrl))).toEqual({
      status: 302,
      location: "https://chatgpt.com/codex/open-app?source=login&app_brand=chatgpt",
    });
    await client.told("account/updated");
  });

  test("can be cancelled once, by its name", async () => {
    const { client } = await world();
    const { loginId } = await client.ask("account/login/start", { type: "chatgpt" });
    expect(await client.fail("account/login/cancel", { loginId: "no" })).toEqual({
      code: -32600,
      message: "invalid login id: no",
    });
    const other = { loginId: "00000000-0000-4000-8000-000000000000" };
    expect(await client.ask("account/login/cancel", other)).toEqual({ status: "notFound" });
    expect(await client.ask("account/login/cancel", { loginId })).toEqual({ status: "canceled" });
    expect(await client.told("account/login/completed")).toEqual(
      ended(loginId, "Login server error: Login was not completed"),
    );
    expect(await client.ask("account/login/cancel", { loginId })).toEqual({ status: "notFound" });
  });

  test("gives way to the next one, which is answered behind its end", async () => {
    const { client } = await world();
    const { loginId } = await client.ask("account/login/start", { type: "chatgpt" });
    await client.ask("account/login/start", { type: "chatgpt" });
    await client.ask("account/login/start", { type: "apiKey", apiKey: "sk-x" });
    await client.told("account/updated");
    expect(client.log.map(({ method, params }) => params["error"] ?? method).slice(1)).toEqual([
      "#account/login/start",
      "Login server error: Login cancelled",
      "#account/login/start",
      "Login server error: Login was not completed",
      "#account/login/start",
      "account/login/completed",
      "account/updated",
    ]);
    expect(client.log[2]?.params).toMatchObject({ loginId });
  });

  test("to a workspace that is not allowed fails, and nothing is stored", async () => {
    const { server, client } = await world({ config: 'forced_chatgpt_workspace_id = "another"' });
    const { loginId, authUrl } = await client.ask("account/login/start", { type: "chatgpt" });
    const page = new URL(String(authUrl));
    expect(page.searchParams.get("allowed_workspace_id")).toBe("another");
    // As a page that offers the person's own all the same.
    page.searchParams.delete("allowed_workspace_id");
    await visit(page.href);
    expect(await client.told("account/login/completed")).toEqual(
      ended(loginId, "Login server error: Login is restricted to workspace id(s) another."),
    );
    expect(await server.authJson()).toBeNull();
  });

  test("that begins while another one begins ends that one, and is the only one", async () => {
    const { client, simulator } = await world();
    simulator.script.push("deviceUserCode", { kind: "delay", ms: 50 });
    const device = client.ask("account/login/start", { type: "chatgptDeviceCode" }).catch(() => null);
    const begun = await Promise.all([1, 2].map(() => client.ask("account/login/start", { type: "chatgpt" })));
    await device;
    const [first, second] = begun.map(({ loginId }) => loginId);
    expect(await client.ask("account/login/cancel", { loginId: first })).toEqual({ status: "notFound" });
    expect(await client.ask("account/login/cancel", { loginId: second })).toEqual({ status: "canceled" });
    const ends = [ended(first, "Login server error: Login cancelled")];
    ends.push(ended(second, "Login server error: Login was not completed"));
    await client.told("account/login/completed", 2);
    expect(client.log.filter(({ method }) => method === "account/login/completed").map(({ params }) => params)).toEqual(
      ends,
    );
  });

  test("that begins together with a push of tokens is not there beside them", async () => {
    const { client, simulator } = await world();
    const start = client.ask("account/login/start", { type: "chatgpt" }).catch(() => null);
    await push(client, tokensOf(simulator));
    const begun = await start;
    if (begun !== null)
      expect(await client.ask("account/login/cancel", { loginId: begun["loginId"] })).toEqual({ status: "notFound" });
    expect(await client.ask("getAuthStatus", {})).toMatchObject({ authMethod: "chatgptAuthTokens" });
  });

  test.each(["chatgpt", "chatgptDeviceCode"])("by %s is refused behind a push that still waits", async (type) => {
    const { client, simulator } = await world();
    await client.ask("account/login/start", { type: "chatgpt" });
    const pushed = client.ask("account/login/start", { type: "chatgptAuthTokens", ...tokensOf(simulator) });
    expect(await client.fail("account/login/start", { type })).toMatchObject({
      code: -32600,
      message: expect.stringContaining("External auth is active"),
    });
    await pushed;
  });

  test("that was given up while its code was exchanged keeps nothing", async () => {
    const { client, server, simulator } = await world();
    simulator.script.push("token", { kind: "delay", ms: 5000 });
    const { loginId, authUrl } = await client.ask("account/login/start", { type: "chatgpt" });
    const page = visit(String(authUrl)).catch(() => null);
    await vi.waitFor(() => expect(simulator.requests.map(({ target }) => target)).toContain("token"));
    expect(await client.ask("account/login/cancel", { loginId })).toEqual({ status: "canceled" });
    expect(await client.told("account/login/completed")).toMatchObject({ loginId, success: false });
    await client.ask("account/logout", null);
    await page;
    expect(await server.authJson()).toBeNull();
  });
});

describe("a sign-in with a code", () => {
  test("is stored once the code was typed", async () => {
    const { simulator, client } = await world({ simulator: { deviceIntervalSeconds: 0 } });
    const { type, userCode, verificationUrl } = await client.ask("account/login/start", { type: "chatgptDeviceCode" });
    expect([type, verificationUrl]).toEqual(["chatgptDeviceCode", `${simulator.issuer}/codex/device`]);
    simulator.approveDevice(String(userCode));
    expect(await client.told("account/updated")).toEqual({ authMode: "chatgpt", planType: "pro" });
  });

  test("can be cancelled", async () => {
    const { client } = await world({ simulator: { deviceIntervalSeconds: 0 } });
    const { loginId } = await client.ask("account/login/start", { type: "chatgptDeviceCode" });
    expect(await client.ask("account/login/cancel", { loginId })).toEqual({ status: "canceled" });
    expect(await client.told("account/login/completed")).toEqual(ended(loginId, "Login was not completed"));
  });

  test("cannot begin where no server is, and that is told", async () => {
    const { client } = await world({ env: { CODEX_APP_SERVER_LOGIN_ISSUER: "http://127.0.0.1:1" } });
    const { code, message } = await client.fail("account/login/start", { type: "chatgptDeviceCode" });
    expect(code).toBe(-32603);
    expect(message).toMatch(/^failed to request device code: /);
  });
});
