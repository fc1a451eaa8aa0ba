/**
 * The programs in examples/ check their own results; here they are run as their readers run them, on what is built.
 */
import { execFile } from "node:child_process";
import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { beforeAll, expect, it } from "vitest";
import { ensureBuilt } from "../cli/support/build.ts";
import { newFolder } from "./support/signed-in.ts";

const folder = fileURLToPath(new URL("../../../../examples", import.meta.url));
// The AI SDK is not installed next to planport: test/clients runs that example with both lines of it.
const examples = readdirSync(folder).filter((name) => name.endsWith(".mjs") && name !== "ai-sdk.mjs");

beforeAll(ensureBuilt, 120_000);

it.each(examples)("%s runs with nobody signed in, and finds its results right", async (name) => {
  const home = newFolder();
  const { PATH = "", SystemRoot } = process.env;
  const env = { PATH, HOME: home, USERPROFILE: home, ...(SystemRoot !== undefined && { SystemRoot }) };
  const { stdout } = await promisify(execFile)(process.execPath, [name], { cwd: folder, env });
  expect(stdout).toMatch(/^ok$/m);
});
