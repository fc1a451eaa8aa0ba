#!/usr/bin/env node
/**
 * Puts LICENSE, README.md and CHANGELOG.md beside the package's manifest before it is packed, and takes them away
 * after (`--remove`). npm packs only what lies below the manifest.
 * @module
 */
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { packageRoot, repoRoot } from "./lib.mjs";

const files = ["LICENSE", "README.md", "CHANGELOG.md"];

/** Links to files that stay in the repository would lead nowhere from the packed copy: their text remains. */
function withoutRelativeLinks(markdown) {
  return markdown.replaceAll(/\[([^\]]+)\]\((?![a-z]+:|#)[^)]+\)/g, "$1");
}

for (const file of files) {
  const target = path.join(packageRoot, file);
  if (process.argv.includes("--remove")) rmSync(target, { force: true });
  else writeFileSync(target, withoutRelativeLinks(readFileSync(path.join(repoRoot, file), "utf8")));
}
