import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createTokenSource, resolveAuthEndpoints, surfaces, type TokenSource } from "../../src/auth/index.ts";
import { createMemoryStore, CredentialDocument, type CredentialStore } from "../../src/store/index.ts";
import { accessToken, authJson, fakeHttp, type FakeHttp, NOW_MS } from "./support/fakes.ts";

const MINUTE_MS = 60_000;
const INTERVAL_MS = 15_000;

interface Rig {
  readonly source: TokenSource;
  readonly http: FakeHttp;
  readonly store: CredentialStore;
  readonly warnings: Error[];
  readonly clock: { nowMs: number };
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

async function rig(tokens: Record<string, unknown>, rest: Record<string, unknown> = {}): Promise<Rig> {
  const http = fakeHttp();
  const store = createMemoryStore(authJson(tokens, rest), "/h/auth.json");
  const warnings: Error[] = [];
  const clock = { nowMs: NOW_MS };
  const source = await createTokenSource({
    store,
    http,
    endpoints: resolveAuthEndpoints({}),
    now: () => clock.nowMs,
    onWarning: (error) => warnings.push(error),
  });
  return { source, http, store, warnings, clock };
}

/** Lets the clock and the timers go on together. */
async function pass(clock: { nowMs: number }, ms: number): Promise<void> {
  for (let left = ms; left > 0; left -= INTERVAL_MS) {
    clock.nowMs += Math.min(left, INTERVAL_MS);
    await vi.advanceTimersByTimeAsync(Math.min(left, INTERVAL_MS));
  }
}

/** A token as the server makes it: it says when it was made. */
const made = (atMs: number, lifeMs: number): string =>
  accessToken((atMs + lifeMs - NOW_MS) / 1000, "acct-1", { iat: atMs / 1000 });

describe("keeping a token fresh in the background", () => {
  it("refreshes ten minutes before the end, and not before", async () => {
    const { source, http, clock } = await rig({ access_token: made(NOW_MS, 60 * MINUTE_MS) });
    const stop = source.keepFresh?.({ jitterMs: 0 });
    http.reply(200, { access_token: made(NOW_MS + 50 * MINUTE_MS, 60 * MINUTE_MS), refresh_token: "rt-second" });
    await pass(clock, 49 * MINUTE_MS);
    expect(http.sent).toEqual([]);
    await pass(clock, 2 * MINUTE_MS);
    expect(http.sent).toHaveLength(1);
    await pass(clock, 30 * MINUTE_MS);
    expect(http.sent).toHaveLength(1);
    stop?.();
  });

  it("comes before Codex does, by the table", () => {
    expect(surfaces.gateway.backgroundEarlyMs).toBeGreaterThanOrEqual(600_000);
    expect(surfaces["app-server"].refreshEarlyMs).toBe(300_000);
    expect(surfaces.transport.refreshEarlyMs).toBe(30_000);
  });

  it.each([
    [0, 0],
    [1, 1],
  ])("comes earlier by a part of the jitter: %i", async (random, minutes) => {
    const { source, http, clock } = await rig({ access_token: made(NOW_MS, 60 * MINUTE_MS) });
    source.keepFresh?.({ random: () => random });
    http.reply(200, { access_token: made(NOW_MS + 50 * MINUTE_MS, 60 * MINUTE_MS) });
    await pass(clock, (50 - minutes) * MINUTE_MS - INTERVAL_MS);
    expect(http.sent).toEqual([]);
    await pass(clock, 2 * INTERVAL_MS);
    expect(http.sent).toHaveLength(1);
  });

  it("stops when told so", async () => {
    const { source, http, clock } = await rig({ access_token: made(NOW_MS, 60 * MINUTE_MS) });
    source.keepFresh?.()();
    await pass(clock, 120 * MINUTE_MS);
    expect(http.sent).toEqual([]);
  });

  it("does not refresh a token of short life again and again", async () => {
    const { source, http, clock } = await rig({ access_token: made(NOW_MS, 8 * MINUTE_MS) });
    source.keepFresh?.({ jitterMs: 0 });
    http.reply(200, { access_token: made(NOW_MS + 3.25 * MINUTE_MS, 8 * MINUTE_MS), refresh_token: "rt-second" });
    await pass(clock, 3 * MINUTE_MS - INTERVAL_MS);
    expect(http.sent).toEqual([]);
    await pass(clock, 1 * MINUTE_MS);
    expect(http.sent).toHaveLength(1);
    await pass(clock, 1 * MINUTE_MS);
    expect(http.sent).toHaveLength(1);
  });

  it("tries less and less often while it fails, and only warns", async () => {
    const { source, http, clock, warnings } = await rig({ access_token: made(NOW_MS, 60 * MINUTE_MS) });
    await source.get();
    source.keepFresh?.({ jitterMs: 0 });
    for (let failure = 0; failure < 20; failure++) http.reply(503, {});
    await pass(clock, 60 * MINUTE_MS - INTERVAL_MS);
    expect(http.sent.length).toBeGreaterThanOrEqual(3);
    expect(http.sent.length).toBeLessThanOrEqual(6);
    expect(warnings).toHaveLength(http.sent.length);
    await expect(source.get()).resolves.toMatchObject({ kind: "chatgpt" });
  });

  it("refreshes as soon as a machine that slept is awake", async () => {
    const { source, http, clock } = await rig({ access_token: made(NOW_MS, 60 * MINUTE_MS) });
    source.keepFresh?.({ jitterMs: 0 });
    await pass(clock, MINUTE_MS);
    clock.nowMs += 8 * 60 * MINUTE_MS;
    http.reply(200, { access_token: made(clock.nowMs, 60 * MINUTE_MS), refresh_token: "rt-second" });
    await pass(clock, INTERVAL_MS);
    expect(http.sent).toHaveLength(1);
  });

  it("leaves a sign-in alone that is over", async () => {
    const { source, http, clock, warnings } = await rig({ access_token: made(NOW_MS, 9 * MINUTE_MS) });
    await source.get();
    source.keepFresh?.({ jitterMs: 0 });
    http.reply(401, {});
    await pass(clock, 60 * MINUTE_MS);
    expect(http.sent).toHaveLength(1);
    expect(warnings).toHaveLength(1);
  });
});

describe("a clock that is wrong", () => {
  it.each([
    ["ahead by a day", 24 * 60 * MINUTE_MS],
    ["behind by a day", -24 * 60 * MINUTE_MS],
  ])("and is %s costs one refresh, and then tokens are judged by the server's clock", async (_how, offMs) => {
    const { source, http, clock } = await rig({ access_token: made(NOW_MS, 60 * MINUTE_MS) });
    await source.get();
    clock.nowMs += offMs;
    http.reply(200, { access_token: made(NOW_MS + 1000, 60 * MINUTE_MS), refresh_token: "rt-second" });
    const rejected = await source.get();
    if (http.sent.length === 0) await source.recover(rejected);
    expect(http.sent).toHaveLength(1);
    source.keepFresh?.({ jitterMs: 0 });
    await pass(clock, 45 * MINUTE_MS);
    for (let call = 0; call < 5; call++) await source.get();
    expect(http.sent).toHaveLength(1);
    http.reply(200, { access_token: made(NOW_MS + 60 * MINUTE_MS, 60 * MINUTE_MS), refresh_token: "rt-third" });
    await pass(clock, 10 * MINUTE_MS);
    expect(http.sent).toHaveLength(2);
  });

  it("does not make every request refresh a token that does not say when it was made", async () => {
    const { source, http, clock } = await rig({ access_token: accessToken(3600) });
    await source.get();
    clock.nowMs += 24 * 60 * MINUTE_MS;
    http.reply(200, { access_token: accessToken(3700), refresh_token: "rt-second" });
    for (let call = 0; call < 20; call++) await source.get();
    expect(http.sent).toHaveLength(1);
  });

  it("does not make every request refresh a token that the server gives again", async () => {
    const { source, http, clock } = await rig({ access_token: made(NOW_MS, 60 * MINUTE_MS) });
    await source.get();
    clock.nowMs += 24 * 60 * MINUTE_MS;
    http.reply(200, { access_token: made(NOW_MS, 60 * MINUTE_MS), refresh_token: "rt-second" });
    for (let call = 0; call < 20; call++) await source.get();
    expect(http.sent).toHaveLength(1);
  });

  it("and is set back during a pause does not make it longer", async () => {
    const { source, http, clock } = await rig({ access_token: accessToken(200) });
    http.reply(503, {});
    await source.get();
    clock.nowMs -= MINUTE_MS;
    http.reply(200, { access_token: accessToken(7200), refresh_token: "rt-second" });
    await source.get();
    expect(http.sent).toHaveLength(2);
  });
});

describe("what one source keeps fresh", () => {
  it("is what another program put there meanwhile", async () => {
    const { source, http, store, clock } = await rig({ access_token: made(NOW_MS, 60 * MINUTE_MS) });
    await source.get();
    source.keepFresh?.({ jitterMs: 0 });
    const theirs = made(NOW_MS, 300 * MINUTE_MS);
    await store.replace(new CredentialDocument(authJson({ access_token: theirs, refresh_token: "rt-theirs" }), "test"));
    await pass(clock, 55 * MINUTE_MS);
    expect(http.sent).toEqual([]);
    expect((await source.get()).bearer.reveal()).toBe(theirs);
  });
});
