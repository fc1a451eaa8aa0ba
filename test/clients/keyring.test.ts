/**
 * Sign-ins in the system's keyring: the one that the real Codex CLI put there, and planport's own.
 */
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type Simulator, startSimulator } from "../../packages/planport/src/simulator/index.ts";
import { codexScript, configureForSimulator, execTurn, runCodex, viaLocalhost } from "./support/codex.ts";
import { reportNotRun } from "./support/not-run.ts";
import { type Finished, temporaryFolder } from "./support/process.ts";
import { missingPrograms, type SecretService, startSecretService } from "./support/secret-service.ts";
import { startPlanport } from "./support/stack.ts";

const missing = missingPrograms();
let session: SecretService;
let simulator: Simulator;
let home: string;

function variables(): Record<string, string> {
  return {
    ...session.env,
    CODEX_HOME: home,
    CODEX_BASE_URL: simulator.codexBaseUrl,
    CODEX_REFRESH_TOKEN_URL_OVERRIDE: `${simulator.issuer}/oauth/token`,
    CODEX_AUTHAPI_BASE_URL: simulator.authApiBaseUrl,
  };
}

function planport(args: readonly string[], env: Readonly<Record<string, string>> = variables()): Promise<Finished> {
  return startPlanport(home, args, env).finished;
}

function keepIn(store: "keyring" | "auto"): void {
  const file = join(home, "config.toml");
  writeFileSync(
    file,
    readFileSync(file, "utf8").replace(/^cli_auth_credentials_store = .*$/m, `cli_auth_credentials_store = "${store}"`),
  );
}

async function signInWithCodex(): Promise<void> {
  const issuer = viaLocalhost(simulator.issuer);
  const args = ["login", "--device-auth", "--experimental_issuer", issuer];
  const { code, stdout, stderr } = await runCodex(args, home, variables());
  expect(code, stdout + stderr).toBe(0);
}

if (process.platform !== "linux") {
  // The keyrings of macOS and Windows belong to the person at the machine; a test has no business in them.
} else if (codexScript === null) reportNotRun("the keyring", "test/clients is not installed; npm test installs it");
else if (missing.length > 0) reportNotRun("the keyring", `${missing.join(" and ")} cannot be found`);
else {
  describe("with a keyring", () => {
    beforeAll(async () => {
      session = await startSecretService();
    });
    afterAll(() => session.stop());
    beforeEach(async () => {
      simulator = await startSimulator({ autoApprove: true, deviceIntervalSeconds: 1 });
      home = temporaryFolder("keyring-home");
      configureForSimulator(home, simulator);
      keepIn("keyring");
    });
    afterEach(() => simulator.close());

    it("planport uses the login that the Codex CLI keeps there, renews it there, and the Codex CLI goes on with it", async () => {
      await signInWithCodex();
      expect(existsSync(join(home, "auth.json"))).toBe(false);
      const status = await planport(["status"]);
      expect(status.stdout + status.stderr).toContain("the system's keyring");

      simulator.expireAccessTokens();
      const answer = await planport(["ask", "-m", "gpt-5.5", "Reply with exactly: by planport"]);
      expect(answer.stdout, answer.stderr).toContain("by planport");
      expect(simulator.refreshes).toBe(1);

      const report = await execTurn(home, "gpt-5.5", "Reply with exactly: by Codex", variables());
      expect(report.answer).toBe("by Codex");
      expect(simulator.refreshes).toBe(1); // What planport got is what Codex uses.

      simulator.expireAccessTokens();
      await execTurn(home, "gpt-5.5", "Reply with exactly: again", variables());
      const token = await planport(["token"]);
      expect(token.code, token.stderr).toBe(0);
      expect(simulator.refreshes).toBe(2); // And the other way round.
      expect(simulator.reusedRefreshTokens).toBe(0);
      expect(existsSync(join(home, "auth.json"))).toBe(false);
    });

    it("a login of the Codex CLI in `auto` is found in the keyring, and in the file where there is no keyring", async () => {
      keepIn("auto");
      await signInWithCodex();
      expect(existsSync(join(home, "auth.json"))).toBe(false);
      expect((await planport(["token"])).code).toBe(0);
      const { DBUS_SESSION_BUS_ADDRESS: _bus, ...desktopless } = variables();
      expect((await planport(["token"], desktopless)).code).toBe(3);
      const { code } = await runCodex(
        ["login", "--device-auth", "--experimental_issuer", viaLocalhost(simulator.issuer)],
        home,
        desktopless,
      );
      expect(code).toBe(0);
      expect(existsSync(join(home, "auth.json"))).toBe(true);
      expect((await planport(["token"], desktopless)).code).toBe(0);
    });

    it("planport keeps its own sign-in there when it is told to, and no secret in a file", async () => {
      const env = { ...variables(), PLANPORT_CREDENTIALS_STORE: "keyring" };
      const token = simulator.issuePersonalAccessToken();
      const login = await startPlanport(home, ["login", "--with-access-token"], env, `${token}\n`).finished;
      expect(login.code, login.stderr).toBe(0);
      expect((await planport(["token"], env)).stdout.trim()).toBe(token);
      const files = readdirSync(home, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
      const texts = files.map((entry) => readFileSync(join(entry.parentPath, entry.name), "latin1"));
      expect(texts.filter((text) => text.includes(token))).toEqual([]);
      const logout = await planport(["logout"], env);
      expect(logout.stdout, logout.stderr).toContain("Signed out.");
      expect((await planport(["token"], env)).code).toBe(3);
    });
  });

  it("without a secret service a login in the keyring is told as out of reach, with what to do", async () => {
    home = temporaryFolder("no-keyring-home");
    writeFileSync(join(home, "config.toml"), 'cli_auth_credentials_store = "keyring"');
    const { code, stderr } = await planport(["token"], { CODEX_HOME: home });
    expect(code).toBe(3);
    expect(stderr).toContain("there is no secret service to speak to");
    expect(stderr).toContain("planport login");
  });
}
