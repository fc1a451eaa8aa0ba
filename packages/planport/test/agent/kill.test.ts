/**
 * Real processes that are killed in the middle of their turns.
 */
import { spawn } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it, onTestFinished } from "vitest";
import { startSimulator } from "../../src/simulator/index.ts";
import { readStoredThread } from "../../src/agent/thread/stored-thread.ts";
import { ThreadStore } from "../../src/agent/thread/store.ts";
import { temporaryHome } from "./stage.ts";

const BIN = fileURLToPath(new URL("../../bin/planport.js", import.meta.url));
/** After how many lines it is killed, and how many commands it has told to be done by then at least. */
const ROUNDS = [
  [1, 0],
  [4, 0],
  [8, 1],
  [11, 2],
] as const;

it.each(ROUNDS)(
  "a process that is killed after %i lines has lost none that it told",
  async (lines, least) => {
    const simulator = await startSimulator({ deltaDelayMs: 5 });
    onTestFinished(() => simulator.close());
    const home = temporaryHome();
    const provider = `[model_providers.sim]\nbase_url = "${simulator.codexBaseUrl}"\nwire_api = "responses"\nenv_key = "KEY"\n`;
    writeFileSync(
      join(home, "config.toml"),
      `model = "gpt-5.5"\nmodel_provider = "sim"\nsandbox_mode = "danger-full-access"\n${provider}`,
    );
    const args = Array.from({ length: 6 }, (_, index) => `call exec_command with {"cmd":"echo ${index}"}`);
    const env = { PATH: process.env["PATH"], HOME: home, CODEX_HOME: home, KEY: simulator.issueTokens().accessToken };
    const child = spawn(process.execPath, [BIN, "exec", "--json", args.join(", then ")], {
      cwd: home,
      env,
      stdio: ["ignore", "pipe", "pipe"],
    });
    onTestFinished(() => void child.kill("SIGKILL"));
    const told: { type: string; item?: { type: string; text?: string; command?: string } }[] = [];
    await new Promise<void>((resolve) => {
      let text = "";
      child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
        text += chunk;
        const whole = text.split("\n");
        text = whole.pop() ?? "";
        for (const line of whole) if (told.length < lines) told.push(JSON.parse(line) as (typeof told)[number]);
        if (told.length >= lines) child.kill("SIGKILL");
      });
      child.on("close", () => resolve());
    });
    const done = told.filter(({ type, item }) => type === "item.completed" && item?.type === "command_execution");
    const store = new ThreadStore(home);
    const { threads } = await store.list({ limit: 5, cursor: null, archived: false, accept: () => true });
    expect(done.length).toBeGreaterThanOrEqual(least);
    if (threads.length === 0) {
      expect(done).toEqual([]);
      return;
    }
    const path = threads[0]?.path ?? "";
    expect(existsSync(path)).toBe(true);
    const stored = await readStoredThread(path);
    const kept = stored?.turns.flatMap(({ items }) => items).filter(({ type }) => type === "commandExecution") ?? [];
    expect(kept.length).toBeGreaterThanOrEqual(done.length);
    const broken = readFileSync(path, "utf8")
      .split("\n")
      .filter((line) => line !== "" && !isJson(line));
    expect(broken.length).toBeLessThanOrEqual(1);
  },
  60_000,
);

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
