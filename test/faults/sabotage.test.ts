/**
 * The fault tests can fail: without any one of the safeguards they do.
 */
import { readFileSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type Door, meeting, openDoor } from "./support/door.ts";
import { killOnce } from "./support/kills.ts";
import { type Plan, type Sabotage, Worker } from "./support/worker.ts";
import { openWorld, readLogin, type World } from "./support/world.ts";

let world: World;
let door: Door;
let plan: Plan;

beforeEach(async () => {
  world = await openWorld();
  door = await openDoor(world.simulator);
  plan = { ...world.plan, refreshUrl: door.url };
});
afterEach(async () => {
  await door.close();
  await world.close();
});

/** One process reads the sign-in and waits; another one refreshes; then the first goes on. Refresh tokens sent twice. */
async function oneAfterTheOther(sabotage: Sabotage | null): Promise<number> {
  const slow = new Worker({ ...plan, sabotage, holdAt: ["waiting"] });
  await slow.ready();
  slow.goOn();
  await slow.reached("waiting");
  const quick = new Worker({ ...plan, sabotage });
  await quick.ready();
  quick.goOn();
  await quick.report();
  slow.goOn();
  await slow.report();
  return world.simulator.reusedRefreshTokens;
}

/** Two processes at the same time; with a lock only one of them comes to the door. */
async function bothAtOnce(sabotage: Sabotage | null): Promise<number> {
  const both = [new Worker({ ...plan, sabotage }), new Worker({ ...plan, sabotage })];
  await Promise.all(both.map((worker) => worker.ready()));
  if (sabotage === "lock") door.doorman = { before: meeting(2, "planport") };
  for (const worker of both) worker.goOn();
  await Promise.all(both.map((worker) => worker.report()));
  return world.simulator.reusedRefreshTokens;
}

/** What another program reads in the middle of a write. */
async function readMidway(sabotage: Sabotage | null): Promise<string> {
  const writer = new Worker({ ...plan, sabotage, holdAt: ["renaming"] });
  await writer.ready();
  writer.goOn();
  await writer.reached("renaming");
  const text = readFileSync(world.authFile, "utf8");
  writer.goOn();
  await writer.report();
  return text;
}

describe("with all safeguards", () => {
  test("two processes spend one token once, whichever way they meet", async () => {
    expect(await oneAfterTheOther(null)).toBe(0);
    expect(await bothAtOnce(null)).toBe(0);
  });

  test("a reader in the middle of a write sees a whole file", async () => {
    expect(JSON.parse(await readMidway(null))).toHaveProperty("tokens.refresh_token");
  });

  test("a power cut after a refresh loses nothing", async () => {
    expect(await killOnce(world, { kind: "power", step: "finished" }, null, 0)).toMatchObject({ verdict: "usable" });
    expect(readLogin(world.authFile)).toHaveProperty("tokens.refresh_token");
  });
});

describe("the tests notice", () => {
  test("a missing lock: two processes spend one token", async () => {
    expect(await bothAtOnce("lock")).toBeGreaterThan(0);
  });

  test("a missing second look: a process spends a token that another one has spent", async () => {
    expect(await oneAfterTheOther("reread")).toBeGreaterThan(0);
  });

  test("a missing fsync: a power cut after a refresh loses the login", async () => {
    expect(await killOnce(world, { kind: "power", step: "finished" }, "fsync", 0)).toMatchObject({ verdict: "lost" });
  });

  test("a missing rename: a reader in the middle of a write sees a torn file", async () => {
    const torn = await readMidway("rename");
    expect(() => void JSON.parse(torn)).toThrow(SyntaxError);
  });
});
