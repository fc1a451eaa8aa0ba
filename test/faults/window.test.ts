/**
 * How long a kill can cost a login: from the moment in which the server has rotated until the answer rests on the disk.
 */
import { expect, test } from "vitest";
import { spread } from "./support/collide.ts";
import { openDoor } from "./support/door.ts";
import { show } from "./support/settings.ts";
import { STEPS, Worker } from "./support/worker.ts";
import { ageAccessToken, openWorld } from "./support/world.ts";

const RUNS = 20;

test("a refresh takes its six steps in order, and the window in which a kill costs a login is measured", async () => {
  const world = await openWorld();
  const door = await openDoor(world.simulator);
  const windowsMs: number[] = [];
  for (let run = 0; run < RUNS; run++) {
    let rotatedAtMs = Number.NaN;
    door.doorman = {
      after: async () => {
        rotatedAtMs = performance.timeOrigin + performance.now();
      },
    };
    const worker = new Worker({ ...world.plan, refreshUrl: door.url });
    await worker.ready();
    worker.goOn();
    expect((await worker.report()).outcomes).toMatchObject([{ ok: true }]);
    expect(worker.steps.map(({ step }) => step)).toEqual([...STEPS, "finished"]);
    windowsMs.push((worker.steps.find(({ step }) => step === "answered")?.atMs ?? Number.NaN) - rotatedAtMs);
    ageAccessToken(world.authFile, -60_000);
  }
  windowsMs.sort((a, b) => a - b);
  show(
    `from rotation to the answer on disk, over loopback, ${RUNS} refreshes`,
    `${spread(windowsMs)} (add the way of the answer through the network)`,
  );
  expect(windowsMs.every((ms) => ms > 0)).toBe(true);
  await door.close();
  await world.close();
});
