/** With a token and its account both set, nobody is asked about them: by status, ask and serve. And API keys on the command line. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { type Simulator, startSimulator } from "../../src/simulator/index.ts";
import { newHome, put, run, start } from "./support/cli.ts";

let simulator: Simulator;
let home: string;
beforeEach(async () => {
  simulator = await startSimulator();
  home = newHome();
});
afterEach(() => simulator.close());

/** A server that nobody should ask: it notes each call. */
async function tripwire(): Promise<{ readonly url: string; readonly calls: string[] }> {
  const calls: string[] = [];
  const server = createServer((request, response) => {
    calls.push(`${request.method} ${request.url}`);
    response.writeHead(500).end();
  }).listen(0, "127.0.0.1");
  await new Promise((resolve) => {
    server.once("listening", resolve);
  });
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, calls };
}

async function fixedAccount(): Promise<{ env: Record<string, string>; calls: string[] }> {
  const { url, calls } = await tripwire();
  const env = {
    CODEX_ACCESS_TOKEN: simulator.issuePersonalAccessToken(),
    CODEX_ACCOUNT_ID: simulator.accounts.default.id,
    CODEX_BASE_URL: simulator.codexBaseUrl,
    CODEX_WHOAMI_URL: `${url}/whoami`,
    CODEX_AUTHAPI_BASE_URL: url,
    CODEX_APP_SERVER_LOGIN_ISSUER: url,
    CODEX_REFRESH_TOKEN_URL_OVERRIDE: url,
    HTTPS_PROXY: url,
  };
  return { env, calls };
}

describe("an access token whose account is set as well", () => {
  it("is told of by status without any request to anybody", async () => {
    const { env, calls } = await fixedAccount();
    const { code, stdout } = await run(home, ["status", "--json"], { env });
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      kind: "personalAccessToken",
      accountId: simulator.accounts.default.id,
      verified: false,
    });
    expect([calls, simulator.requests]).toEqual([[], []]);
  });

  it("is used by ask without a request but the model call's own", async () => {
    const { env, calls } = await fixedAccount();
    const { code, stdout } = await run(home, ["ask", "-m", "gpt-5.5", "Reply with exactly: pong"], { env });
    expect([code, stdout]).toEqual([0, "pong\n"]);
    expect(calls).toEqual([]);
    expect(simulator.requests.map((request) => request.target)).toEqual(["models", "responses"]);
    expect(simulator.requests[1]?.headers["chatgpt-account-id"]).toBe(simulator.accounts.default.id);
    // Nothing was looked up, so nothing is remembered either.
    expect(existsSync(join(home, ".planport"))).toBe(false);
  });

  it("is used by serve without a request but those of the backend", async () => {
    const { env, calls } = await fixedAccount();
    const running = start(home, ["serve", "--port", "0"], { env });
    const [url] = await running.until(/http:\/\/127\.0\.0\.1:\d+/);
    const answer = await fetch(`${url}/v1/responses`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ model: "gpt-5.5", input: "Reply with exactly: pong" }),
    });
    expect(await answer.text()).toContain("pong");
    await running.until(/Ctrl-C stops it/);
    running.child.kill("SIGTERM");
    await running.finished;
    expect(calls).toEqual([]);
    expect(new Set(simulator.requests.map((request) => request.target))).toEqual(new Set(["models", "responses"]));
  });
});

describe("an access token whose account is not set", () => {
  it("is looked up by the first command and not by the next", async () => {
    const env = {
      CODEX_ACCESS_TOKEN: simulator.issuePersonalAccessToken(),
      CODEX_AUTHAPI_BASE_URL: simulator.authApiBaseUrl,
      CODEX_BASE_URL: simulator.codexBaseUrl,
    };
    for (let round = 0; round < 2; round++)
      expect((await run(home, ["ask", "-m", "gpt-5.5", "hello"], { env })).code).toBe(0);
    expect(simulator.requests.filter((request) => request.target === "whoami")).toHaveLength(1);
  });

  it("that the backend denies access to is not said to be revoked", async () => {
    const env = {
      CODEX_ACCESS_TOKEN: simulator.issuePersonalAccessToken(),
      CODEX_AUTHAPI_BASE_URL: simulator.authApiBaseUrl,
      CODEX_BASE_URL: simulator.codexBaseUrl,
    };
    for (const status of [401, 403]) {
      simulator.script.push("responses", { kind: "http", status, body: { detail: "No." } });
      const { code, stderr } = await run(home, ["ask", "-m", "gpt-5.5", "hello"], { env });
      expect(code).not.toBe(0);
      expect(stderr).toContain("minting a new one will not help");
      expect(stderr).toContain(simulator.accounts.default.id);
    }
  });
});

describe("an API key in the environment", () => {
  const keyed = (): Record<string, string> => ({
    OPENAI_API_KEY: simulator.issueApiKey(),
    CODEX_BASE_URL: simulator.platformBaseUrl,
  });

  it("answers ask, lists models and is told of by status", async () => {
    const env = keyed();
    expect((await run(home, ["ask", "Reply with exactly: pong"], { env })).stdout).toBe("pong\n");
    expect((await run(home, ["models"], { env })).stdout).toContain("gpt-5.5");
    const { code, stdout } = await run(home, ["status", "--json"], { env });
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      kind: "apiKey",
      source: "$OPENAI_API_KEY",
      backend: simulator.platformBaseUrl,
    });
    expect(stdout).not.toContain(env["OPENAI_API_KEY"]);
  });

  it("makes usage say that there is no plan", async () => {
    const { code, stderr } = await run(home, ["usage"], { env: keyed() });
    expect(code).toBe(1);
    expect(stderr).toMatch(/^planport: An OpenAI API key has no plan.*\n$/);
  });

  it("serves, and says that it is billed", async () => {
    const running = start(home, ["serve", "--port", "0"], { env: keyed() });
    const [url] = await running.until(/http:\/\/127\.0\.0\.1:\d+/);
    const answer = await fetch(`${url}/v1/chat/completions`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ model: "gpt-5.5", messages: [{ role: "user", content: "Reply with exactly: pong" }] }),
    });
    expect(await answer.text()).toContain('"content":"pong"');
    await running.until(/with an API key: OpenAI bills what is used/);
    running.child.kill("SIGTERM");
    await running.finished;
  });

  it("is not used while there is a plan's sign-in, nor is one that was put into an access token's variable", async () => {
    const { accessToken, refreshToken, accountId } = simulator.issueTokens();
    const tokens = { access_token: accessToken, refresh_token: refreshToken, account_id: accountId };
    put(home, ".codex/auth.json", JSON.stringify({ tokens }));
    const env = { ...keyed(), CODEX_BASE_URL: simulator.codexBaseUrl };
    expect(JSON.parse((await run(home, ["status", "--json"], { env })).stdout)).toMatchObject({ kind: "chatgpt" });
    const wrong = await run(home, ["ask", "hello"], {
      env: { ...env, CODEX_ACCESS_TOKEN: "sk-proj-0123456789abcdef" },
    });
    expect(wrong.code).toBe(3);
    expect(wrong.stderr).toMatch(/CODEX_ACCESS_TOKEN holds an OpenAI API key .*OPENAI_API_KEY/);
    expect(simulator.requests).toEqual([]);
  });
});
