/**
 * The pi extension in every kind of pi that there has been, each the real one.
 */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { rateLimit, type Simulator, startSimulator, usageLimit } from "../../packages/planport/src/simulator/index.ts";
import { reportNotRun } from "./support/not-run.ts";
import {
  askPi,
  bodiesTo,
  callsTo,
  EXTENSION,
  PI_VERSIONS,
  type PiHome,
  piHome,
  type PiVersion,
  putInAgentDir,
  runPi,
  storedLogin,
  whyNotRun,
} from "./support/pi.ts";

const TOKEN = ["--no-session", "-e", EXTENSION, "--provider", "codex-token", "--model", "gpt-5.5"];
const LOGIN = ["--no-session", "-e", EXTENSION, "--provider", "planport", "--model", "gpt-5.5"];

let simulator: Simulator;
beforeEach(async () => {
  simulator = await startSimulator();
});
afterEach(() => simulator.close());

function withToken(version: PiVersion): PiHome {
  return piHome(simulator, version, { CODEX_ACCESS_TOKEN: simulator.issuePersonalAccessToken() });
}

for (const version of PI_VERSIONS) {
  const why = whyNotRun(version);
  if (why !== null) {
    reportNotRun(`pi ${version}`, why);
    continue;
  }
  describe(`pi ${version}`, () => {
    it("answers with an access token, keeps the system prompt, and names no longest answer", async () => {
      const flags = [...TOKEN, "--system-prompt", "You are a lighthouse."];
      expect(await askPi(withToken(version), "Reply with exactly: SPIKE_OK", flags)).toBe("SPIKE_OK");
      const [body] = bodiesTo(simulator);
      expect(body?.["instructions"]).toMatch(/^You are a lighthouse\./);
      expect(body).not.toHaveProperty("max_output_tokens");
      expect(callsTo(simulator)[0]?.headers["authorization"]).toMatch(/^Bearer at-/);
    });

    it("uses a tool, and sends reasoning, call and result with the next turn", async () => {
      const answer = await askPi(withToken(version), 'call bash with {"command": "echo Sunny in Oslo."}', TOKEN);
      expect(answer).toContain("Sunny in Oslo.");
      const [first, second] = bodiesTo(simulator);
      expect(first?.["prompt_cache_key"]).toEqual(expect.any(String));
      expect(second?.["prompt_cache_key"]).toBe(first?.["prompt_cache_key"]);
      const kinds = ((second?.["input"] ?? []) as { type: string }[]).map(({ type }) => type);
      expect(kinds).toEqual(["message", "reasoning", "function_call", "function_call_output"]);
    });

    it("tells once that the plan is used up, and asks no more", async () => {
      simulator.script.always("responses", usageLimit({ resetsInSeconds: 5_000 }));
      const { code, stdout, stderr } = await runPi(withToken(version), [...TOKEN, "-p", "hi"]);
      expect(code).toBe(1);
      expect(stdout + stderr).toMatch(/usage limit of this ChatGPT .*plan is reached; it resets in/);
      expect(callsTo(simulator)).toHaveLength(1);
    });

    it("tries again what passes", async () => {
      simulator.script.push("responses", rateLimit({ retryAfterSeconds: 1 }));
      expect(await askPi(withToken(version), "Reply with exactly: again", TOKEN)).toBe("again");
      expect(callsTo(simulator)).toHaveLength(2);
    });

    it("PI-01, PI-02, PI-09: answers with a login, renewed first when it has ended, and kept", async () => {
      const pi = piHome(simulator, version);
      putInAgentDir(pi, "auth.json", { planport: storedLogin(simulator, -1_000) });
      expect(await askPi(pi, "Reply with exactly: renewed", LOGIN)).toBe("renewed");
      expect(simulator.refreshes).toBe(1);
      expect(await askPi(pi, "Reply with exactly: kept", LOGIN)).toBe("kept");
      expect(simulator.refreshes).toBe(1);
      expect(callsTo(simulator)[0]?.headers["chatgpt-account-id"]).toBe(simulator.accounts.default.id);
    });
  });
}
