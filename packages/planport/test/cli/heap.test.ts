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

const isKnown = Number.parseInt(process.versions.node, 10) <= KNOWN_UNTIL_NODE;

// On Windows a signal ends a process without its exit event.
describe.runIf(isKnown && process.platform !== "win32")("the heap of a serving process", () => {
  it("is not enlarged once the command runs", async () => {
    const home = signedInHome(simulator);
    const file = join(home, "tell-heap.cjs");
    writeFileSync(file, TELL_HEAP);
    const env = { ...pointAt(simulator), NODE_OPTIONS: `--require=${file}` };
    const running = start(home, ["serve", "--port", "0"], { env, input: "" });
    await running.until(/listening/);
    running.child.kill("SIGINT");
    const { stderr } = await running.finished;
    expect(Number(/young ([\d.]+)/.exec(stderr)?.[1])).toBeLessThanOrEqual(4);
  });
});
