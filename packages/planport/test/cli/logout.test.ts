import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Simulator, startSimulator } from "../../src/simulator/index.ts";
import { newHome, pointAt, put, run, signedInHome, start } from "./support/cli.ts";

let simulator: Simulator;

beforeEach(async () => {
  simulator = await startSimulator({ autoApprove: true, deviceIntervalSeconds: 1 });
});

afterEach(async () => {
  await simulator.close();
});

const own = (home: string): string => join(home, ".planport/auth.json");
const readJson = (file: string): Record<string, Record<string, unknown>> =>
  JSON.parse(readFileSync(file, "utf8")) as Record<string, Record<string, unknown>>;

it.each(["CODEX_ACCESS_TOKEN", "PLANPORT_TOKEN_COMMAND"])("a sign-in says that %s goes before it", async (name) => {
  const env = { ...pointAt(simulator), [name]: "at-0123456789abcdef" };
  const { code, stderr } = await run(newHome(), ["login", "--device-auth"], { env });
  expect([code, stderr]).toEqual([0, expect.stringContaining(`${name} is set and goes before this sign-in`)]);
});

describe("logout", () => {
  it("revokes and forgets planport's own sign-in, and leaves Codex's alone", async () => {
    const home = signedInHome(simulator);
    const env = pointAt(simulator);
    const input = "";
    const login = start(home, ["login", "--device-auth"], { env, input });
    expect((await login.finished).code).toBe(0);
    const refreshToken = readJson(own(home))["tokens"]?.["refresh_token"];

    const { code, stdout } = await run(home, ["logout"], { env });
    expect(code).toBe(0);
    expect(stdout).toContain("Signed out.");
    expect(stdout).toContain(`${join(home, ".codex/auth.json")} is left alone`);
    expect(existsSync(own(home))).toBe(false);
    expect(existsSync(join(home, ".codex/auth.json"))).toBe(true);
    expect(simulator.requests.filter((request) => request.target === "revoke").map((request) => request.body)).toEqual([
      expect.objectContaining({ token: refreshToken, token_type_hint: "refresh_token" }),
    ]);
  });

  it("with --codex, names Codex's file, revokes its login and removes it, and leaves planport's own alone", async () => {
    const home = signedInHome(simulator);
    const env = pointAt(simulator);
    const codex = join(home, ".codex/auth.json");
    const refreshToken = readJson(codex)["tokens"]?.["refresh_token"];
    expect((await run(home, ["login", "--device-auth"], { env })).code).toBe(0);
    const { code, stdout } = await run(home, ["logout", "--codex"], { env });
    expect(code).toBe(0);
    const [first = "", second = "", third = ""] = stdout.split("\n");
    expect(first).toBe(`Signing out of the Codex CLI: ${codex}`);
    expect(second).toBe(`Signed out. ${codex} is removed.`);
    expect(third).toContain(`planport's own sign-in in ${own(home)} is left alone`);
    expect(existsSync(codex)).toBe(false);
    expect(existsSync(own(home))).toBe(true);
    expect(simulator.requests.filter((request) => request.target === "revoke").map((request) => request.body)).toEqual([
      expect.objectContaining({ token: refreshToken }),
    ]);
    expect((await run(home, ["ask", "hi"], { env })).code).toBe(0);
  });

  it("with --codex, ends the login that OPENAI_CODEX_PATH leads to", async () => {
    const home = signedInHome(simulator);
    const other = put(home, "elsewhere/auth.json", readFileSync(join(home, ".codex/auth.json"), "utf8"));
    const env = { ...pointAt(simulator), OPENAI_CODEX_PATH: join(home, "elsewhere") };
    expect((await run(home, ["logout", "--codex"], { env })).stdout).toContain(`Signed out. ${other} is removed.`);
    expect(existsSync(join(home, ".codex/auth.json"))).toBe(true);
  });

  it("with --codex, ends the Codex CLI's login whatever account of planport's own is set", async () => {
    const home = signedInHome(simulator);
    const env = { ...pointAt(simulator), PLANPORT_ACCOUNT: "work" };
    expect((await run(home, ["logout", "--codex"], { env })).stdout).toContain("Signed out.");
    expect(existsSync(join(home, ".codex/auth.json"))).toBe(false);
  });

  it("forgets also when the server cannot be told, and says so", async () => {
    const home = signedInHome(simulator);
    simulator.script.always("revoke", { kind: "http", status: 500 });
    const { code, stderr } = await run(home, ["logout", "--codex"], { env: pointAt(simulator) });
    expect(code).toBe(0);
    expect(stderr).toContain("the sign-in server could not be told");
    expect(existsSync(join(home, ".codex/auth.json"))).toBe(false);
  });

  it("says how to end Codex's login when that is the only one", async () => {
    const home = signedInHome(simulator);
    const { code, stdout } = await run(home, ["logout"], { env: pointAt(simulator) });
    expect(code).toBe(0);
    expect(stdout).toContain("is left alone and is used; planport logout --codex ends it");
    expect(simulator.revoked).toBe(0);
  });

  it("is no error when nobody is signed in", async () => {
    const home = newHome();
    const { code, stdout } = await run(home, ["logout"], { env: pointAt(simulator) });
    expect(code).toBe(0);
    expect(stdout).toContain(`There was no sign-in in ${own(home)}.`);
    expect(simulator.requests).toEqual([]);
  });
});
