import * as fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { Response } from "undici";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createTokenSource, type RefreshStep, resolveAuthEndpoints, type TokenSource } from "../../src/auth/index.ts";
import { Secret } from "../../src/secret.ts";
import {
  createFileStore,
  createRefreshJournal,
  type CredentialStore,
  type FileLock,
  type FileStoreOptions,
  type NotedTokens,
} from "../../src/store/index.ts";
import { tokenDigest } from "../../src/store/refresh-journal.ts";
import { accessToken, authJson, fakeHttp, type FakeHttp, NOW_MS } from "./support/fakes.ts";

let folder = "";
let file = "";
let http: FakeHttp;
beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), "planport-cut-"));
  file = path.join(folder, "auth.json");
  http = fakeHttp();
});
afterEach(() => fs.rmSync(folder, { recursive: true, force: true }));

const sign = (tokens: Record<string, unknown>): void => fs.writeFileSync(file, JSON.stringify(authJson(tokens)));
const tokensIn = (): Record<string, unknown> =>
  (JSON.parse(fs.readFileSync(file, "utf8")) as { tokens: Record<string, unknown> }).tokens;
const journal = createRefreshJournal(async () => file);
const noteFile = (): string => `${file}.planport-refresh`;

interface Rig {
  readonly source: TokenSource;
  readonly warnings: Error[];
  readonly steps: RefreshStep[];
}

async function open(options: FileStoreOptions & { readonly onStep?: (step: RefreshStep) => void } = {}): Promise<Rig> {
  const { onStep, ...storeOptions } = options;
  const warnings: Error[] = [];
  const steps: RefreshStep[] = [];
  const store: CredentialStore = createFileStore(file, storeOptions);
  const source = await createTokenSource({
    store,
    http,
    endpoints: resolveAuthEndpoints({}),
    now: () => NOW_MS,
    onWarning: (error) => warnings.push(error),
    onStep: (step) => {
      steps.push(step);
      onStep?.(step);
    },
  });
  return { source, warnings, steps };
}

/** What a process leaves behind that was killed while it spent `rt-first`. */
async function leaveNote(answer: NotedTokens | null, spent = "rt-first"): Promise<void> {
  const note = await journal.begin(tokenDigest(new Secret(spent)), { pid: 77, host: "desk", atMs: NOW_MS - 5_000 });
  if (answer !== null) note.answer(answer, NOW_MS - 4_000);
  note.close();
}
const answerOf = (access: string, refresh: string): NotedTokens => ({
  accessToken: new Secret(access),
  refreshToken: new Secret(refresh),
  idToken: null,
});

describe("an observer that throws at every step", () => {
  it("stops no refresh and costs no token: it is told as a warning", async () => {
    sign({ access_token: accessToken(-1) });
    const next = accessToken(7200);
    http.reply(200, { access_token: next, refresh_token: "rt-second" });
    const { source, warnings, steps } = await open({
      onStep: () => {
        throw new Error("secret of the observer");
      },
    });
    expect((await source.get()).bearer.reveal()).toBe(next);
    expect(tokensIn()).toMatchObject({ access_token: next, refresh_token: "rt-second" });
    expect(warnings).toHaveLength(steps.length);
    expect(warnings.join()).toMatch(/^(?!.*secret).*onStep threw an error at the step "answered"/);
  });
});

