/**
 * A home folder with a sign-in to the simulator, and the options with which planport uses both.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "vitest";
import type { PlanportOptions } from "../../../src/planport.ts";
import type { Simulator } from "../../../src/simulator/index.ts";

const folders: string[] = [];

afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
});

/** A fresh folder, gone after the tests. */
export function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "planport-hosts-"));
  folders.push(folder);
  return folder;
}

/** The environment of somebody who is signed in. */
export function signedInEnvironment(simulator: Simulator, home: string = newFolder()): Record<string, string> {
  const codexHome = join(home, ".codex");
  mkdirSync(codexHome, { recursive: true });
  const { accessToken, refreshToken, idToken, accountId } = simulator.issueTokens();
  const tokens = { access_token: accessToken, refresh_token: refreshToken, id_token: idToken, account_id: accountId };
  const document = { auth_mode: "chatgpt", OPENAI_API_KEY: null, tokens, last_refresh: new Date().toISOString() };
  writeFileSync(join(codexHome, "auth.json"), JSON.stringify(document), { mode: 0o600 });
  return environmentOf(simulator, home);
}

/** The environment of somebody who is not. */
export function environmentOf(simulator: Simulator, home: string = newFolder()): Record<string, string> {
  return {
    HOME: home,
    USERPROFILE: home,
    CODEX_HOME: join(home, ".codex"),
    CODEX_BASE_URL: simulator.codexBaseUrl,
    CODEX_REFRESH_TOKEN_URL_OVERRIDE: `${simulator.issuer}/oauth/token`,
  };
}

/** What `createPlanport` and its like take. */
export function planportOptions(env: Readonly<Record<string, string>>): Pick<PlanportOptions, "env" | "homeDir"> {
  return { env, homeDir: env["HOME"] };
}
