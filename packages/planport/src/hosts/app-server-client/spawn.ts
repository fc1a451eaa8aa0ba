/**
 * An app-server as a child process, over its standard streams.
 * @module
 */
import { spawn } from "node:child_process";
import { planSpawn } from "../../auth/child-command.ts";
import { streamTransport } from "../../json-rpc/index.ts";
import { redactText } from "../../redact.ts";
import { converse, type Line } from "./client.ts";
import type { AppServerClient, AppServerEnd, SpawnOptions } from "./types.ts";

const KEPT_LINES = 20;
/** Between closing its input, asking it to end, and ending it. */
const GRACE_MS = 3_000;

/**
 * Starts an app-server and greets it.
 * @throws {ConfigError} `config_invalid` for a command that is none.
 * @throws {UpstreamError} `app_server_gone` when it cannot be started, ends or does not answer; `app_server_refused`.
 */
export async function spawnAppServer(options: SpawnOptions): Promise<AppServerClient> {
  return converse(startServer(options), options);
}

function startServer(options: SpawnOptions): Line {
  const { command = ["codex", "app-server"], cwd, env = process.env, onLog } = options;
  const name = `The app-server (${command.join(" ")})`;
  const plan = planSpawn(command, { env, platform: process.platform, origin: "The option command" });
  const child = spawn(plan.file, [...plan.args], {
    cwd,
    env: { ...env },
    stdio: "pipe",
    windowsHide: true,
    windowsVerbatimArguments: plan.verbatim,
  });
  const lastLog: string[] = [];
  const keep = (line: string): void => {
    const text = redactText(line);
    lastLog.push(text);
    if (lastLog.length > KEPT_LINES) lastLog.shift();
    onLog?.(text);
  };
  readLines(child.stderr, keep);
  child.stdin.on("error", () => {}); // It is gone, which its end tells.
  let expected = false;
  const ended = new Promise<AppServerEnd>((resolve) => {
    const end = (code: number | null, signal: string | null): void => resolve({ code, signal, lastLog, expected });
    child.once("error", (error) => {
      keep(error.message);
      end(null, null);
    });
    child.once("close", end);
  });
  return {
    name,
    transport: streamTransport(child.stdout, child.stdin),
    ended,
    async close() {
      expected = true;
      child.stdin.end();
      const timers = [
        setTimeout(() => child.kill("SIGTERM"), GRACE_MS),
        setTimeout(() => child.kill("SIGKILL"), 2 * GRACE_MS),
      ];
      const how = await ended;
      for (const timer of timers) clearTimeout(timer);
      return how;
    },
  };
}

function readLines(stream: NodeJS.ReadableStream, onLine: (line: string) => void): void {
  let rest = "";
  stream.setEncoding("utf8");
  stream.on("data", (text: string) => {
    const lines = (rest + text).split("\n");
    rest = (lines.pop() ?? "").slice(-64 * 1024);
    for (const line of lines) onLine(line.trimEnd());
  });
  stream.on("end", () => {
    if (rest !== "") onLine(rest);
  });
}
