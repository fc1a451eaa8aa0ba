/**
 * A sign-in that cannot be written, or that changes while a refresh is under way.
 */
import { chmodSync, chownSync, existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type Door, openDoor } from "./support/door.ts";
import { type Plan, type Report, runWorker, Worker } from "./support/worker.ts";
import { changeTokens, openWorld, readLogin, type World } from "./support/world.ts";

/** More than an access token lives: each process refreshes at once, though the old token still works. */
const ALWAYS_EARLY_MS = 7_200_000;
const NOBODY = 65_534;

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

/** Runs a worker, and `change` after the server has rotated and before the answer has come. */
async function whileRefreshing(change: () => void, more: Partial<Plan> = {}): Promise<Report> {
  door.doorman = { after: async () => change() };
  const worker = new Worker({ ...plan, ...more });
  await worker.ready();
  worker.goOn();
  const report = await worker.report();
  door.doorman = {};
  return report;
}

function expectNothingSpent(): void {
  expect(world.simulator).toMatchObject({ refreshes: 0, reusedRefreshTokens: 0 });
}

/** The fault is over: the next process works, with one refresh and no new sign-in. */
async function expectNothingLost(): Promise<void> {
  expect((await runWorker(plan)).outcomes).toMatchObject([{ ok: true }]);
  expect(world.simulator).toMatchObject({ refreshes: 1, reusedRefreshTokens: 0 });
}

describe("a disk that is full", () => {
  test("keeps a refresh from being sent, says so, and costs nothing", async () => {
    const before = login();
    const { outcomes } = await runWorker({ ...plan, diskFull: "all" });
    expect(outcomes).toMatchObject([{ ok: false }]);
    expect(outcomes[0]?.message).toContain("the disk is full");
    expect(login()).toBe(before);
    expectNothingSpent();
    await expectNothingLost();
  });

  test("does not matter while the access token is valid", async () => {
    world.signIn();
    const early = { ...plan, refreshEarlyMs: ALWAYS_EARLY_MS };
    const { outcomes, warnings } = await runWorker({ ...early, diskFull: "all" });
    expect(outcomes).toMatchObject([{ ok: true }]);
    expect(warnings.map(({ message }) => message).join("\n")).toContain("the disk is full");
    expectNothingSpent();
  });

  test("when the answer is there: it serves at once, and the next process finds it", async () => {
    const before = login();
    const { outcomes, warnings } = await runWorker({ ...plan, diskFull: "login" });
    expect(outcomes).toMatchObject([{ ok: true }]);
    expect(warnings.map(({ code }) => code)).toContain("store_write_failed");
    expect(login()).toBe(before);
    await expectNothingLost();
    expect(login()).not.toBe(before);
  });
});

describe.runIf(process.platform !== "win32")("a folder that cannot be written to", () => {
  /** Root may write anywhere: then the worker is somebody else. */
  const who: Partial<Plan> = process.getuid?.() === 0 ? { uid: NOBODY } : {};

  beforeEach(() => {
    if (who.uid !== undefined) chownSync(world.authFile, NOBODY, NOBODY);
    chmodSync(world.folder, 0o555);
  });
  afterEach(() => chmodSync(world.folder, 0o755));

  test("keeps a refresh from being sent, says so, and costs nothing", async () => {
    const before = login();
    const { outcomes } = await runWorker({ ...plan, ...who });
    expect(outcomes).toMatchObject([{ ok: false, code: "store_write_failed" }]);
    expect(outcomes[0]?.message).toMatch(/permission denied \(EACCES\)/);
    expect(login()).toBe(before);
    expectNothingSpent();
    chmodSync(world.folder, 0o755);
    await expectNothingLost();
  });

  test("does not matter while the access token is valid", async () => {
    world.signIn();
    if (who.uid !== undefined) chownSync(world.authFile, NOBODY, NOBODY);
    const { outcomes, warnings } = await runWorker({ ...plan, ...who, refreshEarlyMs: ALWAYS_EARLY_MS });
    expect(outcomes).toMatchObject([{ ok: true }]);
    expect(warnings.map(({ code }) => code)).toContain("store_write_failed");
    expectNothingSpent();
  });
});

describe("a file that changes while a refresh is under way", () => {
  test("to newer tokens of the account: these are used, and stay", async () => {
    const { accessToken, refreshToken, idToken } = world.simulator.issueTokens();
    const theirs = { access_token: accessToken, refresh_token: refreshToken, id_token: idToken };
    let changed = "";
    const { outcomes } = await whileRefreshing(() => {
      changeTokens(world.authFile, theirs);
      changed = login();
    });
    expect(outcomes).toMatchObject([{ ok: true }]);
    expect(login()).toBe(changed);
    expect((await runWorker(plan)).outcomes).toMatchObject([{ ok: true }]);
    expect(world.simulator).toMatchObject({ refreshes: 1, reusedRefreshTokens: 0 });
  });

  test("to the sign-in of another account: that is used, and stays", async () => {
    const account = world.simulator.accounts.addAccount({ email: "other@example.com" });
    const theirs = world.simulator.issueTokens({ accountId: account.id });
    let changed = "";
    const { outcomes } = await whileRefreshing(() => {
      changeTokens(world.authFile, {
        access_token: theirs.accessToken,
        refresh_token: theirs.refreshToken,
        id_token: theirs.idToken,
        account_id: theirs.accountId,
      });
      changed = login();
    });
    expect(outcomes).toMatchObject([{ ok: true }]);
    expect(login()).toBe(changed);
    expect(world.simulator.requests.at(-1)?.headers["chatgpt-account-id"]).toBe(account.id);
  });

  test("to nothing: it was a sign-out, and is not undone", async () => {
    const { outcomes } = await whileRefreshing(() => rmSync(world.authFile));
    expect(outcomes).toMatchObject([{ ok: false, code: "credential_missing" }]);
    expect(existsSync(world.authFile)).toBe(false);
    expect((await runWorker(plan)).outcomes).toMatchObject([{ ok: false, code: "credential_missing" }]);
  });

  test.each([
    ["to an empty one", ""],
    ["to what is no JSON", '{"auth_mode": "chat'],
  ])("%s: the request is answered, and the file is whole again", async (_how, text) => {
    const { outcomes } = await whileRefreshing(() => writeFileSync(world.authFile, text));
    expect(outcomes).toMatchObject([{ ok: true }]);
    expect((await runWorker(plan)).outcomes).toMatchObject([{ ok: true }]);
    expect(readLogin(world.authFile)).toHaveProperty("tokens.refresh_token");
    expect(world.simulator).toMatchObject({ refreshes: 1, reusedRefreshTokens: 0 });
  });
});
