#!/usr/bin/env node
/**
 * Writes the JSON Schema of planport.yaml (in docs, and in the package) and the table of capabilities in docs/profiles.md
 * from the tables that the program itself goes by. `--check` writes nothing and fails when one is not up to date. Needs a
 * build.
 * @module
 */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { packageRoot, repoRoot } from "./lib.mjs";

const begin = "<!-- made by npm run docs -->";
const end = "<!-- end -->";

/**
 * The table of capabilities.
 * @param {Record<string, { standard: unknown, effects: Record<string, string> }>} table
 * @returns {string}
 */
export function renderCapabilities(table) {
  const rows = Object.entries(table).flatMap(([name, { standard, effects }]) =>
    Object.entries(effects).map(([value, effect], index) => {
      const shown = value === String(standard) ? `\`${value}\` (default)` : `\`${value}\``;
      return `| ${index === 0 ? `\`${name}\`` : ""} | ${shown} | ${effect} |`;
    }),
  );
  return ["| key | value | what it does |", "|---|---|---|", ...rows].join("\n");
}

/**
 * A document with what stands between the two marks replaced.
 * @param {string} text
 * @param {string} part
 * @returns {string}
 */
export function withPart(text, part) {
  const from = text.indexOf(begin);
  const to = text.indexOf(end);
  if (from < 0 || to < from) throw new Error(`there is no place between ${begin} and ${end}`);
  return `${text.slice(0, from + begin.length)}\n\n${part}\n\n${text.slice(to)}`;
}

async function main() {
  const load = (...file) => import(pathToFileURL(path.join(packageRoot, "dist", ...file)).href);
  const [{ planportSchema }, { CAPABILITY_TABLE }] = await Promise.all([
    load("config", "file", "table.js"),
    load("protocol", "capabilities.js"),
  ]);
  const schema = `${JSON.stringify(planportSchema(), null, 2)}\n`;
  const page = path.join(repoRoot, "docs", "profiles.md");
  const files = [
    [path.join(repoRoot, "docs", "planport.schema.json"), schema],
    [path.join(packageRoot, "planport.schema.json"), schema],
    [page, withPart(readFileSync(page, "utf8"), renderCapabilities(CAPABILITY_TABLE))],
  ];
  for (const [file, text] of files) {
    if (!process.argv.includes("--check")) writeFileSync(file, text);
    else if (!existsSync(file) || readFileSync(file, "utf8") !== text) {
      console.error(`${path.relative(repoRoot, file)} is not up to date: run npm run docs`);
      process.exitCode = 1;
    }
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main();
