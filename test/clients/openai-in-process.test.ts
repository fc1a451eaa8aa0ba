/**
 * OpenAI's library with planport in its own process, as it is built: both lines of the library, each on a Node.js that it
 * runs on.
 */
import { copyFileSync, existsSync, mkdirSync, readdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Simulator, startSimulator } from "../../packages/planport/src/simulator/index.ts";
import { reportNotRun } from "./support/not-run.ts";
import { cleanEnvironment, start, temporaryFolder } from "./support/process.ts";
import { signedInHome } from "./support/stack.ts";

const here = (file: string): string => fileURLToPath(new URL(file, import.meta.url));

let simulator: Simulator;

beforeAll(async () => {
  simulator = await startSimulator();
});
afterAll(() => simulator.close());

/** A program's folder: planport with all it needs, and a line of the library that is not the one next to planport. */
function programFolder(library: string): string {
  const folder = temporaryFolder("in-process");
  const modules = join(folder, "node_modules");
  mkdirSync(modules);
  const root = here("../../node_modules");
  for (const name of readdirSync(root))
    if (name !== "openai" && name !== "planport" && !name.startsWith("."))
      symlinkSync(join(root, name), join(modules, name), "junction");
  symlinkSync(here("../../packages/planport"), join(modules, "planport"), "junction");
  symlinkSync(library, join(modules, "openai"), "junction");
  copyFileSync(here("in-process/openai.mjs"), join(folder, "program.mjs"));
  return folder;
}

/** Where npm's package `node` keeps its binary for this machine; null when it has none. */
function node22(): string | null {
  const system = process.platform === "win32" ? "win" : process.platform;
  const file = process.platform === "win32" ? "node.exe" : "node";
  const names = [`node-${system}-${process.arch}`, `node-bin-${system}-${process.arch}`];
  const found = names.map((name) => here(`node22/node_modules/${name}/bin/${file}`)).find((path) => existsSync(path));
  return found ?? (Number(process.versions.node.split(".")[0]) >= 22 ? process.execPath : null);
}

const lines = [
  { line: "6", library: here("node_modules/openai"), node: process.execPath },
  { line: "7", library: here("node22/node_modules/openai"), node: node22() },
];

describe.each(lines)("openai $line", ({ line, library, node }) => {
  if (node === null || !existsSync(library)) {
    reportNotRun(`openai ${line} with planport in its process`, "it, or a Node.js for it, is not installed");
    return;
  }
  it("is served whole and streaming, with its helpers, its error classes and aborts", async () => {
    const home = signedInHome(simulator);
    const { code, stdout, stderr } = await start(
      node,
      ["--preserve-symlinks", "--preserve-symlinks-main", "program.mjs"],
      {
        cwd: programFolder(library),
        env: cleanEnvironment({
          HOME: home,
          USERPROFILE: home,
          CODEX_HOME: home,
          CODEX_BASE_URL: simulator.codexBaseUrl,
          CODEX_REFRESH_TOKEN_URL_OVERRIDE: `${simulator.issuer}/oauth/token`,
        }),
      },
    ).finished;
    expect([code, stderr]).toEqual([0, ""]);
    expect(JSON.parse(stdout)).toEqual({
      version: expect.stringMatching(new RegExp(`^${line}\\.`)) as string,
      models: expect.arrayContaining(["gpt-5.5"]) as string[],
      response: "whole response",
      followed: ["it goes on", true],
      responseStream: "streamed response",
      chat: "whole chat",
      chatStream: "streamed chat",
      tools: [expect.stringContaining("Sunny in Paris."), ["Paris"]],
      image: "PNG",
      unknownModel: { isOwn: true, name: "BadRequestError", code: "model_not_found" },
      aborted: { isOwn: true, name: "APIUserAbortError", code: null },
    });
    await expect.poll(() => simulator.openResponses).toBe(0);
  });
});
