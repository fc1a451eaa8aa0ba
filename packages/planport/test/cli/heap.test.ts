import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { KNOWN_UNTIL_NODE } from "../../src/cli/heap.ts";
import { type Simulator, startSimulator } from "../../src/simulator/index.ts";
import { pointAt, signedInHome, start } from "./support/cli.ts";

let simulator: Simulator;

beforeEach(async () => {
  simulator = await startSimulator();
});

afterEach(() => simulator.close());

/** Makes objects of which many live for a while, which is what makes V8 enlarge its young generation, and tells its size. */
const TELL_HEAP = `
const { getHeapSpaceStatistics } = require("node:v8");
process.on("exit", () => {
  const kept = [];
  for (let round = 0; round < 400; round++) kept[round % 40] = Array.from({ length: 2000 }, (_, at) => ({ round, at }));
  const young = getHeapSpaceStatistics().find((space) => space.space_name === "new_space");
  process.stderr.write("young " + young.space_size / 2 ** 20 + "\\n");
});
`;

/** Tells every flag that V8 is given, and whether the command's modules were loaded before, which need Node's own `child_process`. */
const TELL_FLAGS = `
const v8 = require("node:v8");
const { setFlagsFromString } = v8;
v8.setFlagsFromString = (flag) => {
  process.stderr.write("flag " + flag + (process.moduleLoadList.includes("NativeModule child_process") ? " late" : " early") + "\\n");
  setFlagsFromString(flag);
};
require("node:module").syncBuiltinESMExports();
`;

/** What `serve` writes on standard error, from its start to its end, with this loaded before it. */
async function serveWith(preload: string, more = ""): Promise<string> {
  const home = signedInHome(simulator);
  const file = join(home, "preload.cjs");
  writeFileSync(file, preload);
  const env = { ...pointAt(simulator), NODE_OPTIONS: `--require=${file} ${more}` };
  const running = start(home, ["serve", "--port", "0"], { env, input: "" });
  await running.until(/listening/);
  running.child.kill("SIGINT");
  return (await running.finished).stderr;
}

const isKnown = Number.parseInt(process.versions.node, 10) <= KNOWN_UNTIL_NODE;

// On Windows a signal ends a process without its exit event.
describe.runIf(isKnown && process.platform !== "win32")("the heap of a serving process", () => {
  it("is not enlarged once the command runs", async () => {
    const stderr = await serveWith(TELL_HEAP);
    expect(Number(/young ([\d.]+)/.exec(stderr)?.[1])).toBeLessThanOrEqual(4);
  });

  it("is not collected for being idle: V8 is told so before the modules are loaded, while it still listens", async () => {
    expect(await serveWith(TELL_FLAGS)).toMatch(/^flag --gc-memory-reducer-start-delay-ms=\d{10} early$/m);
  });

  it("is left alone where the user said how large it may be", async () => {
    expect(await serveWith(TELL_FLAGS, "--max-old-space-size=400")).not.toMatch(/^flag/m);
  });
});
