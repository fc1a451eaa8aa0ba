/**
 * The real Codex CLI, in a home of its own.
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { isJsonObject, type JsonObject } from "../../../packages/planport/src/protocol/index.ts";
import type { Simulator } from "../../../packages/planport/src/simulator/index.ts";
import { clientScript } from "./not-run.ts";
import { cleanEnvironment, type Finished, start, temporaryFolder } from "./process.ts";

/** The CLI's script; null when it is not installed. */
export const codexScript: string | null = clientScript("@openai/codex", "bin/codex.js");

/** `127.0.0.1` as `localhost`: Codex keeps an overridden base URL over plain HTTP only if both bases differ in host. */
export function viaLocalhost(url: string): string {
  return url.replace("127.0.0.1", "localhost");
}

/** Points a Codex home at the simulator. */
export function configureForSimulator(home: string, simulator: Simulator): void {
  writeFileSync(join(home, "config.toml"), simulator.codexConfig);
}

/** Runs `codex` with these arguments to its end, in an empty folder unless one is named. */
export function runCodex(
  args: readonly string[],
  home: string,
  extra: Readonly<Record<string, string>> = {},
  cwd: string = temporaryFolder("codex-work"),
): Promise<Finished> {
  const env = cleanEnvironment({ HOME: home, USERPROFILE: home, CODEX_HOME: home, ...extra });
  return start(process.execPath, [codexScript ?? "", ...args], { env, cwd }).finished;
}

/** What `codex exec --json` reported. */
export interface ExecReport {
  readonly lines: readonly JsonObject[];
  /** Items of the type that were completed. */
  items(type: string): readonly JsonObject[];
  /** The last message. */
  readonly answer: string;
  readonly completed: boolean;
}

/** Outputs of the commands of a turn, in order. */
export function outputsOf(report: ExecReport): string[] {
  return report.items("command_execution").map((item) => String(item["aggregated_output"]).trim());
}

/** Runs one turn. The sandbox is off: the commands are this test's own, and one of them calls the simulator. */
export async function execTurn(
  home: string,
  model: string,
  prompt: string,
  extra: Readonly<Record<string, string>> = {},
  options: { readonly more?: readonly string[]; readonly cwd?: string } = {},
): Promise<ExecReport> {
  const switches = ["--json", "--skip-git-repo-check", "--dangerously-bypass-approvals-and-sandbox", "-m", model];
  const args = ["exec", ...(options.more ?? []), ...switches, "--", prompt];
  const { stdout, stderr, code } = await runCodex(args, home, extra, options.cwd);
  const lines = stdout.split("\n").flatMap((line) => (line.startsWith("{") ? [JSON.parse(line) as JsonObject] : []));
  const completed = lines.some((line) => line["type"] === "turn.completed");
  if (code !== 0 || !completed) throw new Error(`codex exec failed (exit ${String(code)}):\n${stdout}\n${stderr}`);
  const done = lines.flatMap((line) =>
    line["type"] === "item.completed" && isJsonObject(line["item"]) ? [line["item"]] : [],
  );
  const items = (type: string): readonly JsonObject[] => done.filter((item) => item["type"] === type);
  return { lines, items, answer: String(items("agent_message").at(-1)?.["text"]), completed };
}
