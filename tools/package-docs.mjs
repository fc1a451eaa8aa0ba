#!/usr/bin/env node
/**
 * Puts LICENSE, README.md and CHANGELOG.md beside the package's manifest before it is packed, and takes them away
 * after (`--remove`). npm packs only what lies below the manifest.
 * @module
 */
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { packageRoot, repoRoot } from "./lib.mjs";

// The main package brings all of them; a plug-in has a README of its own.
const name = process.argv.slice(2).find((argument) => !argument.startsWith("-"));
const target = name === undefined ? packageRoot : path.join(repoRoot, "packages", name);
const files = name === undefined ? ["LICENSE", "README.md", "CHANGELOG.md"] : ["LICENSE"];

/** Links to files that stay in the repository would lead nowhere from the packed copy: their text remains. */
function withoutRelativeLinks(markdown) {
  return markdown.replaceAll(/\[([^\]]+)\]\((?![a-z]+:|#)[^)]+\)/g, "$1");
}

for (const file of files) {
  const copy = path.join(target, file);
  if (process.argv.includes("--remove")) rmSync(copy, { force: true });
  else writeFileSync(copy, withoutRelativeLinks(readFileSync(path.join(repoRoot, file), "utf8")));
}
