import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Simulator, startSimulator } from "../../src/simulator/index.ts";
import { ensureBuilt } from "../cli/support/build.ts";
import { type PiFolder, piFolder, properLockfile } from "./support/pi.ts";

let pi: PiFolder;
let simulator: Simulator;

beforeEach(async () => {
  await ensureBuilt();
  pi = piFolder();
  simulator = await startSimulator();
});

afterEach(async () => {
  await simulator.close();
  pi.remove();
});

/** Another process that asks for the key as often as it is told, all at once. What it printed: one line for each. */
async function keysFrom(times: number): Promise<readonly string[]> {
  const entry = fileURLToPath(new URL("../../dist/index.js", import.meta.url));
  const program = `
    import { AuthStorage } from ${JSON.stringify(entry)};
    const storage = new AuthStorage(undefined, { issuer: ${JSON.stringify(simulator.issuer)} });
    const keys = await Promise.all(Array.from({ length: ${times} }, () => storage.getApiKey("openai-codex")));
    console.log(keys.join("\\n"));`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", program], {
    env: { ...process.env, PI_CODING_AGENT_DIR: pi.dir },
    stdio: ["ignore", "pipe", "inherit"],
  });
  let printed = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    printed += text;
  });
  const code = await new Promise<number | null>((resolve) => child.once("close", resolve));
  expect(code).toBe(0);
  return printed.trim().split("\n");
}

describe("pi's login among processes", () => {
  it("that has ended is renewed once by eight of them, each of which asks five times", async () => {
    const { accessToken, refreshToken, accountId } = simulator.issueTokens();
    const login = { type: "oauth", access: accessToken, refresh: refreshToken, expires: 1, accountId };
    pi.write({ anthropic: { type: "api_key", key: "kept" }, "openai-codex": { ...login, issuer: simulator.issuer } });
    const keys = (await Promise.all(Array.from({ length: 8 }, () => keysFrom(5)))).flat();
    expect(keys.length).toBe(40);
    expect(new Set(keys)).toEqual(new Set([pi.read()["openai-codex"]?.["access"]]));
    expect(keys[0]).not.toBe(accessToken);
    expect([simulator.refreshes, simulator.reusedRefreshTokens]).toEqual([1, 0]);
    expect(pi.read()["anthropic"]).toEqual({ type: "api_key", key: "kept" });
    expect(existsSync(`${pi.authFile}.lock`)).toBe(false);
    expect(await properLockfile.check(pi.authFile)).toBe(false);
  });
});
