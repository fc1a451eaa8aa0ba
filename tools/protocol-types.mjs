#!/usr/bin/env node
/**
 * Writes the types of the app-server's protocol (`packages/planport/src/app-server/protocol/types`) from the schemas that
 * the server goes by. `--check` writes nothing and fails when they are not up to date. Needs a build.
 * @module
 */
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { packageRoot, repoRoot } from "./lib.mjs";

const folder = path.join(packageRoot, "src", "app-server", "protocol", "types");

/**
 * The files, formatted.
 * @returns {Promise<Record<string, string>>}
 */
export async function renderTypes() {
  const built = path.join(packageRoot, "dist", "app-server", "protocol", "type-files.js");
  const { packageTypeFiles } = await import(pathToFileURL(built).href);
  const files = packageTypeFiles();
  // In the repository, so that the formatter finds its settings.
  const scratch = mkdtempSync(path.join(repoRoot, "protocol-types-"));
  try {
    for (const [name, text] of Object.entries(files)) writeFileSync(path.join(scratch, name), text);
    const formatter = path.join(repoRoot, "node_modules", "oxfmt", "bin", "oxfmt");
    const { status, stderr } = spawnSync(process.execPath, [formatter, "--write", scratch], {
      cwd: repoRoot,
      encoding: "utf8",
    });
    if (status !== 0) throw new Error(`oxfmt failed: ${stderr}`);
    return Object.fromEntries(Object.keys(files).map((name) => [name, readFileSync(path.join(scratch, name), "utf8")]));
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

async function main() {
  const isCheck = process.argv.includes("--check");
  mkdirSync(folder, { recursive: true });
  let isStale = false;
  for (const [name, text] of Object.entries(await renderTypes())) {
    const file = path.join(folder, name);
    const current = (() => {
      try {
        return readFileSync(file, "utf8");
      } catch {
        return null;
      }
    })();
    if (current === text) continue;
    if (!isCheck) writeFileSync(file, text);
    else {
      isStale = true;
      console.error(`${path.relative(repoRoot, file)} is not up to date; run: npm run protocol`);
    }
  }
  if (isStale) process.exitCode = 1;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main();
