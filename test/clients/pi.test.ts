/**
 * The pi extension in the real pi of today: what its documents promise, sentence by sentence.
 */
import { cpSync, mkdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Simulator, startSimulator, unauthorized } from "../../packages/planport/src/simulator/index.ts";
import { reportNotRun } from "./support/not-run.ts";
import {
  askPi,
  bodiesTo,
  callsTo,
  EXTENSION,
  PI,
  type PiHome,
  piHome,
  putInAgentDir,
  REPOSITORY,
  runPi,
  storedLogin,
  whyNotRun,
} from "./support/pi.ts";

const SAY = "Reply with exactly: SPIKE_OK";
const AS_CODEX = { PLANPORT_PI_PROVIDER_ID: "openai-codex" };

let simulator: Simulator;
beforeEach(async () => {
  simulator = await startSimulator();
});
afterEach(() => simulator.close());

const home = (env: Readonly<Record<string, string>> = {}): PiHome => piHome(simulator, PI, env);
const token = (): Record<string, string> => ({ CODEX_ACCESS_TOKEN: simulator.issuePersonalAccessToken() });
const ours = (...flags: string[]): string[] => ["--no-session", "-e", EXTENSION, ...flags];

function everythingOf({ stdout, stderr }: { readonly stdout: string; readonly stderr: string }): string {
  return stdout + stderr;
}

