#!/usr/bin/env node
/**
 * Puts together packages/pi-planport/prebuilt: the extension as JavaScript, which is part of the repository, since pi installs
 * a package from git without anything that could compile it. With `--check` it writes nothing, and fails when what is there is
 * not what the sources make.
 * @module
 */
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { rolldown } from "rolldown";
import { packageRoot, repoRoot } from "./lib.mjs";

const target = path.join(repoRoot, "packages", "pi-planport", "prebuilt");
const notice = "// Made by `npm run build` from packages/planport/src/hosts/pi/extension; change that.\n";

/** The files by their names. What is loaded later is a file of its own; packages stay outside. */
async function bundle() {
  const build = await rolldown({
    input: { planport: path.join(packageRoot, "src", "hosts", "pi", "extension", "index.ts") },
    platform: "node",
    external: /^(?:node:|[a-z@])/,
    treeshake: { moduleSideEffects: false },
    cwd: repoRoot,
  });
  const { output } = await build.generate({
    format: "esm",
    entryFileNames: "[name].mjs",
    chunkFileNames: "[name].mjs",
    minify: false,
    sourcemap: false,
  });
  await build.close();
  return new Map(output.map((file) => [file.fileName, notice + file.code]));
}

function present() {
  try {
    return new Map(readdirSync(target).map((name) => [name, readFileSync(path.join(target, name), "utf8")]));
  } catch {
    return new Map();
  }
}

const files = await bundle();
const before = present();
const stale = [...new Set([...files.keys(), ...before.keys()])].filter((name) => files.get(name) !== before.get(name));
if (process.argv.includes("--check")) {
  if (stale.length > 0) {
    console.error(`packages/pi-planport/prebuilt is not up to date (${stale.join(", ")}): npm run build`);
    process.exitCode = 1;
  }
} else if (stale.length > 0) {
  rmSync(target, { recursive: true, force: true });
  mkdirSync(target);
  for (const [name, code] of files) writeFileSync(path.join(target, name), code);
}
