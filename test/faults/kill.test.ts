/**
 * Whenever a refresh is killed, the next process has a usable login; where physics forbids that, it says so.
 */
import { expect, test } from "vitest";
import { aimAt, killMany, renderKills } from "./support/kills.ts";
import { killCount, sabotage, show } from "./support/settings.ts";
import { STEPS } from "./support/worker.ts";

test("kill -9 at any step of a refresh loses no login, except between rotation and answer, and that is told", async () => {
  const { kills, leftovers } = await killMany(aimAt(killCount, Math.random), sabotage);
  show(`kill -9${sabotage === null ? "" : `, without ${sabotage}`}`, renderKills(kills));
  expect(kills.flatMap((kill) => kill.fault ?? [])).toEqual([]);
  expect(kills.filter((kill) => kill.verdict === "lost")).toEqual([]);
  // Held at `sent` until the server had rotated, each one must have been told; nothing else may have been.
  const doomed = kills.filter(({ aim }) => aim.kind === "sent" && aim.hasRotated);
  expect(doomed.map((kill) => kill.verdict)).toEqual(doomed.map(() => "told"));
  for (const step of STEPS)
    expect(kills.filter((kill) => kill.died === step).length, step).toBeGreaterThanOrEqual(Math.floor(killCount / 10));
  expect(leftovers).toEqual([]);
}, 900_000);
