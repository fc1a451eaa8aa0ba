/**
 * The real Codex CLI against the simulator (so that the simulator is one), and through the gateway.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { isJsonObject } from "../../packages/planport/src/protocol/index.ts";
import { type Simulator, startSimulator } from "../../packages/planport/src/simulator/index.ts";
import { codexScript, configureForSimulator, execTurn, outputsOf, runCodex, viaLocalhost } from "./support/codex.ts";
import { reportNotRun } from "./support/not-run.ts";
import { temporaryFolder } from "./support/process.ts";
import { signedInHome, startGateway, startPlanport } from "./support/stack.ts";

let simulator: Simulator;
let home: string;

beforeEach(async () => {
  simulator = await startSimulator({ autoApprove: true, deviceIntervalSeconds: 1 });
  home = temporaryFolder("codex-home");
  configureForSimulator(home, simulator);
});
afterEach(() => simulator.close());

function refreshUrl(): Record<string, string> {
  return { CODEX_REFRESH_TOKEN_URL_OVERRIDE: `${simulator.issuer}/oauth/token` };
}

async function signIn(): Promise<void> {
  const issuer = viaLocalhost(simulator.issuer);
  const { code, stdout, stderr } = await runCodex(["login", "--device-auth", "--experimental_issuer", issuer], home);
  expect(code, stdout + stderr).toBe(0);
}

/** Three tool calls, the second of which ends the life of the access token. */
function promptThatExpiresTheToken(): string {
  const options = JSON.stringify({ method: "POST", headers: { "content-type": "application/json" } });
  const script = `fetch("${simulator.origin}/_simulator/expire-tokens",${options}).then((r)=>console.log("expired",r.status))`;
  writeFileSync(join(home, "expire.mjs"), script);
  const call = (cmd: string): string => `call exec_command with ${JSON.stringify({ cmd })}`;
  const expire = `${process.execPath} ${join(home, "expire.mjs")}`;
  return [call("echo first"), call(expire), call("echo third")].join(", then ");
}

if (codexScript === null) reportNotRun("the Codex CLI", "test/clients is not installed; npm test installs it");
else {
  describe("Codex CLI against the simulator", () => {
    it("signs in with a device code", async () => {
      await signIn();
      const stored: unknown = JSON.parse(readFileSync(join(home, "auth.json"), "utf8"));
      expect(isJsonObject(stored) && isJsonObject(stored["tokens"]) && stored["tokens"]["account_id"]).toBe(
        simulator.accounts.default.id,
      );
    });

    it("runs a turn of three tool calls over WebSocket while its token expires midway", async () => {
      await signIn();
      const report = await execTurn(home, "gpt-5.5", promptThatExpiresTheToken(), refreshUrl());
      expect(outputsOf(report)).toEqual(["first", "expired 200", "third"]);
      expect(report.answer).toContain("third");
      expect(simulator.refreshes).toBe(1);
      expect(simulator.reusedRefreshTokens).toBe(0);
      const calls = simulator.requests.filter((request) => request.target === "responses");
      expect(calls.length).toBeGreaterThanOrEqual(4);
      expect(calls.every((request) => request.transport === "websocket")).toBe(true);
    });

    it("runs a turn of three tool calls over SSE with zstd bodies while its token expires midway", async () => {
      simulator.script.always("websocket", { kind: "http", status: 426 });
      await signIn();
      const report = await execTurn(home, "gpt-5.5", promptThatExpiresTheToken(), refreshUrl());
      expect(outputsOf(report)).toEqual(["first", "expired 200", "third"]);
      expect(simulator.refreshes).toBe(1);
      const calls = simulator.requests.filter((request) => request.target === "responses");
      expect(calls.length).toBeGreaterThanOrEqual(4);
      for (const call of calls) {
        expect(call.transport).toBe("http");
        expect(call.headers["content-encoding"]).toBe("zstd");
      }
    });

    it("runs a turn with a model that takes its tools inside the input", async () => {
      await signIn();
      const report = await execTurn(home, "gpt-6.1-sol", "Reply with exactly: a lite answer");
      expect(report.answer).toBe("a lite answer");
    });

    it("stays with the simulator by the lines that planport simulator prints", async () => {
      const running = startPlanport(temporaryFolder("simulator-home"), ["simulator"], {});
      const [printed] = await running.waitFor(/[\s\S]*Ctrl-C stops it/);
      const lines = printed.match(/^\w+ = ".*"$/gm) ?? [];
      writeFileSync(join(home, "config.toml"), lines.join("\n"));
      const [origin] = /http:\/\/127\.0\.0\.1:\d+/.exec(printed) ?? [""];
      const login = ["login", "--device-auth", "--experimental_issuer", viaLocalhost(origin)];
      expect((await runCodex(login, home)).code).toBe(0);
      const report = await execTurn(home, "gpt-5.5", "Reply with exactly: as printed");
      expect(report.answer).toBe("as printed");
      running.child.kill();
      await running.finished;
    });

    it("is told of a usage limit in its own words", async () => {
      await signIn();
      simulator.accounts.setUsage({ primary: { usedPercent: 100, windowMinutes: 300, resetsAtMs: null } });
      await expect(execTurn(home, "gpt-5.5", "Say hello")).rejects.toThrow(/usage limit/i);
    });
  });

  describe("Codex CLI through the gateway", () => {
    function configureForGateway(baseURL: string): void {
      const lines = [
        `model_provider = "planport"`,
        `[model_providers.planport]`,
        `name = "planport"`,
        `base_url = "${baseURL}"`,
        `wire_api = "responses"`,
      ];
      writeFileSync(join(home, "config.toml"), `${lines.join("\n")}\n`);
    }

    it("runs a turn of three tool calls as a custom provider while planport's token expires midway", async () => {
      const gateway = await startGateway(simulator, signedInHome(simulator));
      configureForGateway(gateway.baseURL);
      const report = await execTurn(home, "gpt-5.5", promptThatExpiresTheToken());
      expect(outputsOf(report)).toEqual(["first", "expired 200", "third"]);
      expect(simulator.refreshes).toBe(1);
      const calls = simulator.requests.filter((request) => request.target === "responses");
      expect(calls.every((call) => call.headers["originator"] === "planport")).toBe(true);
    });

    it("runs a turn with a model that takes its tools inside the input", async () => {
      const gateway = await startGateway(simulator, signedInHome(simulator));
      configureForGateway(gateway.baseURL);
      const report = await execTurn(home, "gpt-6.1-sol", "Reply with exactly: through the gateway");
      expect(report.answer).toBe("through the gateway");
    });

    it("is told of a usage limit in its own words", async () => {
      const gateway = await startGateway(simulator, signedInHome(simulator));
      configureForGateway(gateway.baseURL);
      simulator.accounts.setUsage({ primary: { usedPercent: 100, windowMinutes: 300, resetsAtMs: null } });
      await expect(execTurn(home, "gpt-5.5", "Say hello")).rejects.toThrow(/usage limit/i);
    });
  });
}
