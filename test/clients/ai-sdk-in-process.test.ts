/**
 * The AI SDK with planport as its provider, as it is built: both lines of the library, each on a Node.js that it runs on.
 */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { node22, programFolder } from "./support/in-process.ts";
import { reportNotRun } from "./support/not-run.ts";
import { cleanEnvironment, start, temporaryFolder } from "./support/process.ts";

const here = (file: string): string => fileURLToPath(new URL(file, import.meta.url));

const lines = [
  { line: "6", modules: here("node_modules"), node: process.execPath },
  { line: "7", modules: here("node22/node_modules"), node: node22() },
];
const packages = ["ai", "zod"];

/** Runs a file in a folder; gives what it printed. */
async function run(node: string, cwd: string, args: readonly string[]): Promise<string> {
  const home = temporaryFolder("home");
  const env = cleanEnvironment({ HOME: home, USERPROFILE: home, CODEX_HOME: home });
  const { code, stdout, stderr } = await start(node, args, { cwd, env }).finished;
  expect([code, stderr]).toEqual([0, ""]);
  return stdout;
}

describe.each(lines)("ai $line", ({ line, modules, node }) => {
  if (node === null || !existsSync(join(modules, "ai"))) {
    reportNotRun(`ai ${line} with planport as its provider`, "it, or a Node.js for it, is not installed");
    return;
  }

  it("gives text, streams, objects, tools over steps, thinking, files, errors and aborts as it should", async () => {
    const folder = programFolder(modules, packages, here("in-process/ai-sdk"));
    const results = JSON.parse(await run(node, folder, ["ai-sdk/run.mjs"])) as Record<string, string>;
    expect(Object.entries(results).filter(([, result]) => result !== "ok")).toEqual([]);
    expect(Object.keys(results).length).toBeGreaterThanOrEqual(36);
  });

  it("runs the example, which finds its results right", async () => {
    const folder = programFolder(modules, packages, here("../../examples/ai-sdk.mjs"));
    expect(await run(node, folder, ["ai-sdk.mjs"])).toMatch(/^ok$/m);
  });

  it("takes planport's types for its own", async () => {
    const folder = programFolder(modules, packages, here("in-process/ai-sdk-types.txt"));
    writeFileSync(join(folder, "program.ts"), readFileSync(join(folder, "ai-sdk-types.txt")));
    writeFileSync(join(folder, "package.json"), JSON.stringify({ type: "module" }));
    const tsc = here("../../node_modules/typescript/bin/tsc");
    const options = ["--noEmit", "--strict", "--skipLibCheck", "--types", "node"];
    const resolution = ["--module", "nodenext", "--target", "es2023", "--lib", "es2023,dom"];
    expect(await run(process.execPath, folder, [tsc, ...options, ...resolution, "program.ts"])).toBe("");
  });
});
