/**
 * The server as a process, with many threads that stream at once.
 */
import { spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { beforeAll, expect, it, onTestFinished } from "vitest";
import { startSimulator } from "../../src/simulator/index.ts";
import { temporaryHome } from "../agent/stage.ts";
import { ensureBuilt } from "../cli/support/build.ts";
import { binFile } from "../cli/support/cli.ts";

beforeAll(ensureBuilt, 120_000);

const THREADS = 100;

interface Message {
  readonly id?: number;
  readonly method?: string;
  readonly result?: { readonly thread?: { readonly id: string } };
  readonly params?: { readonly threadId: string; readonly delta?: string; readonly turn?: { readonly status: string } };
}

it("100 threads stream at once on one server: no message is lost, and none crosses", async () => {
  const simulator = await startSimulator();
  onTestFinished(() => simulator.close());
  const home = temporaryHome();
  const { accessToken } = simulator.issueTokens();
  const provider = `[model_providers.sim]\nbase_url = "${simulator.codexBaseUrl}"\nwire_api = "responses"\nenv_key = "KEY"\n`;
  writeFileSync(join(home, "config.toml"), `model = "gpt-5.5"\nmodel_provider = "sim"\n${provider}`);
  const env = { PATH: process.env["PATH"], HOME: home, CODEX_HOME: home, KEY: accessToken };
  const child = spawn(process.execPath, [binFile, "app-server"], {
    cwd: home,
    env,
    stdio: ["pipe", "pipe", "inherit"],
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  const send = (message: object): void => void child.stdin.write(`${JSON.stringify(message)}\n`);
  const words = Array.from(
    { length: THREADS },
    (_, index) => `thread ${index} says ${"on and ".repeat(20)}on ${index}`,
  );
  const threadIds: string[] = [];
  const heard = new Map<string, string>();
  const ends: string[] = [];
  const take = ({ id, method, result, params }: Message): void => {
    if (result?.thread !== undefined && id !== undefined) {
      threadIds[id] = result.thread.id;
      const input = [{ type: "text", text: `Reply with exactly: ${words[id]}` }];
      send({ method: "turn/start", id: id + THREADS, params: { threadId: result.thread.id, input } });
    }
    if (params === undefined) return;
    if (method === "item/agentMessage/delta")
      heard.set(params.threadId, (heard.get(params.threadId) ?? "") + (params.delta ?? ""));
    if (method === "turn/completed") ends.push(params.turn?.status ?? "");
    if (ends.length === THREADS) child.stdin.end();
  };
  send({ method: "initialize", id: "i", params: { clientInfo: { name: "many", version: "1" } } });
  for (let id = 0; id < THREADS; id++) send({ method: "thread/start", id, params: {} });
  for await (const line of createInterface({ input: child.stdout })) take(JSON.parse(line) as Message);
  expect(ends).toEqual(words.map(() => "completed"));
  expect(threadIds.map((id) => heard.get(id))).toEqual(words);
}, 120_000);