describe("a refresh", () => {
  it("takes its steps in order, and leaves nothing behind but the lock", async () => {
    sign({ access_token: accessToken(-1) });
    const { source, steps } = await open({
      onStep: (step) => {
        if (step === "sent") expect(fs.readFileSync(noteFile(), "utf8")).not.toContain("rt-");
        if (step === "answered") expect(fs.readFileSync(noteFile(), "utf8")).toContain("rt-second");
      },
    });
    http.reply(200, { access_token: accessToken(7200), refresh_token: "rt-second" });
    await source.get();
    expect(steps).toEqual(["waiting", "locked", "sent", "answered", "syncing", "renaming"]);
    expect(fs.readdirSync(folder).sort()).toEqual(["auth.json", "auth.json.planport-lock"]);
  });

  it("touches neither lock nor disk for a token that is fresh", async () => {
    sign({});
    const { source, steps } = await open();
    await source.get();
    fs.rmSync(file);
    await source.get();
    expect(steps).toEqual([]);
    expect(fs.readdirSync(folder)).toEqual([]);
  });

  it("is not sent by one who waited while another process refreshed", async () => {
    sign({ access_token: accessToken(-1) });
    const fresh = accessToken(7200);
    const lock: FileLock = {
      run: async (task) => {
        sign({ access_token: fresh, refresh_token: "rt-theirs" });
        return task();
      },
    };
    const { source } = await open({ lock });
    expect((await source.get()).bearer.reveal()).toBe(fresh);
    expect(http.sent).toEqual([]);
  });

  it("is not waited for once another process's tokens are there", async () => {
    sign({ access_token: accessToken(-1) });
    const fresh = accessToken(7200);
    const lock: FileLock = {
      run: async (_task, { signal }) =>
        new Promise((_resolve, reject) => {
          signal?.addEventListener("abort", () => reject(new Error("the wait was ended")));
        }),
    };
    const { source } = await open({ lock });
    const asked = source.get();
    setTimeout(() => sign({ access_token: fresh, refresh_token: "rt-theirs" }), 20);
    expect((await asked).bearer.reveal()).toBe(fresh);
  });

  it("lets go of the wait for its turn when nobody waits any more", async () => {
    sign({ access_token: accessToken(-1) });
    let hasLeft = false;
    const lock: FileLock = {
      run: async (_task, { signal }) =>
        new Promise((_resolve, reject) => {
          signal?.addEventListener("abort", () => {
            hasLeft = true;
            reject(new Error("the wait was ended"));
          });
        }),
    };
    const { source, steps } = await open({ lock });
    const leaver = new AbortController();
    const left = source.get({ signal: leaver.signal });
    while (!steps.includes("waiting")) await new Promise((resolve) => setTimeout(resolve, 1));
    await new Promise((resolve) => setTimeout(resolve, 5));
    leaver.abort();
    await expect(left).rejects.toMatchObject({ code: "cancelled" });
    await source.settled?.();
    expect(hasLeft).toBe(true);
  });
});

