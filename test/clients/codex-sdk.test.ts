/**
 * Codex's own TypeScript SDK, with `planport exec` in place of the Codex CLI that it starts.
 */
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Simulator, startSimulator } from "../../packages/planport/src/simulator/index.ts";
import { reportNotRun } from "./support/not-run.ts";
import { cleanEnvironment, temporaryFolder } from "./support/process.ts";
import { BIN, signedInHome } from "./support/stack.ts";

/** What of the SDK is used here: its own types need a package that it does not bring. */
interface Sdk {
  readonly Codex: new (options: object) => {
    startThread(options: object): Thread;
    resumeThread(id: string, options: object): Thread;
  };
}

interface Thread {
  readonly id: string | null;
  runStreamed(input: string): Promise<{ readonly events: AsyncIterable<ExecEvent> }>;
  run(input: string, options?: object): Promise<{ readonly finalResponse: string }>;
}

interface ExecEvent {
  readonly type: string;
  readonly item?: { readonly type: string; readonly aggregated_output?: string };
}

const PACKAGE: string = "@openai/codex-sdk";

const isInstalled = existsSync(fileURLToPath(new URL("node_modules/@openai/codex-sdk", import.meta.url)));
if (!isInstalled) reportNotRun("@openai/codex-sdk", "not installed: node tools/install-clients.mjs");
// The SDK starts the file itself, which only a system that reads its first line can.
else if (process.platform === "win32")
  reportNotRun("@openai/codex-sdk", "Windows starts no scripts by their first line");
else describe("@openai/codex-sdk", suite);

function suite(): void {
  let simulator: Simulator;
  let sdk: Sdk;
  let home: string;
  let folder: string;

  beforeEach(async () => {
    sdk = (await import(PACKAGE)) as Sdk;
    simulator = await startSimulator();
    home = signedInHome(simulator);
    folder = temporaryFolder("work");
  });
  afterEach(() => simulator.close());

  const open = (): InstanceType<Sdk["Codex"]> =>
    new sdk.Codex({
      codexPathOverride: BIN,
      env: cleanEnvironment({ HOME: home, CODEX_HOME: home }),
      config: { openai_base_url: simulator.codexBaseUrl, chatgpt_base_url: simulator.chatgptBaseUrl },
    });

  it("streams a turn in which a command runs, and resumes the thread with what was said in it", async () => {
    const options = {
      model: "gpt-5.5",
      sandboxMode: "danger-full-access",
      approvalPolicy: "never",
      workingDirectory: folder,
      skipGitRepoCheck: true,
    } as const;
    const thread = open().startThread(options);
    const { events } = await thread.runStreamed('call exec_command with {"cmd":"echo from the shell"}');
    const seen: string[] = [];
    let output = "";
    for await (const event of events) {
      seen.push(event.item === undefined ? event.type : `${event.type} ${event.item.type}`);
      if (event.type === "item.completed" && event.item?.type === "command_execution")
        output = event.item.aggregated_output ?? "";
    }
    expect(output).toBe("from the shell\n");
    expect(seen.filter((line) => !line.endsWith("reasoning"))).toEqual([
      "thread.started",
      "turn.started",
      "item.started command_execution",
      "item.completed command_execution",
      "item.completed agent_message",
      "turn.completed",
    ]);
    const resumed = open().resumeThread(thread.id ?? "", options);
    const turn = await resumed.run("Reply with exactly: resumed");
    expect(turn.finalResponse).toBe("resumed");
    expect(resumed.id).toBe(thread.id);
    expect(JSON.stringify(simulator.requests.at(-1)?.body)).toContain("from the shell");
  });

  it("gets an answer that fits its schema", async () => {
    const schema = {
      type: "object",
      properties: { city: { type: "string" } },
      required: ["city"],
      additionalProperties: false,
    };
    const thread = open().startThread({ model: "gpt-5.5", workingDirectory: folder, skipGitRepoCheck: true });
    const turn = await thread.run("Which city? city: Oslo", { outputSchema: schema });
    expect(JSON.parse(turn.finalResponse)).toEqual({ city: "Oslo" });
  });

  it("learns why a turn failed", async () => {
    simulator.script.always("responses", { kind: "http", status: 400, body: { error: { message: "no such luck" } } });
    const thread = open().startThread({ model: "gpt-5.5", workingDirectory: folder, skipGitRepoCheck: true });
    await expect(thread.run("anything")).rejects.toThrow("no such luck");
  });
}
