import { spawn } from "node:child_process";
import { existsSync, readFileSync, rmSync, utimesSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createRefreshJournal, type RefreshJournal, tokenDigest } from "../../src/store/refresh-journal.ts";
import { Secret } from "../../src/secret.ts";
import { ensureBuilt } from "../cli/support/build.ts";
import { type FakeHttp, fakeHttp, NOW_MS } from "../auth/support/fakes.ts";
import { asking, oauthEntry, type PiFolder, piFolder, refreshed } from "./support/pi.ts";

let pi: PiFolder;
let http: FakeHttp;
const codex = "openai-codex";

beforeEach(() => {
  pi = piFolder();
  http = fakeHttp();
  pi.write({ [codex]: oauthEntry(-1) });
});

afterEach(() => pi.remove());

const journal = (): RefreshJournal => createRefreshJournal(async () => pi.authFile);
const attempt = { pid: 4242, host: "box", atMs: NOW_MS - 5000 };
const note = (): string => `${pi.authFile}.planport-refresh`;

/** What a process leaves that was killed in the middle. */
async function leave(token: string, answer: Record<string, unknown> | null): Promise<void> {
  const open = await journal().begin(tokenDigest(new Secret(token)), attempt);
  if (answer !== null)
    open.answer(
      {
        accessToken: new Secret(String(answer["access_token"])),
        refreshToken: new Secret(String(answer["refresh_token"])),
        idToken: null,
      },
      NOW_MS,
    );
  open.close();
}

describe("a refresh of pi's login that was cut off", () => {
  it("after its answer is brought to its end without asking again", async () => {
    await leave("rt-first", refreshed());
    expect(await pi.storage(asking(http)).getApiKey(codex)).toBe(refreshed()["access_token"]);
    expect(http.sent).toEqual([]);
    expect(pi.read()[codex]).toMatchObject({ refresh: "rt-second", expires: NOW_MS + 3_600_000 });
    expect(existsSync(note())).toBe(false);
  });

  it("before its answer is tried again, and a refusal says what happened", async () => {
    await leave("rt-first", null);
    http.reply(401, { error: { code: "refresh_token_reused", message: "used" } });
    await expect(pi.storage(asking(http)).getApiKey(codex)).rejects.toMatchObject({
      code: "refresh_rejected",
      message: expect.stringMatching(
        /^Failed to refresh OAuth token.*process 4242 on box\) was cut off.*log in again/,
      ) as unknown,
    });
    expect(existsSync(note())).toBe(false);
  });

  it("before its answer is tried again, and may well succeed", async () => {
    await leave("rt-first", null);
    http.reply(200, refreshed());
    expect(await pi.storage(asking(http)).getApiKey(codex)).toBe(refreshed()["access_token"]);
    expect(existsSync(note())).toBe(false);
  });

  it("with another token is of no more interest", async () => {
    await leave("rt-long-gone", refreshed("rt-wrong"));
    http.reply(200, refreshed());
    await pi.storage(asking(http)).getApiKey(codex);
    expect(pi.read()[codex]).toMatchObject({ refresh: "rt-second" });
  });

  it.each([
    ["goes when the server has refused to rotate", 429, false],
    ["stays when the server failed, which may have rotated", 503, true],
  ])("is noted without the token, and the note %s", async (_what, status, stays) => {
    http.replyWith(() => {
      expect(readFileSync(note(), "utf8")).not.toContain("rt-first");
      return new Response("busy", { status }) as never;
    });
    await expect(pi.storage(asking(http)).getApiKey(codex)).rejects.toMatchObject({ code: "refresh_unavailable" });
    expect(existsSync(note())).toBe(stays);
  });

  it("stays noted while a later try fails before it is heard, and a refusal after that still says what happened", async () => {
    await leave("rt-first", null);
    http.reply(429, "busy");
    await expect(pi.storage(asking(http)).getApiKey(codex)).rejects.toMatchObject({ code: "refresh_unavailable" });
    http.reply(401, { error: { code: "refresh_token_reused", message: "used" } });
    await expect(pi.storage(asking(http)).getApiKey(codex)).rejects.toMatchObject({
      message: expect.stringContaining("process 4242 on box) was cut off") as unknown,
    });
  });

  it("at a time that is no time is told all the same", async () => {
    const open = await journal().begin(tokenDigest(new Secret("rt-first")), { ...attempt, atMs: 1e300 });
    open.close();
    http.reply(401, { error: { code: "refresh_token_reused", message: "used" } });
    await expect(pi.storage(asking(http)).getApiKey(codex)).rejects.toMatchObject({ code: "refresh_rejected" });
  });

  it("has its answer noted before anything waits for it", async () => {
    // The connection stays open behind the last byte, as where the answer's end is late.
    let end = (): void => {};
    const server = createServer((_request, response) => {
      response.writeHead(200, { "content-type": "application/json" });
      response.write(JSON.stringify(refreshed()));
      end = () => response.end();
    });
    await new Promise<void>((resolve) => {
      server.listen(0, "127.0.0.1", resolve);
    });
    const { port } = server.address() as AddressInfo;
    const env = { CODEX_REFRESH_TOKEN_URL_OVERRIDE: `http://127.0.0.1:${port}/oauth/token` };
    const key = pi.storage({ env }).getApiKey(codex);
    await expect
      .poll(() => existsSync(note()) && readFileSync(note(), "utf8").includes("rt-second"), { timeout: 10_000 })
      .toBe(true);
    end();
    expect(await key).toBe(refreshed()["access_token"]);
    server.close();
  });

  it("is forgotten with the login, on the disk too", async () => {
    await leave("rt-first", refreshed());
    http.reply(200, {});
    const storage = pi.storage(asking(http));
    await storage.logout(codex);
    expect(existsSync(note())).toBe(false);
  });
});

