/**
 * Twenty processes and one expired token.
 */
import { expect, test } from "vitest";
import { collide, spread } from "./support/collide.ts";
import { sabotage, show } from "./support/settings.ts";
import { openWorld } from "./support/world.ts";

/** Long enough that all have looked before the first answer is there. */
const ANSWER_MS = 200;

test("20 processes with 10 requests each and one expired token make one refresh and no error", async () => {
  const world = await openWorld();
  world.simulator.script.always("token", { kind: "delay", ms: ANSWER_MS });
  const { answers, errors, refreshes, reused, waitsMs } = await collide(world, {
    processes: 20,
    requests: 10,
    sabotage,
  });
  show(
    `20 processes x 10 requests, one expired token, a token endpoint that takes ${ANSWER_MS} ms`,
    `refreshes ${refreshes}, answers ${answers}, errors ${errors.length}, refresh tokens sent twice ${reused}\n` +
      `a request waited for its token: ${spread(waitsMs)}`,
  );
  expect(errors).toEqual([]);
  expect({ answers, refreshes, reused }).toEqual({ answers: 200, refreshes: 1, reused: 0 });
  await world.close();
}, 300_000);
