/**
 * A token endpoint that fails in every way: nothing is lost, and an access token serves for as long as it is valid.
 */
import { readFileSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type Effect, htmlChallenge, rateLimit, serverError } from "../../packages/planport/src/simulator/index.ts";
import { type Door, type Doorman, openDoor } from "./support/door.ts";
import { type Plan, runWorker } from "./support/worker.ts";
import { openWorld, type World } from "./support/world.ts";

/** More than an access token lives: each process refreshes at once, though the old token still works. */
const ALWAYS_EARLY_MS = 7_200_000;

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

const login = (): string => readFileSync(world.authFile, "utf8");

const passing: readonly (readonly [name: string, effect: Effect])[] = [
  ["500", serverError()],
  ["503", serverError(503)],
  ["429", rateLimit({ retryAfterSeconds: 1 })],
  ["a web page", htmlChallenge()],
  ["a web page that says 200", { ...htmlChallenge(200), kind: "http" }],
  ["JSON that breaks off", { kind: "malformed" }],
];

describe.each(passing)("a token endpoint that answers with %s", (_name, effect) => {
  test("fails the request of an expired token, leaves the sign-in as it is, and the next process gets through", async () => {
    const stop = world.simulator.script.always("token", effect);
    const before = login();
    const { outcomes } = await runWorker(plan);
    expect(outcomes).toMatchObject([{ ok: false, code: "refresh_unavailable" }]);
    expect(login()).toBe(before);
    stop();
    expect((await runWorker(plan)).outcomes).toMatchObject([{ ok: true }]);
    expect(world.simulator).toMatchObject({ refreshes: 1, reusedRefreshTokens: 0 });
  });

  test("does not matter while the access token is valid, and is told as a warning", async () => {
    world.signIn();
    world.simulator.script.always("token", effect);
    const before = login();
    const { outcomes, warnings } = await runWorker({ ...plan, refreshEarlyMs: ALWAYS_EARLY_MS, requests: 3 });
    expect(outcomes.map(({ ok }) => ok)).toEqual([true, true, true]);
    expect(warnings.map(({ code }) => code)).toContain("refresh_unavailable");
    expect(login()).toBe(before);
    expect(world.simulator.reusedRefreshTokens).toBe(0);
  });
});

test("a token endpoint that takes its time is waited for, and asked once", async () => {
  world.simulator.script.always("token", { kind: "delay", ms: 2000 });
  const reports = await Promise.all([runWorker(plan), runWorker(plan), runWorker(plan)]);
  expect(reports.flatMap(({ outcomes }) => outcomes).map(({ ok }) => ok)).toEqual([true, true, true]);
  expect(world.simulator).toMatchObject({ refreshes: 1, reusedRefreshTokens: 0 });
});

describe("a line that is cut before the server has heard of the refresh", () => {
  beforeEach(() => {
    door.doorman = { cutBefore: true };
  });

  test("fails the request of an expired token, and costs nothing", async () => {
    const before = login();
    expect((await runWorker(plan)).outcomes).toMatchObject([{ ok: false, code: "refresh_unavailable" }]);
    expect(login()).toBe(before);
    door.doorman = {};
    expect((await runWorker(plan)).outcomes).toMatchObject([{ ok: true }]);
    expect(world.simulator).toMatchObject({ refreshes: 1, reusedRefreshTokens: 0 });
  });

  test("does not matter while the access token is valid", async () => {
    world.signIn();
    const { outcomes } = await runWorker({ ...plan, refreshEarlyMs: ALWAYS_EARLY_MS });
    expect(outcomes).toMatchObject([{ ok: true }]);
  });
});

const cuts: readonly (readonly [name: string, doorman: Doorman])[] = [
  ["without a byte of it", { cutAfter: "head" }],
  ["in the middle of it", { cutAfter: "half" }],
  ["and a web page comes in place of the answer", { insteadOfAnswer: "<!DOCTYPE html><title>Please wait</title>" }],
];

describe.each(cuts)("an answer that is lost after the server has rotated, %s", (_name, doorman) => {
  test("is found out by the next process, which says that a refresh was cut off and what to do", async () => {
    door.doorman = doorman;
    const before = login();
    expect((await runWorker(plan)).outcomes).toMatchObject([{ ok: false, code: "refresh_unavailable" }]);
    expect(login()).toBe(before);
    door.doorman = {};
    const { outcomes } = await runWorker(plan);
    expect(outcomes).toMatchObject([{ ok: false, code: "refresh_interrupted" }]);
    expect(outcomes[0]?.message).toContain("planport login");
    world.signIn();
    expect((await runWorker(plan)).outcomes).toMatchObject([{ ok: true }]);
  });

  test("does not matter while the access token is valid, for this process and the next one", async () => {
    world.signIn();
    door.doorman = doorman;
    const early = { ...plan, refreshEarlyMs: ALWAYS_EARLY_MS };
    expect((await runWorker(early)).outcomes).toMatchObject([{ ok: true }]);
    door.doorman = {};
    const { outcomes, warnings } = await runWorker(early);
    expect(outcomes).toMatchObject([{ ok: true }]);
    expect(warnings.map(({ code }) => code)).toContain("refresh_interrupted");
  });
});