describe("an answer with a new refresh token and no access token", () => {
  it("is kept, since the old one is spent, and the next try uses it", async () => {
    http.reply(200, { refresh_token: "rt-second" });
    const storage = pi.storage(asking(http));
    await expect(storage.getApiKey(codex)).rejects.toMatchObject({
      code: "refresh_unavailable",
      message: expect.stringContaining("held no access token") as unknown,
    });
    expect(pi.read()[codex]).toEqual({ ...oauthEntry(-1), refresh: "rt-second" });
    expect(existsSync(note())).toBe(false);
    http.reply(200, refreshed("rt-third"));
    expect(await storage.getApiKey(codex)).toBe(refreshed("rt-third")["access_token"]);
    expect(http.sent[1]?.json).toMatchObject({ refresh_token: "rt-second" });
  });
});

describe("a refresh of pi's login whose process was killed", () => {
  it("or cut for want of an answer keeps its note, so that a later refusal can be explained", async () => {
    http.replyWith(() => {
      throw new Error("the connection was cut");
    });
    await expect(pi.storage(asking(http)).getApiKey(codex)).rejects.toMatchObject({ code: "refresh_unavailable" });
    expect(existsSync(note())).toBe(true);
    http.reply(401, { error: { code: "refresh_token_reused", message: "used" } });
    await expect(pi.storage(asking(http)).getApiKey(codex)).rejects.toMatchObject({
      message: expect.stringContaining("was cut off") as unknown,
    });
  });

  it("between the answer and the write leaves a login that the next process uses", async () => {
    await ensureBuilt();
    const program = fileURLToPath(new URL("support/killed-refresh.mjs", import.meta.url));
    const child = spawn(process.execPath, [program, pi.authFile, JSON.stringify(refreshed())], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const ended = new Promise<NodeJS.Signals | null>((resolve) =>
      child.once("exit", (_code, signal) => resolve(signal)),
    );
    child.stdout.once("data", () => child.kill("SIGKILL"));
    expect(await ended).toBe("SIGKILL");
    expect(pi.read()[codex]).toMatchObject({ refresh: "rt-first" });
    // The dead process's lock, as it looks half a minute later.
    const lock = `${pi.authFile}.lock`;
    expect(existsSync(lock)).toBe(true);
    utimesSync(lock, new Date(Date.now() - 31_000), new Date(Date.now() - 31_000));
    expect(await pi.storage(asking(http)).getApiKey(codex)).toBe(refreshed()["access_token"]);
    expect(http.sent).toEqual([]);
    rmSync(lock, { recursive: true, force: true });
  });
});
