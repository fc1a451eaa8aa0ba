/**
 * The real Codex CLI with the gateway in place of OpenAI's backend: its own words, passed on.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Simulator, startSimulator } from "../../packages/planport/src/simulator/index.ts";
import { codexScript, execTurn, outputsOf, viaLocalhost } from "./support/codex.ts";
import { reportNotRun } from "./support/not-run.ts";
import { type Gateway, signedInHome, startGateway } from "./support/stack.ts";

let simulator: Simulator;
/** Of planport. */
let own: string;
/** Of Codex. */
let home: string;
let otherAccount: string;

beforeEach(async () => {
  simulator = await startSimulator();
  otherAccount = simulator.accounts.addAccount({ email: "other@example.com" }).id;
});
afterEach(() => simulator.close());

/** As README.md has it: both bases lead to the gateway, under two names. */
function pointAt(gateway: Gateway): void {
  const origin = new URL(gateway.baseURL).origin;
  const lines = [
    `chatgpt_base_url = "${viaLocalhost(origin)}/backend-api"`,
    `openai_base_url = "${origin}/backend-api/codex"`,
    `cli_auth_credentials_store = "file"`,
  ];
  writeFileSync(join(home, "config.toml"), `${lines.join("\n")}\n`);
}

/** Three tool calls, the second of which ends the life of all access tokens. */
function promptThatExpiresTheToken(): string {
  const options = JSON.stringify({ method: "POST", headers: { "content-type": "application/json" } });
  const script = `fetch("${simulator.origin}/_simulator/expire-tokens",${options}).then((r)=>console.log("expired",r.status))`;
  writeFileSync(join(home, "expire.mjs"), script);
  const call = (cmd: string): string => `call exec_command with ${JSON.stringify({ cmd })}`;
  return [call("echo first"), call(`${process.execPath} ${join(home, "expire.mjs")}`), call("echo third")].join(
    ", then ",
  );
}

const modelCalls = () => simulator.requests.filter(({ target }) => target === "responses");
const bearerIn = (folder: string): string =>
  (JSON.parse(readFileSync(join(folder, "auth.json"), "utf8")) as { tokens: { access_token: string } }).tokens
    .access_token;

if (codexScript === null) reportNotRun("the Codex CLI", "test/clients is not installed; npm test installs it");
else {
  describe.each(["websocket", "http"] as const)("Codex CLI pointed at /backend-api, over %s", (transport) => {
    beforeEach(() => {
      if (transport === "http") simulator.script.always("websocket", { kind: "http", status: 426 });
    });

    it("runs tool calls on planport's plan with another login of its own, while planport's token expires midway", async () => {
      own = signedInHome(simulator);
      home = signedInHome(simulator, { accountId: otherAccount });
      const before = readFileSync(join(home, "auth.json"), "utf8");
      const gateway = await startGateway(simulator, own);
      pointAt(gateway);
      const report = await execTurn(home, "gpt-5.5", promptThatExpiresTheToken());
      expect(outputsOf(report)).toEqual(["first", "expired 200", "third"]);
      expect(report.answer).toContain("third");
      expect(simulator.refreshes).toBe(1);
      expect(readFileSync(join(home, "auth.json"), "utf8")).toBe(before);
      expect(modelCalls().length).toBeGreaterThanOrEqual(4);
      for (const { transport: used, headers } of modelCalls()) {
        expect(used).toBe(transport);
        expect(headers["chatgpt-account-id"]).toBe(simulator.accounts.default.id);
        expect(headers["originator"]).toBe("codex_exec");
        if (transport === "http") expect(headers["content-encoding"]).toBe("zstd");
      }
    });

    it("runs tool calls on its own plan through a gateway that keeps the caller's credential", async () => {
      own = signedInHome(simulator);
      home = signedInHome(simulator, { accountId: otherAccount });
      const gateway = await startGateway(simulator, own, ["--credentials", "passthrough"]);
      pointAt(gateway);
      const call = (cmd: string): string => `call exec_command with ${JSON.stringify({ cmd })}`;
      const report = await execTurn(home, "gpt-5.5", `${call("echo one")}, then ${call("echo two")}`);
      expect(outputsOf(report)).toEqual(["one", "two"]);
      const thread = String(report.lines.find(({ type }) => type === "thread.started")?.["thread_id"]);
      const more = ["resume", thread];
      const next = await execTurn(home, "gpt-5.5", call("echo three"), {}, { more });
      expect(outputsOf(next)).toEqual(["three"]);
      // The second turn goes on from the first: its calls bring what was said there.
      expect(
        JSON.stringify(
          modelCalls()
            .map(({ body }) => body)
            .slice(-2),
        ),
      ).toContain("echo one");
      for (const { transport: used, headers } of modelCalls()) {
        expect(used).toBe(transport);
        expect(headers["authorization"]).toBe(`Bearer ${bearerIn(home)}`);
        expect(headers["chatgpt-account-id"]).toBe(otherAccount);
      }
    });
  });

  describe("Codex CLI at the gateway's /v1", () => {
    it("takes the list of models from GET /v1/models", async () => {
      await simulator.close();
      simulator = await startSimulator({ models: [{ slug: "gpt-5.5" }, { slug: "known-here-alone" }] });
      home = signedInHome(simulator);
      const gateway = await startGateway(simulator, signedInHome(simulator));
      // Only the built-in provider asks for models.
      writeFileSync(
        join(home, "config.toml"),
        `openai_base_url = "${gateway.baseURL}"\nchatgpt_base_url = "${viaLocalhost(simulator.chatgptBaseUrl)}"\n`,
      );
      const report = await execTurn(home, "known-here-alone", "Reply with exactly: of the list");
      expect(report.answer).toBe("of the list");
      const cache = JSON.parse(readFileSync(join(home, "models_cache.json"), "utf8")) as { models: { slug: string }[] };
      expect(cache.models.map(({ slug }) => slug)).toEqual(["gpt-5.5", "known-here-alone"]);
    });
  });
}
