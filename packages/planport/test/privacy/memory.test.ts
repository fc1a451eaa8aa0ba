/** Where prompts rest: in the gateway's memory, and nowhere at all when that is off. */
import { afterEach, beforeEach, expect, it } from "vitest";
import { type Simulator, startSimulator } from "../../src/simulator/index.ts";
import { start } from "../cli/support/cli.ts";
import { scanFolder } from "./support/scanner.ts";
import { signedInWorld, type World } from "./support/world.ts";

let simulator: Simulator;
let world: World;
beforeEach(async () => {
  simulator = await startSimulator();
  world = signedInWorld(simulator);
});
afterEach(() => simulator.close());

/** Has a gateway answer the prompt by both endpoints; gives the files that then hold the prompt. */
async function holders(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<string[]> {
  const gateway = start(world.home, ["serve", "--port", "0", ...args], { env: { ...world.env, ...env } });
  const [url] = await gateway.until(/http:\/\/127\.0\.0\.1:\d+/);
  const ask = async (path: string, body: object): Promise<void> => {
    const headers = { "content-type": "application/json" };
    const answer = await fetch(`${url}${path}`, { method: "POST", headers, body: JSON.stringify(body) });
    await answer.text();
    expect(answer.status).toBe(200);
  };
  await ask("/v1/responses", { model: "gpt-5.5", input: world.prompt });
  await ask("/v1/chat/completions", { model: "gpt-5.5", messages: [{ role: "user", content: world.prompt }] });
  gateway.child.kill("SIGTERM");
  await gateway.finished;
  const prompt = world.secrets().filter(({ name }) => name === "prompt");
  return [...new Set(scanFolder(world.home, prompt, () => null).map(({ where }) => where.replaceAll("\\", "/")))];
}

it("a gateway that remembers keeps prompts in its one file", async () => {
  expect(await holders([])).toEqual([".planport/memory.db"]);
});

it("a gateway whose memory is off, or ends with it, leaves no prompt on disk", async () => {
  expect(await holders(["--memory", "off"])).toEqual([]);
  expect(await holders(["--memory", "memory"])).toEqual([]);
  expect(await holders([], { PLANPORT_MEMORY: "Off" })).toEqual([]);
});

it("a gateway whose memory has a file of its own keeps prompts there alone", async () => {
  expect(await holders(["--memory", "~/kept.db"])).toEqual(["kept.db"]);
});
