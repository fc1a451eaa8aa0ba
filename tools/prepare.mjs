#!/usr/bin/env node
/**
 * Builds after an installation. Where only what runs was installed there is nothing to build with, and nothing that needs it:
 * so pi installs this repository as a package (`npm install --omit=dev`).
 * @module
 */
import { existsSync } from "node:fs";
import path from "node:path";
import { repoRoot, runNpm } from "./lib.mjs";

if (existsSync(path.join(repoRoot, "node_modules", "typescript"))) {
  const { ok, text } = runNpm(["run", "build"], repoRoot);
  if (!ok) {
    console.error(text);
    process.exitCode = 1;
  }
}
