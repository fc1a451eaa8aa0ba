import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Simulator, startSimulator } from "../../src/simulator/index.ts";
import { newHome, pointAt, put, run } from "./support/cli.ts";

let simulator: Simulator;

beforeEach(async () => {
  simulator = await startSimulator();
});

afterEach(async () => {
  await simulator.close();
});

const own = (home: string): string => join(home, ".planport/auth.json");
const readJson = (file: string): unknown => JSON.parse(readFileSync(file, "utf8"));

describe("login", () => {
  it("with an access token from standard input, once its server has vouched for it", async () => {
    const home = newHome();
    const env = pointAt(simulator);
    const token = simulator.issuePersonalAccessToken();
    const { code, stdout, stderr } = await run(home, ["login", "--with-access-token"], { env, input: `${token}\n` });
    expect(stderr).toBe("");
    expect(code).toBe(0);
    expect(stdout).toContain("Signed in as person@example.com (pro)");
    expect(stdout).not.toContain(token);
    expect(readJson(own(home))).toMatchObject({ personal_access_token: token });
    expect((await run(home, ["ask", "hi"], { env })).code).toBe(0);
  });

  it("with an API key from standard input, without asking a server", async () => {
    const home = newHome();
    const key = "sk-proj-0123456789abcdefghij";
    const { code, stdout, stderr } = await run(home, ["login", "--with-api-key"], {
      env: pointAt(simulator),
      input: `${key}\n`,
    });
    expect(stderr).toBe("");
    expect(code).toBe(0);
    expect(stdout).toContain("an OpenAI API key, which is billed by use");
    expect(stdout).not.toContain(key);
    expect(readJson(own(home))).toEqual({ auth_mode: "apikey", OPENAI_API_KEY: key });
    if (process.platform !== "win32") expect(statSync(own(home)).mode & 0o777).toBe(0o600);
    expect(simulator.requests).toEqual([]);
  });

  it("with an API key, asks OpenAI's plain API, and no plan's backend", async () => {
    const home = newHome();
    const key = simulator.issueApiKey();
    const env = { ...pointAt(simulator), CODEX_BASE_URL: simulator.platformBaseUrl };
    expect((await run(home, ["login", "--with-api-key"], { env, input: key })).code).toBe(0);
    const answer = await run(home, ["ask", "-m", "gpt-5.5", "hi"], { env });
    expect(answer.stderr).toBe("");
    expect(answer.code).toBe(0);
    expect(simulator.requests.map((request) => request.headers["chatgpt-account-id"])).toEqual([undefined]);
    expect(simulator.requests.map((request) => request.path)).toEqual(["/v1/responses"]);
    expect(await run(home, ["token"], { env })).toEqual({ code: 0, stdout: `${key}\n`, stderr: "" });
    const status = JSON.parse((await run(home, ["status", "--json"], { env })).stdout) as object;
    expect(status).toMatchObject({ signedIn: true, kind: "apiKey", backend: simulator.platformBaseUrl });
  });

  it.each([
    ["--with-access-token", "sk-proj-0123456789abcdefghij", "is no access token", "`planport login --with-api-key`"],
    ["--with-api-key", "at-0123456789abcdefghij", "is no API key", "`planport login --with-access-token`"],
  ])("%s refuses the other kind with the reason and the right flag", async (flag, input, reason, remedy) => {
    const home = newHome();
    const { code, stdout, stderr } = await run(home, ["login", flag], { env: pointAt(simulator), input });
    expect(code).toBe(3);
    expect(stdout).toBe("");
    expect(stderr).toContain(reason);
    expect(stderr).toContain(remedy);
    expect(stderr).not.toContain(input);
    expect(existsSync(own(home))).toBe(false);
    expect(simulator.requests).toEqual([]);
  });

  it.each(["hello", "sk-", "eyJhbGciOiJub25lIn0.e30."])(
    "--with-api-key keeps nothing that is no key: %s",
    async (input) => {
      const home = newHome();
      const { code, stderr } = await run(home, ["login", "--with-api-key"], { env: pointAt(simulator), input });
      expect(code).toBe(3);
      expect(stderr).toContain("Standard input must hold an OpenAI API key, which starts with `sk-`");
      expect(stderr.trim().split("\n")).toHaveLength(1);
      expect(existsSync(own(home))).toBe(false);
    },
  );

  it.each(["--with-access-token", "--with-api-key"])("%s says how to use it when nothing comes in", async (flag) => {
    const { code, stderr } = await run(newHome(), ["login", flag], { env: pointAt(simulator), input: "\n" });
    expect(code).toBe(2);
    expect(stderr).toContain(`| planport login ${flag}`);
  });

  it("keeps no API key where Codex's configuration allows ChatGPT sign-ins alone", async () => {
    const home = newHome();
    put(home, ".codex/config.toml", 'forced_login_method = "chatgpt"');
    const { code, stderr } = await run(home, ["login", "--with-api-key"], { input: "sk-proj-0123456789abcdefghij" });
    expect(code).toBe(2);
    expect(stderr).toContain("allows ChatGPT sign-ins alone");
    expect(existsSync(own(home))).toBe(false);
  });
});