describe("a refresh that was cut off", () => {
  it("after the answer is completed by the next process, which sends nothing", async () => {
    sign({ access_token: accessToken(-1), future: { keep: true } });
    const fresh = accessToken(7200);
    await leaveNote(answerOf(fresh, "rt-second"));
    const { source } = await open();
    expect((await source.get()).bearer.reveal()).toBe(fresh);
    expect(http.sent).toEqual([]);
    expect(tokensIn()).toMatchObject({ access_token: fresh, refresh_token: "rt-second", future: { keep: true } });
    expect(fs.existsSync(noteFile())).toBe(false);
  });

  it("after the answer is not sent again when it still cannot be written", async () => {
    sign({ access_token: accessToken(-1) });
    const fresh = accessToken(7200);
    await leaveNote(answerOf(fresh, "rt-second"));
    const full = Object.assign(new Error("ENOSPC"), { code: "ENOSPC" });
    const { source, warnings } = await open({ fs: { ...fs.promises, rename: () => Promise.reject(full) } });
    expect((await source.get()).bearer.reveal()).toBe(fresh);
    expect(warnings[0]).toMatchObject({ code: "store_write_failed" });
    expect(http.sent).toEqual([]);
    expect(await journal.read()).toMatchObject({ answer: { atMs: NOW_MS - 4_000 } });
  });

  it("leaves a note that is dropped when the store has moved on", async () => {
    sign({ access_token: accessToken(-1), refresh_token: "rt-newer" });
    await leaveNote(answerOf(accessToken(9000), "rt-second"));
    const { source } = await open();
    http.reply(200, { access_token: accessToken(7200), refresh_token: "rt-newest" });
    await source.get();
    expect(http.sent[0]?.json).toMatchObject({ refresh_token: "rt-newer" });
    expect(tokensIn()).toMatchObject({ refresh_token: "rt-newest" });
    expect(fs.existsSync(noteFile())).toBe(false);
  });

  it("before the answer is tried again, for the server may never have heard of it", async () => {
    sign({ access_token: accessToken(-1) });
    await leaveNote(null);
    const { source } = await open();
    http.reply(200, { access_token: accessToken(7200), refresh_token: "rt-second" });
    await source.get();
    expect(tokensIn()).toMatchObject({ refresh_token: "rt-second" });
    expect(fs.existsSync(noteFile())).toBe(false);
  });

  it("before the answer and refused since is said to be what it was, by each process until the next sign-in", async () => {
    sign({ access_token: accessToken(-1) });
    await leaveNote(null);
    for (let process = 0; process < 2; process++) {
      const { source } = await open();
      http.reply(401, { error: { code: "refresh_token_reused" } });
      await expect(source.get()).rejects.toMatchObject({
        code: "refresh_interrupted",
        message: expect.stringMatching(
          /process 77 on desk began to refresh it at 2026-11-20T11:59:55\.000Z and was cut off .* `planport login`/,
        ) as unknown,
      });
    }
    const fresh = accessToken(3600);
    sign({ access_token: fresh, refresh_token: "rt-new" });
    expect((await (await open()).source.get()).bearer.reveal()).toBe(fresh);
  });

  it("keeps the first that was cut off in mind over later ones that failed for now", async () => {
    sign({ access_token: accessToken(-1) });
    await leaveNote(null);
    http.reply(429, {});
    await expect((await open()).source.get()).rejects.toMatchObject({ code: "refresh_unavailable" });
    http.reply(401, {});
    await expect((await open()).source.get()).rejects.toMatchObject({
      code: "refresh_interrupted",
      message: expect.stringContaining("process 77 on desk") as unknown,
    });
  });
});

describe("a refresh that fails", () => {
  it.each([
    [429, "{}", false],
    [400, "{}", false],
    [401, "{}", false],
    [500, "{}", true],
    [502, "<html>", true],
    [200, "<html>", true],
  ])(
    "with %i %s leaves the file as it was; whether the server may have spent the token is noted: %s",
    async (status, body, isNoted) => {
      sign({ access_token: accessToken(-1) });
      const before = fs.readFileSync(file, "utf8");
      const { source } = await open();
      http.reply(status, body);
      await expect(source.get()).rejects.toMatchObject({ code: /refresh_/ });
      expect(fs.readFileSync(file, "utf8")).toBe(before);
      expect((await journal.read()) !== null).toBe(isNoted);
    },
  );

  it("before it began, since nothing can be kept, is not sent", async () => {
    sign({ access_token: accessToken(-1) });
    const readOnly = createRefreshJournal(async () => file, {
      ...fs,
      openSync: () => {
        throw Object.assign(new Error("EROFS"), { code: "EROFS" });
      },
    });
    const { source } = await open({ journal: readOnly });
    await expect(source.get()).rejects.toMatchObject({
      code: "store_write_failed",
      message: expect.stringContaining("the file system is read-only (EROFS)") as unknown,
    });
    expect(http.sent).toEqual([]);
    const old = accessToken(60);
    sign({ access_token: old });
    const second = await open({ journal: readOnly });
    expect((await second.source.get()).bearer.reveal()).toBe(old);
    expect(second.warnings).toMatchObject([{ code: "store_write_failed" }]);
  });

  it("to be noted for a reason of its own is sent all the same", async () => {
    sign({ access_token: accessToken(-1) });
    const broken = createRefreshJournal(async () => file, {
      ...fs,
      openSync: () => {
        throw Object.assign(new Error("EIO"), { code: "EIO" });
      },
    });
    const { source } = await open({ journal: broken });
    http.reply(200, { access_token: accessToken(7200), refresh_token: "rt-second" });
    await source.get();
    expect(tokensIn()).toMatchObject({ refresh_token: "rt-second" });
  });
});

