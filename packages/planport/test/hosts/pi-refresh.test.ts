import { spawn } from "node:child_process";
import { existsSync, utimesSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { setTimeout as sleep } from "node:timers/promises";
import { Response } from "undici";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type FakeHttp, fakeHttp, gate, NOW_MS } from "../auth/support/fakes.ts";
import { asking, oauthEntry, type PiFolder, piFolder, properLockfile, refreshed } from "./support/pi.ts";

let pi: PiFolder;
let http: FakeHttp;

beforeEach(() => {
  pi = piFolder();
  http = fakeHttp();
});

afterEach(() => pi.remove());

const codex = "openai-codex";

describe("a login in pi's auth.json that is about to end", () => {
  it("is renewed in six steps: lock, read again, look again, ask, write, unlock", async () => {
    pi.write({ keep: { type: "api_key", key: "k" }, [codex]: { ...oauthEntry(-1), plan: "pro" } });
    const seen: string[] = [];
    http.replyWith(async () => {
      seen.push(
        (await properLockfile.check(pi.authFile, { stale: 30_000 })) ? "asked under the lock" : "asked without it",
      );
      return new Response(JSON.stringify(refreshed()));
    });
    const storage = pi.storage(asking(http));
    expect(await storage.getApiKey(codex)).toBe(refreshed()["access_token"]);
    expect(seen).toEqual(["asked under the lock"]);
    expect(existsSync(`${pi.authFile}.lock`)).toBe(false);
    expect(pi.read()).toEqual({
      keep: { type: "api_key", key: "k" },
      [codex]: {
        type: "oauth",
        access: refreshed()["access_token"],
        refresh: "rt-second",
        expires: NOW_MS + 3_600_000,
        accountId: "acct-1",
        plan: "pro",
      },
    });
    expect(http.sent[0]?.url).toBe("https://auth.openai.com/oauth/token");
    expect(http.sent[0]?.json).toMatchObject({ grant_type: "refresh_token", refresh_token: "rt-first" });
    expect(storage.get(codex)).toMatchObject({ refresh: "rt-second" });
  });

  it.each([
    ["301 s before its end", 301, 0],
    ["300 s before its end", 300, 1],
    ["after its end", -100, 1],
  ])("is renewed early: %s", async (_when, inSeconds, requests) => {
    pi.write({ [codex]: oauthEntry(inSeconds) });
    http.reply(200, refreshed());
    await pi.storage(asking(http)).getApiKey(codex);
    expect(http.sent.length).toBe(requests);
  });

  it("is not renewed when another did so while the lock was waited for", async () => {
    pi.write({ [codex]: oauthEntry(-1) });
    const release = await properLockfile.lock(pi.authFile, { stale: 30_000 });
    const key = pi.storage(asking(http)).getApiKey(codex);
    await sleep(20);
    pi.write({ [codex]: oauthEntry(3600, "rt-theirs") });
    await release();
    expect(await key).toBe(oauthEntry(3600)["access"]);
    expect(http.sent).toEqual([]);
  });

  it("is renewed once for all who ask at the same time, in one storage and in several", async () => {
    pi.write({ [codex]: oauthEntry(-1) });
    http.reply(200, refreshed());
    const storages = [pi.storage(asking(http)), pi.storage(asking(http)), pi.storage(asking(http))];
    const keys = await Promise.all(storages.flatMap((storage) => [storage.getApiKey(codex), storage.getApiKey(codex)]));
    expect(new Set(keys)).toEqual(new Set([refreshed()["access_token"]]));
    expect(http.sent.length).toBe(1);
  });

  it("is gone when somebody logged out meanwhile", async () => {
    pi.write({ [codex]: oauthEntry(-1) });
    const release = await properLockfile.lock(pi.authFile, { stale: 30_000 });
    const key = pi.storage(asking(http)).getApiKey(codex);
    await sleep(20);
    pi.write({});
    await release();
    expect(await key).toBeUndefined();
  });

  it("keeps its refresh token when the server sends no new one, and lives by expires_in when the token says nothing", async () => {
    pi.write({ [codex]: oauthEntry(-1) });
    http.reply(200, { access_token: "opaque", expires_in: 7200 });
    expect(await pi.storage(asking(http)).getApiKey(codex)).toBe("opaque");
    expect(pi.read()[codex]).toMatchObject({ access: "opaque", refresh: "rt-first", expires: NOW_MS + 7_200_000 });
  });

  it("that is short is not renewed at every call", async () => {
    pi.write({ [codex]: oauthEntry(-1) });
    http.reply(200, refreshed("rt-second", 60));
    const storage = pi.storage(asking(http));
    const first = await storage.getApiKey(codex);
    expect(await storage.getApiKey(codex)).toBe(first);
    expect(http.sent.length).toBe(1);
  });

  it("goes to the server that issued it when that is not OpenAI's", async () => {
    pi.write({ [codex]: { ...oauthEntry(-1), issuer: "https://login.example.com", clientId: "app_x" } });
    http.reply(200, refreshed());
    await pi.storage(asking(http)).getApiKey(codex);
    expect(http.sent[0]?.url).toBe("https://login.example.com/oauth/token");
    expect(http.sent[0]?.json).toMatchObject({ client_id: "app_x" });
  });

  it("stops waiting when the caller says so, and the refresh goes on to its end", async () => {
    pi.write({ [codex]: oauthEntry(-1) });
    const answer = gate<Response>();
    http.replyWith(() => answer.promise);
    const storage = pi.storage(asking(http));
    const stop = new AbortController();
    const key = storage.getApiKey(codex, { signal: stop.signal });
    await expect.poll(() => http.sent.length).toBe(1);
    stop.abort();
    await expect(key).rejects.toMatchObject({ code: "cancelled" });
    answer.open(new Response(JSON.stringify(refreshed())));
    expect(await storage.getApiKey(codex)).toBe(refreshed()["access_token"]);
    expect(pi.read()[codex]).toMatchObject({ refresh: "rt-second" });
  });
});

