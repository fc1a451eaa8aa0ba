import { spawn } from "node:child_process";
import { existsSync, mkdirSync, realpathSync, statSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { withDirectoryLock } from "../../src/hosts/pi/directory-lock.ts";
import { gate } from "../auth/support/fakes.ts";
import { type PiFolder, piFolder, properLockfile } from "./support/pi.ts";

let pi: PiFolder;
let lockFolder: string;

beforeEach(() => {
  pi = piFolder();
  pi.write({});
  lockFolder = `${pi.authFile}.lock`;
});

afterEach(() => pi.remove());

/** Makes the lock as one who last touched it so long ago. */
function leaveLock(ageMs: number, folder = lockFolder): void {
  mkdirSync(folder);
  const at = new Date(Date.now() - ageMs);
  utimesSync(folder, at, at);
}

describe("the lock of pi's auth.json, beside proper-lockfile", () => {
  it("is held for proper-lockfile while we hold it, and free after", async () => {
    await withDirectoryLock(pi.authFile, async () => {
      expect(await properLockfile.check(pi.authFile, { stale: 30_000 })).toBe(true);
      await expect(properLockfile.lock(pi.authFile)).rejects.toMatchObject({ code: "ELOCKED" });
      expect(() => properLockfile.lockSync(pi.authFile, { realpath: false })).toThrow("already being held");
    });
    expect(await properLockfile.check(pi.authFile)).toBe(false);
    expect(existsSync(lockFolder)).toBe(false);
  });

  it("is waited for while proper-lockfile holds it", async () => {
    const release = await properLockfile.lock(pi.authFile, { stale: 30_000 });
    const order: string[] = [];
    const ours = withDirectoryLock(pi.authFile, async () => void order.push("ours"));
    await sleep(50);
    order.push("theirs");
    await release();
    await ours;
    expect(order).toEqual(["theirs", "ours"]);
  });

  it("is touched while it is held, so that nobody thinks it void, and the holder still knows it", async () => {
    await withDirectoryLock(
      pi.authFile,
      async (lock) => {
        const first = statSync(lockFolder).mtimeMs;
        await expect.poll(() => statSync(lockFolder).mtimeMs).toBeGreaterThan(first);
        expect(await lock.isOurs()).toBe(true);
      },
      { touchEveryMs: 5 },
    );
    expect(existsSync(lockFolder)).toBe(false);
  });

  it("is taken over from one who has died, and not from one who lives", async () => {
    leaveLock(31_000);
    await withDirectoryLock(pi.authFile, async (lock) => expect(await lock.isOurs()).toBe(true));
    expect(existsSync(lockFolder)).toBe(false);
    leaveLock(15_000);
    await expect(withDirectoryLock(pi.authFile, async () => "in", { waitLimitMs: 30 })).rejects.toMatchObject({
      code: "store_write_failed",
      message: expect.stringContaining(lockFolder) as unknown,
    });
    expect(existsSync(lockFolder)).toBe(true);
  });

  it("that was lost to another is known to be lost, and the other's is left alone", async () => {
    await withDirectoryLock(pi.authFile, async (lock) => {
      const asleep = new Date(Date.now() - 60_000);
      utimesSync(lockFolder, asleep, asleep);
      const release = await properLockfile.lock(pi.authFile, { stale: 30_000 });
      expect(await lock.isOurs()).toBe(false);
      expect(await properLockfile.check(pi.authFile, { stale: 30_000 })).toBe(true);
      setImmediate(() => void release());
    });
    await expect.poll(() => existsSync(lockFolder)).toBe(false);
  });

  it("covers both names of a file behind a symbolic link, since versions of pi differ in the one they lock", async () => {
    const link = path.join(pi.dir, "link.json");
    symlinkSync(pi.authFile, link);
    await withDirectoryLock(link, async () => {
      await expect(properLockfile.lock(link, { realpath: false })).rejects.toMatchObject({ code: "ELOCKED" });
      await expect(properLockfile.lock(link)).rejects.toMatchObject({ code: "ELOCKED" });
    });
    expect(existsSync(`${link}.lock`) || existsSync(lockFolder)).toBe(false);
  });

  it("is one lock for a new file in a folder that is reached by a link", async () => {
    const folder = path.join(pi.dir, "folder");
    mkdirSync(folder);
    symlinkSync(folder, path.join(pi.dir, "way"));
    const file = path.join(pi.dir, "way", "auth.json");
    const seen = await withDirectoryLock(file, async () =>
      existsSync(path.join(realpathSync(folder), "auth.json.lock")),
    );
    expect(seen).toBe(true);
  });

  it("goes from one to the next in a process, in order, and after a failure, too", async () => {
    const order: number[] = [];
    const first = gate();
    const tasks = [1, 2, 3].map((n) =>
      withDirectoryLock(pi.authFile, async () => {
        if (n === 1) await first.promise;
        order.push(n);
        if (n === 2) throw new Error("two");
      }),
    );
    first.open();
    expect((await Promise.allSettled(tasks)).map(({ status }) => status)).toEqual([
      "fulfilled",
      "rejected",
      "fulfilled",
    ]);
    expect(order).toEqual([1, 2, 3]);
  });

  it("is given up waiting for when the caller says so", async () => {
    leaveLock(0);
    const stop = new AbortController();
    const waiting = withDirectoryLock(pi.authFile, async () => "in", { signal: stop.signal });
    stop.abort(new Error("enough"));
    await expect(waiting).rejects.toThrow();
  });

  it("says what is wrong when something else lies in its place", async () => {
    writeFileSync(lockFolder, "");
    const asleep = new Date(Date.now() - 60_000);
    utimesSync(lockFolder, asleep, asleep);
    await expect(withDirectoryLock(pi.authFile, async () => "in")).rejects.toMatchObject({
      code: "store_write_failed",
      message: expect.stringContaining("Remove it") as unknown,
    });
  });

  it("keeps two programs apart that count in the same file, one of them with proper-lockfile", async () => {
    pi.write({ count: 0 });
    const program = `
      const lockfile = require(${JSON.stringify(createRequire(import.meta.url).resolve("proper-lockfile"))});
      const fs = require("node:fs");
      (async () => {
        for (let round = 0; round < 20; round++) {
          const release = await lockfile.lock(${JSON.stringify(pi.authFile)}, { stale: 30000, retries: { retries: 1000, minTimeout: 1, maxTimeout: 20, factor: 1 } });
          const { count } = JSON.parse(fs.readFileSync(${JSON.stringify(pi.authFile)}, "utf8"));
          await new Promise((resolve) => setTimeout(resolve, 2));
          fs.writeFileSync(${JSON.stringify(pi.authFile)}, JSON.stringify({ count: count + 1 }));
          await release();
        }
      })();`;
    const child = spawn(process.execPath, ["-e", program], { stdio: ["ignore", "inherit", "inherit"] });
    const ended = new Promise<number | null>((resolve) => child.once("exit", resolve));
    for (let round = 0; round < 20; round++)
      await withDirectoryLock(pi.authFile, async () => {
        const { count } = pi.read() as unknown as { count: number };
        await sleep(2);
        pi.write({ count: count + 1 });
      });
    expect(await ended).toBe(0);
    expect(pi.read()).toEqual({ count: 40 });
  });
});
