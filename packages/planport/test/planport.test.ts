import { once } from "node:events";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createPlanport, type Planport, type PlanportOptions } from "../src/planport.ts";
import { gate } from "./auth/support/fakes.ts";
import { type Simulator, startSimulator } from "../src/simulator/index.ts";

let simulator: Simulator;
let homeDir: string;
const opened: Planport[] = [];

beforeEach(async () => {
  simulator = await startSimulator();
  homeDir = mkdtempSync(join(tmpdir(), "planport-library-"));
  mkdirSync(join(homeDir, ".codex"));
});

afterEach(async () => {
  for (const planport of opened.splice(0)) await planport.close();
  await simulator.close();
  rmSync(homeDir, { recursive: true, force: true });
});

function configure(...lines: string[]): void {
  writeFileSync(join(homeDir, ".codex/config.toml"), lines.join("\n"));
}

async function open(options: PlanportOptions = {}): Promise<Planport> {
  const env = { CODEX_AUTHAPI_BASE_URL: simulator.authApiBaseUrl, ...options.env };
  const planport = await createPlanport({ homeDir, ...options, env });
  opened.push(planport);
  return planport;
}

async function ask(planport: Planport): Promise<string> {
  const answer = await planport.client.send({ model: "gpt-5.5", input: "hello" });
  let text = "";
  for await (const event of answer.events)
    if (event.type === "response.output_text.delta") text += String(event["delta"]);
  return text;
}

describe("createPlanport", () => {
  it("asks the backend that Codex's config.toml names, by way of workspace routing", async () => {
    configure(`chatgpt_base_url = "${simulator.chatgptBaseUrl}/"`);
    const planport = await open({ accessToken: simulator.issuePersonalAccessToken() });
    expect(await ask(planport)).toContain("hello");
    expect(simulator.requests.map((request) => request.target)).toContain("accountsCheck");
  });

  it("asks an explicit backend as it stands, without routing", async () => {
    const planport = await open({
      accessToken: simulator.issuePersonalAccessToken(),
      flags: { baseUrl: simulator.codexBaseUrl },
    });
    expect(await ask(planport)).toContain("hello");
    expect(simulator.requests.map((request) => request.target)).not.toContain("accountsCheck");
  });

  it("asks no server before the first call, and describes the sign-in without its secret", async () => {
    const tokens = simulator.issueTokens();
    const authFile = join(homeDir, "elsewhere.json");
    const document = {
      tokens: { access_token: tokens.accessToken, refresh_token: tokens.refreshToken, account_id: tokens.accountId },
    };
    writeFileSync(authFile, JSON.stringify(document));
    const planport = await open({ authFile });
    const description = planport.describe();
    expect(description).toMatchObject({
      kind: "chatgpt",
      source: authFile,
      accountId: tokens.accountId,
      renewable: true,
      expiresAtMs: Math.floor(tokens.expiresAtMs / 1000) * 1000,
    });
    expect(JSON.stringify(description)).not.toContain(tokens.refreshToken);
    expect(simulator.requests).toEqual([]);
  });

  it("holds an access token to the workspaces that are allowed, once its workspace is known", async () => {
    configure('forced_chatgpt_workspace_id = "another"');
    const planport = await open({
      accessToken: simulator.issuePersonalAccessToken(),
      flags: { baseUrl: simulator.codexBaseUrl },
    });
    await expect(ask(planport)).rejects.toMatchObject({ code: "workspace_forbidden", status: 403 });
    expect(simulator.requests.map((request) => request.target)).toEqual(["whoami"]);
  });

  it.each([
    ["chatgpt", "sk-0123456789abcdef", "https://api.openai.com/v1"],
    ["api", "", ""],
  ])("holds the sign-in to forced_login_method = %s", async (method, apiKey, baseUrl) => {
    configure(`forced_login_method = "${method}"`);
    if (apiKey !== "") writeFileSync(join(homeDir, ".codex/auth.json"), JSON.stringify({ OPENAI_API_KEY: apiKey }));
    const planport = await open({
      ...(apiKey === "" && { accessToken: simulator.issuePersonalAccessToken() }),
      flags: { baseUrl: baseUrl === "" ? simulator.codexBaseUrl : baseUrl },
    });
    await expect(planport.tokens.get()).rejects.toMatchObject({ code: "workspace_forbidden" });
  });

  it("refuses an API key next to a plan's backend, and a plan's token next to OpenAI's API, before anything is sent", async () => {
    await expect(
      open({ accessToken: simulator.issuePersonalAccessToken(), flags: { baseUrl: "https://api.openai.com/v1" } }),
    ).rejects.toMatchObject({ code: "credential_wrong_route" });
    writeFileSync(join(homeDir, ".codex/auth.json"), JSON.stringify({ OPENAI_API_KEY: "sk-0123456789abcdef" }));
    await expect(open({ flags: { baseUrl: simulator.codexBaseUrl } })).rejects.toMatchObject({
      code: "credential_wrong_route",
    });
    expect(simulator.requests).toEqual([]);
  });

  it("keeps the refresh token that arrives while it is being closed, though nobody waits for it", async () => {
    const authFile = join(homeDir, "auth.json");
    const jwt = (exp: number): string =>
      ["{}", JSON.stringify({ exp }), "s"].map((part) => Buffer.from(part).toString("base64url")).join(".");
    writeFileSync(
      authFile,
      JSON.stringify({ tokens: { access_token: jwt(1), refresh_token: "old", account_id: "a" } }),
    );
    const asked = gate<ServerResponse>();
    const server = createServer((request, response) => {
      request.resume();
      asked.open(response);
    }).listen(0, "127.0.0.1");
    await once(server, "listening");
    const refreshUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/oauth/token`;
    const planport = await open({ authFile, env: { CODEX_REFRESH_TOKEN_URL_OVERRIDE: refreshUrl } });
    const leaver = new AbortController();
    const usage = planport.client.usage({ signal: leaver.signal });
    const response = await asked.promise;
    leaver.abort();
    await expect(usage).rejects.toMatchObject({ code: "cancelled" });
    const closed = planport.close();
    response.end(JSON.stringify({ access_token: jwt(4_000_000_000), refresh_token: "new" }));
    await closed;
    expect(JSON.parse(readFileSync(authFile, "utf8"))).toMatchObject({ tokens: { refresh_token: "new" } });
    server.close();
    server.closeAllConnections();
  });

  it.each([
    [{ accessToken: "at-refused-0123456789" }, "from the accessToken option"],
    [{ env: { CODEX_PAT: "at-refused-0123456789" } }, "from $CODEX_PAT"],
    [{ env: { CODEX_ACCESS_TOKEN: "at-refused-0123456789" } }, "from $CODEX_ACCESS_TOKEN"],
  ])("says where an access token that is refused came from: %j", async (options, words) => {
    const planport = await open({ ...options, flags: { baseUrl: simulator.codexBaseUrl } });
    await expect(planport.tokens.get()).rejects.toMatchObject({
      code: "credential_rejected",
      message: expect.stringContaining(words) as unknown,
    });
  });

  it("sends the client version that the settings hold", async () => {
    const planport = await open({
      accessToken: simulator.issuePersonalAccessToken(),
      env: { CODEX_CLIENT_VERSION: "1.2.3" },
      flags: { baseUrl: simulator.codexBaseUrl },
    });
    await planport.client.models();
    expect(simulator.requests.map((request) => request.headers["version"])).toContain("1.2.3");
  });

  it("names what is wrong with the settings", async () => {
    await expect(open({ env: { CODEX_BASE_URL: "nowhere" } })).rejects.toMatchObject({ code: "config_invalid" });
  });
});