describe("a refresh of pi's login that fails", () => {
  it("changes nothing, says so in pi's words with the next step, and is not tried again with the same token", async () => {
    pi.write({ [codex]: oauthEntry(-1) });
    const before = pi.text();
    http.reply(401, { error: { code: "refresh_token_reused", message: "used" } });
    const storage = pi.storage(asking(http));
    for (let round = 0; round < 2; round++)
      await expect(storage.getApiKey(codex)).rejects.toMatchObject({
        code: "refresh_rejected",
        message: expect.stringMatching(
          /^Failed to refresh OAuth token for openai-codex: .*already used.*is kept; log in again \(\/login in pi.*plan is still active\.$/,
        ) as unknown,
      });
    await expect(pi.storage(asking(http)).getApiKey(codex)).rejects.toMatchObject({ code: "refresh_rejected" });
    expect(http.sent.length).toBe(1);
    expect(pi.text()).toBe(before);
    pi.write({ [codex]: oauthEntry(-1, "rt-new-login") });
    http.reply(200, refreshed());
    expect(await storage.getApiKey(codex)).toBe(refreshed()["access_token"]);
  });

  it("may pass: the old access token serves while it works, and the next try waits", async () => {
    pi.write({ [codex]: oauthEntry(100) });
    http.reply(503, "busy");
    const storage = pi.storage(asking(http));
    expect(await storage.getApiKey(codex)).toBe(oauthEntry(100)["access"]);
    expect(await storage.getApiKey(codex)).toBe(oauthEntry(100)["access"]);
    expect(http.sent.length).toBe(1);
    expect(storage.drainErrors()).toMatchObject([{ code: "refresh_unavailable" }]);
  });

  it("may pass: with no access token that works it is told, as something to try again", async () => {
    pi.write({ [codex]: oauthEntry(-1) });
    http.reply(500, "<html>");
    const failure = await pi
      .storage(asking(http))
      .getApiKey(codex)
      .catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: "refresh_unavailable", retryable: true });
    expect(String(failure)).toMatch(/Failed to refresh OAuth token.*is kept; try again in a moment\.$/);
  });

  it("for a disk that takes nothing loses no token: it is used, and written by the next call", async () => {
    pi.write({ [codex]: oauthEntry(-1) });
    http.replyWith(() => {
      pi.write("{ broken"); // What cannot be understood is not written over.
      return new Response(JSON.stringify(refreshed()));
    });
    const storage = pi.storage(asking(http));
    expect(await storage.getApiKey(codex)).toBe(refreshed()["access_token"]);
    expect(storage.drainErrors()).toMatchObject([{ code: "credential_malformed" }]);
    pi.write({ [codex]: oauthEntry(-1) });
    expect(await pi.storage(asking(http)).getApiKey(codex)).toBe(refreshed()["access_token"]);
    expect(http.sent.length).toBe(1);
    expect(pi.read()[codex]).toMatchObject({ refresh: "rt-second" });
  });

  it("for a lock that was lost meanwhile: what came is written under a new lock", async () => {
    pi.write({ [codex]: oauthEntry(-1) });
    http.replyWith(async () => {
      const asleep = new Date(Date.now() - 60_000);
      utimesSync(`${pi.authFile}.lock`, asleep, asleep);
      const release = await properLockfile.lock(pi.authFile, { stale: 30_000 });
      setTimeout(() => void release(), 20);
      return new Response(JSON.stringify(refreshed()));
    });
    expect(await pi.storage(asking(http)).getApiKey(codex)).toBe(refreshed()["access_token"]);
    expect(http.sent.length).toBe(1);
    expect(pi.read()[codex]).toMatchObject({ refresh: "rt-second" });
  });

  it("for a lock that was lost to one who renewed the login: theirs is used, and ours not written over it", async () => {
    pi.write({ [codex]: oauthEntry(-1) });
    http.replyWith(async () => {
      const asleep = new Date(Date.now() - 60_000);
      utimesSync(`${pi.authFile}.lock`, asleep, asleep);
      const release = await properLockfile.lock(pi.authFile, { stale: 30_000 });
      pi.write({ [codex]: oauthEntry(3600, "rt-theirs") });
      await release();
      return new Response(JSON.stringify(refreshed()));
    });
    expect(await pi.storage(asking(http)).getApiKey(codex)).toBe(oauthEntry(3600)["access"]);
    expect(pi.read()[codex]).toMatchObject({ refresh: "rt-theirs" });
  });
});

