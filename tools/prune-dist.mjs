#!/usr/bin/env node
/**
 * Removes from dist what no source stands for any more: the compiler never deletes, and a file that stayed behind would
 * be published.
 * @module
 */
import { existsSync, readdirSync, rmSync } from "node:fs";
import path from "node:path";
import { packageRoots } from "./lib.mjs";

for (const root of packageRoots) {
  const dist = path.join(root, "dist");
  const source = path.join(root, "src");
  for (const entry of readdirSync(dist, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const file = path.join(entry.parentPath, entry.name);
    const relative = path.relative(dist, file).replace(/(\.d\.ts|\.js)(\.map)?$/, ".ts");
    if (!existsSync(path.join(source, relative))) rmSync(file, { force: true });
  }
}
