/** Programs that die with secrets in their errors: the command line, and a program that uses the library. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { pathToFileURL } from "node:url";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Simulator, startSimulator } from "../../src/simulator/index.ts";
import { binFile, newHome, put, start } from "../cli/support/cli.ts";
import { scan } from "./support/scanner.ts";
import { shaped, syntheticSecrets } from "./support/secrets.ts";
import { scanOutput, signedInWorld } from "./support/world.ts";

const secrets = syntheticSecrets();
const known = shaped(secrets);
const sentence = known.map(({ value }) => value).join(" / ");
let simulator: Simulator;

beforeAll(async () => {
  simulator = await startSimulator({ autoApprove: true });
});
afterAll(async () => {
  await simulator.close();
});

/** Makes an error as a library would, with the secrets of the environment in all its parts. */
const MAKE = `
  const make = (depth = 4) => Object.assign(
    new TypeError("broken: " + process.env.SYNTHETIC, depth === 0 ? {} : { cause: make(depth - 1) }),
    { input: process.env.SYNTHETIC, config: { headers: { authorization: "Bearer " + process.env.SYNTHETIC } } },
  );`;

const crashes: Readonly<Record<string, string>> = {
  "an unhandled rejection": "Promise.reject(make())",
  "an uncaught error": "throw make()",
  "a rejection with a text": "Promise.reject(process.env.SYNTHETIC)",
  "a rejection with an object": "Promise.reject({ token: process.env.SYNTHETIC })",
  "an error in an emitter": `new (process.getBuiltinModule?.("events") ?? require("events"))().emit("error", make())`,
  "two at once": "Promise.reject(make()); throw make()",
};

describe("the command line", () => {
  it.each(Object.keys(crashes))("tells %s in one line, without a secret, and ends with 1", async (name) => {
    const world = signedInWorld(simulator);
    // Comes in once the command has printed that it listens: by then it is planport's to tell.
    const preload = put(
      world.home,
      "preload.cjs",
      `${MAKE}
      const write = process.stdout.write.bind(process.stdout);
      process.stdout.write = (text, ...rest) => {
        if (/listening on/.test(String(text))) setTimeout(() => { ${crashes[name] ?? ""} }, 20);
        return write(text, ...rest);
      };`,
    );
    for (const level of ["warn", "debug"]) {
      const env = {
        ...world.env,
        PLANPORT_LOG: level,
        SYNTHETIC: sentence,
        NODE_OPTIONS: `--require ${JSON.stringify(preload)}`,
      };
      const finished = await start(world.home, ["serve", "--port", "0"], { env }).finished;
      expect(finished.code).toBe(1);
      expect(finished.stdout).toContain("listening on");
      expect(finished.stderr).toMatch(/planport: (?:an unexpected fault: broken|planport met an unexpected fault)/);
      expect(scanOutput(["serve"], finished, [...known, ...world.secrets()])).toEqual([]);
      if (level === "warn") expect(finished.stderr.match(/^planport: /gm)).toHaveLength(1);
    }
  });
});

describe("a program that uses the library", () => {
  const library = pathToFileURL(join(binFile, "../../dist/errors.js")).href;
  const run = async (code: string): Promise<{ readonly text: string; readonly failed: boolean }> => {
    const script = `import { CredentialError, ConfigError, toPlanportError } from ${JSON.stringify(library)};${MAKE}\n${code}`;
    const env = { PATH: process.env["PATH"], SYNTHETIC: sentence };
    const file = put(newHome(), "program.mjs", script);
    return promisify(execFile)(process.execPath, [file], { env })
      .then(({ stdout, stderr }) => ({ text: stdout + stderr, failed: false }))
      .catch((error: { stdout: string; stderr: string }) => ({ text: error.stdout + error.stderr, failed: true }));
  };

  it("the instrument: a library's own error shows everything when it is not caught", async () => {
    const { text, failed } = await run("throw make();");
    expect(failed).toBe(true);
    expect(scan("crash", text, known)).toHaveLength(known.length);
  });

  it.each([
    "throw new CredentialError('credential_rejected', 'no: ' + process.env.SYNTHETIC, { cause: make() });",
    "Promise.reject(new ConfigError('internal', 'x', { cause: make() }));",
    "Promise.reject(toPlanportError(make()));",
    "throw new Error('mine', { cause: toPlanportError(make()) });",
    "throw new AggregateError([toPlanportError(make())], 'all');",
    "console.log(toPlanportError(make())); console.error('%o', toPlanportError(make())); process.exit(1);",
    "(await import('node:assert')).deepEqual(toPlanportError(make()), {});",
    "process.emitWarning(toPlanportError(make())); process.exitCode = 1;",
    "reportError = undefined; queueMicrotask(() => { throw toPlanportError(make()); });",
  ])("that does not catch: %s", async (code) => {
    const { text, failed } = await run(code);
    expect(failed).toBe(true);
    expect(text.length).toBeGreaterThan(20);
    expect(scan("crash", text, known)).toEqual([]);
  });
});