describe("a refresh beside a program that keeps to pi's protocol", () => {
  it("of another process waits for it and takes its tokens: one refresh in all", async () => {
    pi.write({ [codex]: oauthEntry(-1) });
    const lockfile = createRequire(import.meta.url).resolve("proper-lockfile");
    const fresh = JSON.stringify({ [codex]: oauthEntry(3600, "rt-theirs") });
    // As pi does it: lock, read, ask (here: wait), write in place, unlock.
    const program = `
      const lockfile = require(${JSON.stringify(lockfile)});
      const fs = require("node:fs");
      const file = process.argv[1];
      lockfile.lock(file, { stale: 30000, realpath: false }).then(async (release) => {
        process.stdout.write("locked");
        await new Promise((resolve) => process.stdin.once("data", resolve));
        fs.writeFileSync(file, process.argv[2]);
        await release();
        process.exit(0);
      });`;
    const child = spawn(process.execPath, ["-e", program, pi.authFile, fresh], { stdio: ["pipe", "pipe", "inherit"] });
    await new Promise((resolve) => child.stdout.once("data", resolve));
    const key = pi.storage(asking(http)).getApiKey(codex);
    await sleep(30);
    child.stdin.write("go");
    expect(await key).toBe(oauthEntry(3600)["access"]);
    expect(http.sent).toEqual([]);
  });

  it("reads a file that is being written in place, as pi writes it, when it is whole", async () => {
    writeFileSync(pi.authFile, "");
    const storage = pi.storage(asking(http));
    const half = JSON.stringify({ [codex]: oauthEntry(3600) });
    const child = spawn(
      process.execPath,
      [
        "-e",
        "setTimeout(() => require('node:fs').writeFileSync(process.argv[1], process.argv[2]), 60)",
        pi.authFile,
        half,
      ],
      { stdio: "inherit" },
    );
    pi.write(half.slice(0, 40));
    const ended = new Promise((resolve) => child.once("exit", resolve));
    await expect.poll(() => (storage.reload(), storage.has(codex))).toBe(true);
    await ended;
  });
});