const why = whyNotRun(PI);
if (why !== null) reportNotRun(`pi ${PI}`, why);
else {
  describe("pi -e .", () => {
    const flags = ["--no-session", "-e", ".", "--provider", "codex-token", "--model", "gpt-5.5"];

    it.each([
      ["the package's folder", EXTENSION],
      ["the repository's", REPOSITORY],
    ])(
      "answers in %s, with no browser and no login, where pi's own provider takes no such token",
      async (_where, cwd) => {
        const pi = home(token());
        expect(await askPi(pi, SAY, flags, cwd)).toBe("SPIKE_OK");
        const refused = await runPi(pi, ["--provider", "openai-codex", "--model", "gpt-5.5", "-p", SAY]);
        expect(refused.code).toBe(1);
        expect(everythingOf(refused)).toMatch(/No API key found for openai-codex/);
      },
    );
  });

  describe("an installed package", () => {
    it("answers without -e, from npm's folder below pi's", async () => {
      const pi = home(token());
      const target = join(pi.agentDir, "npm", "node_modules", "pi-planport");
      mkdirSync(target, { recursive: true });
      for (const part of ["package.json", "extensions", "prebuilt"])
        cpSync(join(EXTENSION, part), join(target, part), { recursive: true });
      // What npm puts beside it: its one dependency that is always loaded.
      const parser = "eventsource-parser";
      cpSync(join(REPOSITORY, "node_modules", parser), join(pi.agentDir, "npm", "node_modules", parser), {
        recursive: true,
      });
      putInAgentDir(pi, "settings.json", { packages: ["npm:pi-planport"] });
      expect(await askPi(pi, SAY, ["--no-session", "--provider", "codex-token", "--model", "gpt-5.5"])).toBe(
        "SPIKE_OK",
      );
    });

    it("PCT-13: installed from a folder it is listed, answers with pi's default provider and model, and is removed", async () => {
      const pi = home(token());
      expect((await runPi(pi, ["install", EXTENSION])).code).toBe(0);
      expect(everythingOf(await runPi(pi, ["list"]))).toContain("pi-planport");
      const settings = JSON.parse(readFileSync(join(pi.agentDir, "settings.json"), "utf8")) as object;
      putInAgentDir(pi, "settings.json", { ...settings, defaultProvider: "codex-token", defaultModel: "gpt-5.5" });
      expect(await askPi(pi, SAY, [])).toBe("SPIKE_OK");
      expect((await runPi(pi, ["remove", EXTENSION])).code).toBe(0);
      expect(everythingOf(await runPi(pi, ["list"]))).not.toContain("pi-planport");
    });
  });

  describe("a token", () => {
    const flags = ours("--provider", "codex-token", "--model", "gpt-5.5");

    it("comes from --api-key before the environment", async () => {
      const given = simulator.issuePersonalAccessToken();
      await askPi(home(token()), SAY, [...flags, "--api-key", given]);
      expect(callsTo(simulator)[0]?.headers["authorization"]).toBe(`Bearer ${given}`);
    });

    it("that is an API key is refused with the provider to use", async () => {
      const done = await runPi(home(), [...flags, "--api-key", "sk-made-up", "-p", SAY]);
      expect(done.code).toBe(1);
      expect(everythingOf(done)).toMatch(/use pi's own provider `openai`/);
      expect(callsTo(simulator)).toEqual([]);
    });

    it("that the backend refuses is looked into once, and the error says what to do", async () => {
      simulator.script.always("responses", unauthorized());
      const done = await runPi(home(token()), [...flags, "-p", SAY]);
      expect(done.code).toBe(1);
      expect(everythingOf(done)).toMatch(/\[provider_access_denied\] .*minting a new one will not help/);
      expect(callsTo(simulator)).toHaveLength(1);
    });

    it("that is missing is told by pi, and nobody is asked", async () => {
      const done = await runPi(home(), [...flags, "-p", SAY]);
      expect(done.code).toBe(1);
      expect(everythingOf(done)).toMatch(/No API key found for codex-token/);
      expect(simulator.requests).toEqual([]);
    });
  });

  describe("the models", () => {
    it("PI-04: are listed before one is chosen, the account's own, for both providers", async () => {
      const { stdout } = await runPi(home(token()), ours("--list-models"));
      const rows = stdout.split("\n").map((line) => line.trim().split(/\s+/).slice(0, 2).join("/"));
      for (const provider of ["codex-token", "planport"])
        expect(rows).toEqual(expect.arrayContaining([`${provider}/gpt-5.5`, `${provider}/gpt-6.1-terra`]));
    });

    it("are those that CODEX_MODELS names", async () => {
      const { stdout } = await runPi(home({ ...token(), CODEX_MODELS: "gpt-6-sol, gpt-5.5" }), ours("--list-models"));
      expect(stdout.match(/^codex-token +\S+/gm)?.map((row) => row.split(/ +/)[1])).toEqual(["gpt-5.5", "gpt-6-sol"]);
    });

    it("PI-15: think as hard as --thinking says", async () => {
      for (const level of ["low", "high"])
        await askPi(home(token()), SAY, ours("--provider", "codex-token", "--model", "gpt-5.5", "--thinking", level));
      const efforts = bodiesTo(simulator).map(({ reasoning }) => (reasoning as { effort: string }).effort);
      expect(efforts).toEqual(["low", "high"]);
    });

    it("PI-10: --models takes ours by a pattern among others'", async () => {
      const done = await runPi(home(token()), ours("--models", "codex-token/*,anthropic/*", "-p", SAY));
      expect(done.stdout.trim()).toBe("SPIKE_OK");
    });

    it("PI-21: of one's own in models.json answer as if they were ours", async () => {
      const pi = home({ ...token(), PLANPORT_MODEL_ALIASES: "my-custom-model=gpt-5.5" });
      const custom = {
        id: "my-custom-model",
        name: "My Custom Model",
        cost: { input: 0.1, output: 0.4, cacheRead: 0, cacheWrite: 0 },
      };
      putInAgentDir(pi, "models.json", { providers: { planport: { models: [custom] } } });
      expect(await askPi(pi, SAY, ours("--provider", "planport", "--model", "my-custom-model"))).toBe("SPIKE_OK");
      expect(bodiesTo(simulator)[0]).toMatchObject({ model: "gpt-5.5" });
    });
  });

  describe("the commands of pi-infinity's document", () => {
    const codex = ours("--provider", "openai-codex");

    it("PI-06, PI-09, PI-14, PI-16: answer with OPENAI_API_KEY holding a sign-in's token, or an access token", async () => {
      const { accessToken } = simulator.issueTokens();
      for (const key of [accessToken, simulator.issuePersonalAccessToken()]) {
        const pi = home({ ...AS_CODEX, OPENAI_API_KEY: key });
        expect(await askPi(pi, SAY, codex)).toBe("SPIKE_OK");
        expect(await askPi(pi, SAY, [...codex, "--model", "gpt-5.2-codex"])).toBe("SPIKE_OK");
      }
      const bearers = callsTo(simulator).map(({ headers }) => headers["authorization"]);
      expect(bearers[0]).toBe(`Bearer ${accessToken}`);
    });

    it("PI-16: take no API key for a plan's token", async () => {
      const done = await runPi(home({ ...AS_CODEX, OPENAI_API_KEY: "sk-made-up" }), [...codex, "-p", SAY]);
      expect(done.code).toBe(1);
      expect(simulator.requests).toEqual([]);
    });

    it("PI-14: put a key of this run before a login, and a login before the environment", async () => {
      const login = storedLogin(simulator);
      const pi = home({ ...AS_CODEX, OPENAI_API_KEY: simulator.issueTokens().accessToken });
      putInAgentDir(pi, "auth.json", { "openai-codex": login });
      await askPi(pi, SAY, codex);
      const given = simulator.issuePersonalAccessToken();
      await askPi(pi, SAY, [...codex, "--model", "gpt-5.5", "--api-key", given]);
      const bearers = callsTo(simulator).map(({ headers }) => headers["authorization"]);
      expect(bearers).toEqual([`Bearer ${String(login["access"])}`, `Bearer ${given}`]);
    });
  });

  describe("a login in pi's auth.json", () => {
    const flags = ours("--provider", "planport", "--model", "gpt-5.5");

    it("PI-03, PI-13, PI-22: that has ended is renewed once for three pis that start together", async () => {
      const pi = home();
      putInAgentDir(pi, "auth.json", { planport: storedLogin(simulator, -1_000) });
      const said = await Promise.all([1, 2, 3].map((index) => askPi(pi, `Reply with exactly: pi ${index}`, flags)));
      expect(said).toEqual(["pi 1", "pi 2", "pi 3"]);
      expect(simulator.refreshes).toBe(1);
      expect(simulator.reusedRefreshTokens).toBe(0);
      const file = join(pi.agentDir, "auth.json");
      if (process.platform !== "win32") expect(statSync(file).mode & 0o777).toBe(0o600);
      const stored = JSON.parse(readFileSync(file, "utf8")) as { planport: Record<string, unknown> };
      expect(stored.planport).toMatchObject({ type: "oauth", accountId: simulator.accounts.default.id });
    });

    it("PI-18: that cannot be renewed is kept to the byte, and the error says so", async () => {
      const pi = home();
      putInAgentDir(pi, "auth.json", { planport: storedLogin(simulator, -1_000) });
      const before = readFileSync(join(pi.agentDir, "auth.json"), "utf8");
      simulator.expireRefreshTokens();
      const done = await runPi(pi, [...flags, "-p", SAY]);
      expect(done.code).toBe(1);
      expect(everythingOf(done)).toMatch(/planport.*Log in again: \/login/s);
      expect(readFileSync(join(pi.agentDir, "auth.json"), "utf8")).toBe(before);
    });
  });

  it("PI-19: a provider that there is not is named", async () => {
    const done = await runPi(home(token()), ours("--provider", "planprot", "--model", "gpt-5.5", "-p", SAY));
    expect(done.code).toBe(1);
    expect(everythingOf(done)).toMatch(/Unknown provider "planprot"/);
  });
}
