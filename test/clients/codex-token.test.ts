/**
 * `planport token` as the `auth.command` of the real Codex CLI: planport keeps the sign-in fresh, Codex only asks for it.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Simulator, startSimulator } from "../../packages/planport/src/simulator/index.ts";
import { codexScript, execTurn, outputsOf } from "./support/codex.ts";
import { reportNotRun } from "./support/not-run.ts";
import { temporaryFolder } from "./support/process.ts";
import { BIN, type Gateway, signedInHome, startGateway, startPlanport } from "./support/stack.ts";

let simulator: Simulator;
let codexHome: string;

beforeEach(async () => {
  simulator = await startSimulator();
  codexHome = temporaryFolder("codex-home");
});
afterEach(() => simulator.close());

/** As the README shows it, with this Node.js and this checkout in place of an installed planport. */
function configure(): void {
  const lines = [
    `model_provider = "plan"`,
    `[model_providers.plan]`,
    `name = "plan"`,
    `base_url = "${simulator.codexBaseUrl}"`,
    `wire_api = "responses"`,
    `http_headers = { "chatgpt-account-id" = "${simulator.accounts.default.id}" }`,
    `[model_providers.plan.auth]`,
    `command = ${JSON.stringify(process.execPath)}`,
    `args = [${JSON.stringify(BIN)}, "token"]`,
  ];
  writeFileSync(join(codexHome, "config.toml"), `${lines.join("\n")}\n`);
}

/** planport's folder, with a sign-in of its own; Codex has none. */
function planportEnvironment(): { env: Record<string, string>; file: string } {
  const home = signedInHome(simulator);
  return {
    file: join(home, "auth.json"),
    env: { PLANPORT_HOME: home, CODEX_REFRESH_TOKEN_URL_OVERRIDE: `${simulator.issuer}/oauth/token` },
  };
}

if (codexScript === null) reportNotRun("the Codex CLI", "test/clients is not installed; npm test installs it");
else {
  describe("Codex CLI with planport token as its auth.command", () => {
    it("runs a turn with the bearer that planport prints", async () => {
      configure();
      const { env } = planportEnvironment();
      const report = await execTurn(codexHome, "gpt-5.5", "Reply with exactly: with a printed bearer", env);
      expect(report.answer).toBe("with a printed bearer");
      expect(simulator.refreshes).toBe(0);
    });

    it("gets a renewed bearer in place of one that has expired, and planport keeps it", async () => {
      configure();
      const { env, file } = planportEnvironment();
      const stored = JSON.parse(readFileSync(file, "utf8")) as { tokens: Record<string, string> };
      stored.tokens["access_token"] = simulator.issueTokens({ accessTokenTtlMs: 1 }).accessToken;
      const before = JSON.stringify(stored);
      writeFileSync(file, before);
      const report = await execTurn(codexHome, "gpt-5.5", "Reply with exactly: renewed", env);
      expect(report.answer).toBe("renewed");
      expect(simulator.refreshes).toBe(1);
      expect(simulator.reusedRefreshTokens).toBe(0);
      expect(readFileSync(file, "utf8")).not.toBe(before);
    });
  });

  describe.each([
    { name: "a gateway without a key", flags: [] },
    { name: "a gateway with a key that Codex does not know", flags: ["--key", "a-key-of-the-gateway"] },
  ])("Codex CLI as planport connect codex --write sets it up, at $name", ({ flags }) => {
    it("runs tool calls on planport's plan, while planport's token expires midway", async () => {
      const { env, file } = planportEnvironment();
      const gateway = await startGateway(simulator, env["PLANPORT_HOME"] ?? "", flags);
      await connect(gateway);
      const before = readFileSync(file, "utf8");
      const report = await execTurn(codexHome, "gpt-5.5", promptThatExpiresTheToken(), {
        ...env,
        PATH: [folderWithPlanport(), process.env["PATH"] ?? ""].join(delimiter),
      });
      expect(outputsOf(report)).toEqual(["first", "expired 200", "third"]);
      expect(simulator.refreshes).toBe(1);
      expect(simulator.reusedRefreshTokens).toBe(0);
      expect(readFileSync(file, "utf8")).not.toBe(before);
      const calls = simulator.requests.filter(({ target }) => target === "responses");
      expect(calls.length).toBeGreaterThanOrEqual(4);
      for (const { headers } of calls) expect(headers["chatgpt-account-id"]).toBe(simulator.accounts.default.id);
    });
  });

  it("a gateway with a key takes no bearer but planport's own", async () => {
    const gateway = await startGateway(simulator, signedInHome(simulator), ["--key", "a-key-of-the-gateway"]);
    const { accessToken } = simulator.issueTokens();
    const answer = await fetch(`${gateway.baseURL}/models`, { headers: { authorization: `Bearer ${accessToken}` } });
    expect(answer.status).toBe(401);
  });
}

async function connect(gateway: Gateway): Promise<void> {
  const { origin } = new URL(gateway.baseURL);
  const { finished } = startPlanport(codexHome, ["connect", "codex", "--write", "--url", origin], {
    CODEX_HOME: codexHome,
  });
  const { code, stderr } = await finished;
  expect(code, stderr).toBe(0);
  const config = readFileSync(join(codexHome, "config.toml"), "utf8");
  expect(config).toContain(`base_url = "${origin}/backend-api/codex"`);
  expect(config).toContain('command = "planport"');
}

/** A folder in which the shell finds this checkout as `planport`. */
function folderWithPlanport(): string {
  const folder = temporaryFolder("bin");
  const [node, bin] = [process.execPath, BIN].map((each) => JSON.stringify(each));
  if (process.platform === "win32") writeFileSync(join(folder, "planport.cmd"), `@${node} ${bin} %*\r\n`);
  else writeFileSync(join(folder, "planport"), `#!/bin/sh\nexec ${node} ${bin} "$@"\n`, { mode: 0o755 });
  return folder;
}

/** Three tool calls, the second of which ends the life of all access tokens. */
function promptThatExpiresTheToken(): string {
  const options = JSON.stringify({ method: "POST", headers: { "content-type": "application/json" } });
  const script = `fetch("${simulator.origin}/_simulator/expire-tokens",${options}).then((r)=>console.log("expired",r.status))`;
  writeFileSync(join(codexHome, "expire.mjs"), script);
  const commands = ["echo first", `${process.execPath} ${join(codexHome, "expire.mjs")}`, "echo third"];
  return commands.map((cmd) => `call exec_command with ${JSON.stringify({ cmd })}`).join(", then ");
}