describe("a process that lost the lock", () => {
  /** A lock that is lost in its first turn when told so, and good in the next. */
  function losable(before: (turn: number) => void = () => {}): {
    readonly lock: FileLock;
    readonly lose: () => void;
    readonly turns: number;
  } {
    let turns = 0;
    let isLost = false;
    const lock: FileLock = {
      run: async (task) => {
        turns++;
        isLost = false;
        before(turns);
        return task({ isOurs: () => !isLost, allowSilence: () => {}, nonce: `n${turns}` });
      },
    };
    return {
      lock,
      lose: () => {
        isLost = true;
      },
      get turns() {
        return turns;
      },
    };
  }

  it("before it sent anything looks again, and uses what the other one got", async () => {
    sign({ access_token: accessToken(-1) });
    const fresh = accessToken(7200);
    const lock = losable((turn) => {
      if (turn === 2) sign({ access_token: fresh, refresh_token: "rt-theirs" });
    });
    const { source } = await open({
      lock: lock.lock,
      onStep: (step) => step === "locked" && lock.turns === 1 && lock.lose(),
    });
    expect((await source.get()).bearer.reveal()).toBe(fresh);
    expect(lock.turns).toBe(2);
    expect(http.sent).toEqual([]);
    expect(tokensIn()).toMatchObject({ refresh_token: "rt-theirs" });
  });

  it("after the answer writes what it got when its turn comes again", async () => {
    sign({ access_token: accessToken(-1) });
    const fresh = accessToken(7200);
    const lock = losable();
    const { source } = await open({
      lock: lock.lock,
      onStep: (step) => step === "renaming" && lock.turns === 1 && lock.lose(),
    });
    http.reply(200, { access_token: fresh, refresh_token: "rt-second" });
    expect((await source.get()).bearer.reveal()).toBe(fresh);
    expect(tokensIn()).toMatchObject({ access_token: fresh, refresh_token: "rt-second" });
    expect(http.sent).toHaveLength(1);
    expect(lock.turns).toBe(2);
  });

  it("after the answer never puts it over newer tokens", async () => {
    sign({ access_token: accessToken(-1) });
    const theirs = accessToken(9000);
    const lock = losable();
    const { source } = await open({
      lock: lock.lock,
      onStep: (step) => {
        if (step !== "renaming" || lock.turns > 1) return;
        lock.lose();
        sign({ access_token: theirs, refresh_token: "rt-third" });
      },
    });
    http.reply(200, { access_token: accessToken(7200), refresh_token: "rt-second" });
    expect((await source.get()).bearer.reveal()).toBe(theirs);
    expect(tokensIn()).toMatchObject({ access_token: theirs, refresh_token: "rt-third" });
  });
});

describe("a program that shares the file and refreshes without our lock, as Codex does", () => {
  it("and spent the token first is waited for until it has written what it got", async () => {
    sign({ access_token: accessToken(-1) });
    const theirs = accessToken(5000);
    const { source } = await open();
    http.replyWith(() => {
      setTimeout(() => sign({ access_token: theirs, refresh_token: "rt-theirs" }), 150);
      return new Response(JSON.stringify({ error: { code: "refresh_token_reused" } }), { status: 401 });
    });
    expect((await source.get()).bearer.reveal()).toBe(theirs);
    expect(http.sent).toHaveLength(1);
  });

  it("and writes at the last moment keeps what it wrote", async () => {
    sign({ access_token: accessToken(-1) });
    const theirs = accessToken(5000);
    const { source } = await open({
      onStep: (step) => step === "renaming" && sign({ access_token: theirs, refresh_token: "rt-theirs" }),
    });
    http.reply(200, { access_token: accessToken(7200), refresh_token: "rt-ours" });
    expect((await source.get()).bearer.reveal()).toBe(theirs);
    expect(tokensIn()).toMatchObject({ refresh_token: "rt-theirs" });
  });
});
