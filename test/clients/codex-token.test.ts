/**
 * `planport token` as the `auth.command` of the real Codex CLI: planport keeps the sign-in fresh, Codex only asks for it.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Simulator, startSimulator } from "../../packages/planport/src/simulator/index.ts";
import { codexScript, execTurn } from "./support/codex.ts";
import { reportNotRun } from "./support/not-run.ts";
import { temporaryFolder } from "./support/process.ts";
import { BIN, signedInHome } from "./support/stack.ts";

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
}
