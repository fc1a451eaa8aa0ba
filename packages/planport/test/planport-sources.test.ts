import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Credential, ExternalRefreshReason } from "../src/auth/index.ts";
import { createPlanport, type Planport, type PlanportOptions } from "../src/planport.ts";
import { type Simulator, startSimulator } from "../src/simulator/index.ts";

let simulator: Simulator;
let homeDir: string;
const opened: Planport[] = [];

beforeEach(async () => {
  simulator = await startSimulator();
  homeDir = mkdtempSync(join(tmpdir(), "planport-sources-"));
});
afterEach(async () => {
  for (const planport of opened.splice(0)) await planport.close();
  await simulator.close();
  rmSync(homeDir, { recursive: true, force: true });
});

async function open(options: PlanportOptions): Promise<Planport> {
  const env = { CODEX_AUTHAPI_BASE_URL: simulator.authApiBaseUrl, ...options.env };
  const planport = await createPlanport({ homeDir, flags: { baseUrl: simulator.codexBaseUrl }, ...options, env });
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

function responses(): readonly unknown[] {
  return simulator.requests.filter((request) => request.target === "responses");
}

/** A command that prints what stands in a file. */
function printing(text: string): readonly string[] {
  const file = join(homeDir, "token.txt");
  writeFileSync(file, text);
  return [process.execPath, "-e", "process.stdout.write(require('fs').readFileSync(process.argv[1]))", file];
}

function force(workspace: string): void {
  mkdirSync(join(homeDir, ".codex"), { recursive: true });
  writeFileSync(join(homeDir, ".codex/config.toml"), `forced_chatgpt_workspace_id = "${workspace}"`);
}

describe("tokens of a parent program", () => {
  it("are used for requests, asked for once on a 401, and never written", async () => {
    const first = simulator.issueTokens();
    const reasons: [ExternalRefreshReason, string | null][] = [];
    const renewed: Credential[] = [];
    const planport = await open({
      external: {
        initial: { accessToken: first.accessToken },
        refresh: async (reason, previousAccountId) => {
          reasons.push([reason, previousAccountId]);
          return { accessToken: simulator.issueTokens().accessToken };
        },
      },
      onRefreshed: (credential) => renewed.push(credential),
    });
    expect(planport.describe()).toMatchObject({ kind: "external", accountId: first.accountId, renewable: true });
    expect(await ask(planport)).toContain("hello");
    simulator.expireAccessTokens();
    expect(await ask(planport)).toContain("hello");
    expect(reasons).toEqual([["unauthorized", first.accountId]]);
    expect(renewed).toMatchObject([{ kind: "external" }]);
    expect(readdirSync(homeDir, { recursive: true })).toEqual([]);
  });

  it("that do not help leave the 401 standing after one question", async () => {
    let asked = 0;
    const planport = await open({
      external: {
        initial: { accessToken: simulator.issueTokens().accessToken },
        refresh: async () => {
          asked++;
          const { accessToken } = simulator.issueTokens();
          simulator.expireAccessTokens();
          return { accessToken };
        },
      },
    });
    simulator.expireAccessTokens();
    await expect(ask(planport)).rejects.toMatchObject({ code: "credential_rejected" });
    expect(asked).toBe(1);
  });

  it("are held to the forced workspace", async () => {
    force("ws-elsewhere");
    const { accessToken } = simulator.issueTokens();
    await expect(
      open({ external: { initial: { accessToken }, refresh: async () => ({ accessToken }) } }),
    ).rejects.toMatchObject({ code: "workspace_forbidden" });
    const late = await open({ external: { refresh: async () => ({ accessToken }) } });
    await expect(ask(late)).rejects.toMatchObject({ code: "workspace_forbidden" });
    expect(responses()).toEqual([]);
  });
});

describe("a token command", () => {
  it("is run at once and again on a 401", async () => {
    const command = printing(simulator.issueTokens().accessToken);
    const planport = await open({ tokenCommand: command });
    expect(planport.describe()).toMatchObject({ kind: "external", accountId: simulator.accounts.default.id });
    expect(await ask(planport)).toContain("hello");
    simulator.expireAccessTokens();
    printing(`${simulator.issueTokens().accessToken}\n`);
    expect(await ask(planport)).toContain("hello");
  });

  it("in PLANPORT_TOKEN_COMMAND works the same, and may print an enterprise's access token", async () => {
    const command = printing(simulator.issuePersonalAccessToken());
    const planport = await open({ env: { ...process.env, PLANPORT_TOKEN_COMMAND: JSON.stringify(command) } });
    expect(planport.describe()).toMatchObject({ kind: "personalAccessToken", source: "$PLANPORT_TOKEN_COMMAND" });
    expect(await ask(planport)).toContain("hello");
    expect((await planport.tokens.get()).accountId).toBe(simulator.accounts.default.id);
  });

  it("is held to the forced workspace", async () => {
    force("ws-elsewhere");
    const planport = await open({ tokenCommand: printing(simulator.issueTokens().accessToken) });
    await expect(ask(planport)).rejects.toMatchObject({ code: "workspace_forbidden" });
    expect(responses()).toEqual([]);
  });

  it("that fails is named, and its arguments are not", async () => {
    const error = await open({ tokenCommand: [process.execPath, "-e", "process.exit(1)", "hunter2"] }).catch(
      (thrown: unknown) => thrown,
    );
    expect(String(error)).toContain("(the tokenCommand option) failed with exit code 1");
    expect(String(error)).not.toContain("hunter2");
  });
});

it("two options that each name a credential are refused", async () => {
  await expect(open({ accessToken: "at-x", authFile: "/nowhere" })).rejects.toMatchObject({
    code: "config_invalid",
    message: "Of the options accessToken and authFile, only one can be given.",
  });
});

it("a stored sign-in of another workspace than the forced one gives no bearer, and its refresh token is not spent", async () => {
  force("ws-elsewhere");
  const tokens = simulator.issueTokens({ accessTokenTtlMs: 1 });
  const authFile = join(homeDir, "auth.json");
  const document = {
    tokens: { access_token: tokens.accessToken, refresh_token: tokens.refreshToken, account_id: tokens.accountId },
  };
  writeFileSync(authFile, JSON.stringify(document));
  const planport = await open({
    authFile,
    env: { CODEX_REFRESH_TOKEN_URL_OVERRIDE: `${simulator.issuer}/oauth/token` },
  });
  await expect(ask(planport)).rejects.toMatchObject({ code: "workspace_forbidden" });
  expect(simulator.requests).toEqual([]);
});
