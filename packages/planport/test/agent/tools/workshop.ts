/** A folder for commands to run in, with the toolbox that runs them: new for each test of a file that calls {@link useWorkshop}. */
import { mkdirSync, mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach } from "vitest";
import { localToolboxes } from "../../../src/agent/tools/toolbox.ts";
import type { Toolbox } from "../../../src/agent/tools/types.ts";
import { TestContext } from "./tool-context.ts";

const NO_SANDBOX = async () => ({ sandbox: null, why: "none here" }) as const;

/** Holds the working folder. */
export let base: string;
/** The working folder. */
export let cwd: string;
export let toolbox: Toolbox;
export let context: TestContext;

/** Starts the toolbox anew, with other options. */
export function begin(options: Partial<Parameters<typeof localToolboxes>[0]> = {}): void {
  toolbox = localToolboxes({ hidden: [], sandbox: NO_SANDBOX, ...options })({ threadId: "thread", cwd });
  context = new TestContext(cwd, toolbox);
}

/** Sets it up before each test, and takes it away after. */
export function useWorkshop(): void {
  beforeEach(() => {
    base = realpathSync(mkdtempSync(path.join(tmpdir(), "planport-exec-")));
    cwd = path.join(base, "work");
    mkdirSync(cwd);
    begin();
  });
  afterEach(async () => {
    await toolbox.close();
    rmSync(base, { recursive: true, force: true });
  });
}

/** The output of a command, without what stands above it. */
export function body(output: string): string {
  return output.slice(output.indexOf("Output:\n") + "Output:\n".length);
}

/** Whether a process runs. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** Resolves when it runs no more. */
export async function gone(pid: number): Promise<void> {
  while (isAlive(pid)) await new Promise((resolve) => setTimeout(resolve, 10));
}
