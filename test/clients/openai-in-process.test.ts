/**
 * OpenAI's library with planport in its own process, as it is built: both lines of the library, each on a Node.js that it
 * runs on.
 */
import { existsSync } from "node:fs";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Simulator, startSimulator } from "../../packages/planport/src/simulator/index.ts";
import { node22, programFolder } from "./support/in-process.ts";
import { reportNotRun } from "./support/not-run.ts";
import { cleanEnvironment, start } from "./support/process.ts";
import { signedInHome } from "./support/stack.ts";

const here = (file: string): string => fileURLToPath(new URL(file, import.meta.url));

let simulator: Simulator;

beforeAll(async () => {
  simulator = await startSimulator();
});
afterAll(() => simulator.close());

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
      ["--preserve-symlinks", "--preserve-symlinks-main", "openai.mjs"],
      {
        cwd: programFolder(dirname(library), ["openai"], here("in-process/openai.mjs")),
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
