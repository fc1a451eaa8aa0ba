/**
 * What cannot be tested here is said aloud, and fails where the tests must be complete.
 */
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { it } from "vitest";
import type { Mark } from "./table.ts";

const require = createRequire(new URL("../package.json", import.meta.url));

/** The script behind a client's command, or null when the client is not installed here. */
export function clientScript(packageName: string, script: string): string | null {
  try {
    const path = join(dirname(require.resolve(`${packageName}/package.json`)), script);
    return existsSync(path) ? path : null;
  } catch {
    return null; // Not installed: the caller reports it.
  }
}

/** Reports a client as not run; with CI set that is a failure. `mark` says so in the table of clients, too. */
export function reportNotRun(what: string, why: string, mark?: Mark): void {
  it(`not run: ${what}: ${why}`, ({ task }) => {
    if (mark !== undefined) task.meta.client = mark;
    process.stdout.write(`not run: ${what}: ${why}\n`);
    if (process.env["CI"] !== undefined) throw new Error(`${what} must run here: ${why}`);
  });
}
