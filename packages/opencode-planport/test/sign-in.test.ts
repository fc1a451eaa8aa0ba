/**
 * Signing in with an access token: only one that the backend takes gets the place of the sign-in that is there.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { type Simulator, startSimulator, unauthorized } from "../../planport/src/simulator/index.ts";
import { signInMethods, type SignInOptions } from "../src/sign-in.ts";

let simulator: Simulator;
let home: string;
/** How often the plug-in was told of a new sign-in. */
let signIns: number;

beforeEach(async () => {
  simulator = await startSimulator();
  home = mkdtempSync(join(tmpdir(), "planport-opencode-"));
  signIns = 0;
  const own = /^(CODEX|PLANPORT|OPENAI)_|_PROXY$/i;
  for (const name of Object.keys(process.env).filter((key) => own.test(key))) vi.stubEnv(name, undefined);
  vi.stubEnv("PLANPORT_HOME", home);
  vi.stubEnv("CODEX_HOME", join(home, "codex"));
  vi.stubEnv("CODEX_BASE_URL", simulator.codexBaseUrl);
  vi.stubEnv("CODEX_AUTHAPI_BASE_URL", simulator.authApiBaseUrl);
});

afterEach(async () => {
  vi.unstubAllEnvs();
  await simulator.close();
  rmSync(home, { recursive: true, force: true, maxRetries: 5 });
});

async function signIn(token: string, flags: SignInOptions["flags"] = {}): Promise<void> {
  const onSignedIn = async (): Promise<void> => void (signIns += 1);
  const begun = await signInMethods({ flags, onSignedIn })[2]?.authorize();
  if (begun?.method !== "code") throw new Error("It takes no token.");
  await begun.callback(` ${token}\n`);
}

const file = (...place: string[]): string => join(home, ...place, "auth.json");
const kept = (): string => readFileSync(file(), "utf8");

it("keeps a token that the backend takes", async () => {
  const token = simulator.issuePersonalAccessToken();
  await signIn(token);
  expect(kept()).toContain(token);
  expect(signIns).toBe(1);
});

it("keeps none that the backend refuses, though CODEX_ACCOUNT_ID leaves nobody to ask whose it is", async () => {
  const good = simulator.issuePersonalAccessToken();
  await signIn(good);
  vi.stubEnv("CODEX_ACCOUNT_ID", simulator.accounts.default.id);
  await expect(signIn("at-made-up")).rejects.toMatchObject({ code: "credential_rejected" });
  expect(kept()).toContain(good);
  expect(signIns).toBe(1);
});

it("keeps none that was good once, and whose workspace is remembered", async () => {
  const [once, good] = [simulator.issuePersonalAccessToken(), simulator.issuePersonalAccessToken()];
  await signIn(once);
  await signIn(good);
  simulator.script.push("models", unauthorized());
  simulator.script.push("whoami", unauthorized());
  await expect(signIn(once)).rejects.toMatchObject({ code: "credential_rejected" });
  expect(kept()).toContain(good);
  expect(signIns).toBe(2);
});

it("says that the backend cannot be reached, and keeps nothing", async () => {
  const gone = await startSimulator();
  await gone.close();
  vi.stubEnv("CODEX_BASE_URL", gone.codexBaseUrl);
  vi.stubEnv("CODEX_ACCOUNT_ID", simulator.accounts.default.id);
  const failed = signIn(simulator.issuePersonalAccessToken());
  await expect(failed).rejects.toMatchObject({ code: "upstream_unreachable" });
  await expect(failed).rejects.toThrow("127.0.0.1");
  expect(existsSync(file())).toBe(false);
  expect(signIns).toBe(0);
});

it.each(["flag", "variable"])(
  "asks about a named account's token without the workspace of another (%s)",
  async (by) => {
    vi.stubEnv("CODEX_ACCOUNT_ID", "somebody-elses");
    if (by === "variable") vi.stubEnv("PLANPORT_ACCOUNT", "work");
    const token = simulator.issuePersonalAccessToken();
    await signIn(token, by === "flag" ? { account: "work" } : {});
    expect(readFileSync(file("accounts", "work"), "utf8")).toContain(token);
  },
);
