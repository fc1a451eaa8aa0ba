/**
 * The CLI is tested as it ships: compiled. Whoever comes first compiles, the others wait.
 */
import { execFile } from "node:child_process";
import { mkdirSync, readdirSync, rmdirSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const packageFolder = fileURLToPath(new URL("../../../", import.meta.url));
const rootFolder = fileURLToPath(new URL("../../../../../", import.meta.url));
const lock = join(tmpdir(), `planport-test-build-${process.getuid?.() ?? 0}`);

function newest(folder: string): number {
  let latest = 0;
  for (const entry of readdirSync(folder, { withFileTypes: true, recursive: true }))
    if (entry.isFile() && entry.name.endsWith(".ts"))
      latest = Math.max(latest, statSync(join(entry.parentPath, entry.name)).mtimeMs);
  return latest;
}

function isFresh(): boolean {
  const built = statSync(join(packageFolder, "dist/cli/main.js"), { throwIfNoEntry: false });
  return built !== undefined && built.mtimeMs > newest(join(packageFolder, "src"));
}

/** Compiles `src` to `dist` unless that is up to date. */
export async function ensureBuilt(): Promise<void> {
  for (let attempt = 0; !isFresh(); attempt++) {
    try {
      mkdirSync(lock);
    } catch {
      // A lock that outlives any compilation is one that a killed run left behind.
      if (attempt > 600) rmdirSync(lock);
      await delay(50);
      continue;
    }
    try {
      const tsc = join(rootFolder, "node_modules/typescript/bin/tsc");
      // Types are for `npm run typecheck` to judge; here it is about what runs.
      const args = [tsc, "-p", join(packageFolder, "tsconfig.build.json"), "--noCheck"];
      await promisify(execFile)(process.execPath, args);
    } finally {
      rmdirSync(lock);
    }
  }
}
