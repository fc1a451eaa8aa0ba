/**
 * Processes that stand still with the lock in their hands, and clocks that do not agree.
 */
import { readdirSync, utimesSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type Door, openDoor } from "./support/door.ts";
import { type Plan, type Report, runWorker, type Step, Worker } from "./support/worker.ts";
import { openWorld, type World } from "./support/world.ts";

/** A lock that nobody renewed for so long is taken over. */
const STALE_AFTER_MS = 400;
const TEN_MINUTES_MS = 600_000;
const EIGHT_HOURS_MS = 8 * 3_600_000;

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

async function start(more: Partial<Plan> = {}): Promise<Worker> {
  const worker = new Worker({ ...plan, ...more });
  await worker.ready();
  worker.goOn();
  return worker;
}

function expectAnswers(...reports: readonly Report[]): void {
  expect(reports.flatMap((report) => report.outcomes)).toMatchObject(reports.map(() => ({ ok: true })));
}

/** Holds answers back until the returned function is called. */
function holdAnswers(): { readonly arrived: Promise<void>; readonly letGo: () => void } {
  let letGo = (): void => {};
  let arrive = (): void => {};
  const open = new Promise<void>((resolve) => (letGo = resolve));
  const arrived = new Promise<void>((resolve) => (arrive = resolve));
  door.doorman = {
    after: () => {
      arrive();
      return open;
    },
  };
  return { arrived, letGo };
}

const timeOf = (worker: Worker, step: Step): number => worker.steps.find((reached) => reached.step === step)?.atMs ?? 0;

/** Sets the time of change of every file beside the sign-in, as a file server with a clock of its own does. */
function shiftFileTimes(byMs: number): void {
  const at = new Date(Date.now() + byMs);
  for (const name of readdirSync(world.folder)) utimesSync(join(world.folder, name), at, at);
}

describe.runIf(process.platform !== "win32")("a process that was stopped while it held the lock", () => {
  test("loses the lock after the stale time, and looks again before it spends a token", async () => {
    const stopped = await start({ staleAfterMs: STALE_AFTER_MS, holdAt: ["locked"] });
    await stopped.reached("locked");
    stopped.child.kill("SIGSTOP");
    expectAnswers(await runWorker({ ...plan, staleAfterMs: STALE_AFTER_MS }));
    stopped.child.kill("SIGCONT");
    stopped.goOn();
    expectAnswers(await stopped.report());
    expect(world.simulator).toMatchObject({ refreshes: 1, reusedRefreshTokens: 0 });
    expectAnswers(await runWorker(plan));
  });

  test("with its refresh under way, is not robbed of the token it waits for", async () => {
    const answers = holdAnswers();
    const stopped = await start({ staleAfterMs: STALE_AFTER_MS });
    await answers.arrived;
    stopped.child.kill("SIGSTOP");
    const other = await start({ staleAfterMs: STALE_AFTER_MS });
    await other.reached("waiting");
    await delay(4 * STALE_AFTER_MS);
    expect(world.simulator).toMatchObject({ refreshes: 1, reusedRefreshTokens: 0 });
    stopped.child.kill("SIGCONT");
    answers.letGo();
    expectAnswers(await stopped.report(), await other.report());
    expect(world.simulator).toMatchObject({ refreshes: 1, reusedRefreshTokens: 0 });
    expectAnswers(await runWorker(plan));
  });
});

describe.each([
  ["ahead of", TEN_MINUTES_MS],
  ["behind", -TEN_MINUTES_MS],
])("a machine whose clock is ten minutes %s the holder's", (_where, shiftMs) => {
  test("waits for a lock that is held, and takes over what was refreshed", async () => {
    const answers = holdAnswers();
    const holder = await start();
    await answers.arrived;
    shiftFileTimes(-shiftMs);
    const other = await start({ clockShiftMs: shiftMs });
    await other.reached("waiting");
    await delay(1000);
    answers.letGo();
    expectAnswers(await holder.report(), await other.report());
    expect(world.simulator).toMatchObject({ refreshes: 1, reusedRefreshTokens: 0 });
    expect(timeOf(other, "locked") || Number.POSITIVE_INFINITY).toBeGreaterThan(timeOf(holder, "renaming"));
  });

  test("takes over the lock of a process that is dead", async () => {
    const dead = await start({ holdAt: ["locked"] });
    await dead.reached("locked");
    await dead.kill();
    shiftFileTimes(-shiftMs);
    expectAnswers(await runWorker({ ...plan, clockShiftMs: shiftMs }));
    expect(world.simulator).toMatchObject({ refreshes: 1, reusedRefreshTokens: 0 });
  });
});

describe("a clock that jumps by hours, as after a sleep", () => {
  test("in the middle of a refresh harms nobody", async () => {
    const answers = holdAnswers();
    const holder = await start({ jumpAtSentMs: EIGHT_HOURS_MS });
    await answers.arrived;
    const other = await start({ clockShiftMs: EIGHT_HOURS_MS });
    await other.reached("waiting");
    answers.letGo();
    await holder.report();
    await other.report();
    expect(world.simulator.reusedRefreshTokens).toBe(0);
    expectAnswers(await runWorker(plan));
  });

  test.runIf(process.platform !== "win32")(
    "with all processes asleep past the stale time spends no token twice",
    async () => {
      const answers = holdAnswers();
      const holder = await start({ staleAfterMs: STALE_AFTER_MS });
      await answers.arrived;
      const other = await start({ staleAfterMs: STALE_AFTER_MS });
      await other.reached("waiting");
      for (const { child } of [holder, other]) child.kill("SIGSTOP");
      await delay(3 * STALE_AFTER_MS);
      // The one that waits wakes first.
      other.child.kill("SIGCONT");
      await delay(STALE_AFTER_MS / 2);
      holder.child.kill("SIGCONT");
      answers.letGo();
      expectAnswers(await holder.report(), await other.report());
      expect(world.simulator).toMatchObject({ refreshes: 1, reusedRefreshTokens: 0 });
    },
  );
});
