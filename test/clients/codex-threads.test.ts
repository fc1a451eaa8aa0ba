/**
 * Threads that Codex and planport go on with in turn: each takes back what the other has written.
 */
import { appendFileSync, existsSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { type Simulator, startSimulator } from "../../packages/planport/src/simulator/index.ts";
import { codexScript, configureForSimulator, runCodex } from "./support/codex.ts";
import { reportNotRun } from "./support/not-run.ts";
import { cleanEnvironment, start, temporaryFolder } from "./support/process.ts";
import { BIN, signedInHome } from "./support/stack.ts";

let simulator: Simulator;
let home: string;
let folder: string;

beforeEach(async () => {
  simulator = await startSimulator();
  home = signedInHome(simulator);
  folder = temporaryFolder("codex-threads");
  configureForSimulator(home, simulator);
  appendFileSync(join(home, "config.toml"), '\nmodel = "gpt-5.5"\n');
});
afterEach(() => simulator.close());

const SANDBOX_OFF = "--dangerously-bypass-approvals-and-sandbox";

/** Runs one turn of Codex, and gives what it wrote to standard output. */
async function codex(...args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await runCodex(
    ["exec", "--json", "--skip-git-repo-check", SANDBOX_OFF, ...args],
    home,
    {},
    folder,
  );
  expect(code, stdout + stderr).toBe(0);
  return stdout;
}

/** The same of planport. */
async function planport(...args: readonly string[]): Promise<string> {
  const env = cleanEnvironment({ HOME: home, USERPROFILE: home, CODEX_HOME: home });
  const { code, stdout, stderr } = await start(process.execPath, [BIN, "exec", "--json", ...args], { env, cwd: folder })
    .finished;
  expect(code, stdout + stderr).toBe(0);
  return stdout;
}

function threadOf(stdout: string): string {
  return /"thread_id":"([^"]+)"/.exec(stdout)?.[1] ?? "";
}

const CALL = 'call exec_command with {"cmd":"echo from the shell"}';

if (codexScript === null) reportNotRun("threads of Codex", "test/clients is not installed; npm test installs it");
else {
  it("a thread of Codex is resumed by planport, and then by Codex again", async () => {
    const id = threadOf(await codex(CALL));
    expect(await planport("resume", id, "Reply with exactly: one")).toContain('"text":"one"');
    expect(await codex("resume", id, "Reply with exactly: two")).toContain('"text":"two"');
    expect(await planport("resume", id, "Reply with exactly: three")).toContain('"text":"three"');
  });

  it("a thread of planport is resumed by Codex, and then by planport again", async () => {
    const id = threadOf(await planport("--sandbox", "danger-full-access", CALL));
    expect(await codex("resume", id, "Reply with exactly: one")).toContain('"text":"one"');
    expect(await planport("resume", id, "Reply with exactly: two")).toContain('"text":"two"');
  });
}

it("a thread that was allowed everything is allowed no more than usual by who resumes it", async () => {
  const touch = 'call exec_command with {"cmd":"touch made"}';
  const id = threadOf(await planport("--sandbox", "danger-full-access", "Reply with exactly: one"));
  await planport("resume", id, touch);
  expect(existsSync(join(folder, "made"))).toBe(false);
  await planport("--sandbox", "danger-full-access", "resume", id, touch);
  expect(existsSync(join(folder, "made"))).toBe(true);
});
