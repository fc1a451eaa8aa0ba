import * as fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createFileLock, type FileLock, type FileLockOptions } from "../../src/store/file-lock.ts";
import { LockFile, type LockFs } from "../../src/store/lock-file.ts";
import { type ProcessIdentity, readRecord, thisProcess, writeRecord } from "../../src/store/lock-holder.ts";
import { fallbackLockPath } from "../../src/store/lock-place.ts";

let folder = "";
let file = "";
let lockPath = "";
beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), "planport-lock-"));
  file = path.join(folder, "auth.json");
  lockPath = `${file}.planport-lock`;
});
afterEach(() => fs.rmSync(folder, { recursive: true, force: true }));

/** A process of another machine: whether it lives cannot be known. */
const stranger: ProcessIdentity = { pid: 4242, host: "elsewhere", machine: "another", started: "7" };
/** One of this machine that is no more: its number is ours by now, and it was started at another time. */
const deceased: ProcessIdentity = { ...thisProcess(), started: "at the beginning of time" };

function heldBy(who: ProcessIdentity, more: { readonly patienceMs?: number; readonly beat?: number } = {}): void {
  const record = { nonce: "abc", sinceMs: 0, state: "held" as const, patienceMs: 0, beat: 0, ...more };
  fs.writeFileSync(lockPath, writeRecord({ ...who, ...record }));
}
const holder = (): ReturnType<typeof readRecord> => readRecord(fs.readFileSync(lockPath, "utf8"));

/** A lock on a clock of its own: each wait takes as long as `wait` says, by default what was asked for. */
function clocked(options: FileLockOptions & { readonly wait?: (ms: number, waits: number) => number } = {}): {
  readonly lock: FileLock;
  readonly clock: { nowMs: number; waits: number };
} {
  const clock = { nowMs: 0, waits: 0 };
  const lock = createFileLock({
    staleAfterMs: 1000,
    pollMs: 10,
    monotonicMs: () => clock.nowMs,
    sleep: async (ms) => {
      clock.waits++;
      clock.nowMs += options.wait?.(ms, clock.waits) ?? ms;
    },
    ...options,
  });
  return { lock, clock };
}
const noop = async (): Promise<void> => {};

describe("a lock that nobody holds", () => {
  it("is had at once, and by one at a time, however many ask", async () => {
    let inside = 0;
    let most = 0;
    const locks = Array.from({ length: 12 }, () => createFileLock({ pollMs: 1 }));
    await Promise.all(
      locks.map((lock) =>
        lock.run(
          async () => {
            most = Math.max(most, ++inside);
            await new Promise((resolve) => setTimeout(resolve, 2));
            inside--;
          },
          { file },
        ),
      ),
    );
    expect(most).toBe(1);
    expect(fs.readdirSync(folder)).toEqual(["auth.json.planport-lock"]);
  });

  it.skipIf(process.platform === "win32")("is in a file for its owner alone, which says who has it", async () => {
    await createFileLock().run(
      async () => {
        expect(fs.statSync(lockPath).mode & 0o777).toBe(0o600);
        expect(holder()).toMatchObject({ pid: process.pid, state: "held" });
      },
      { file },
    );
    expect(holder()).toMatchObject({ state: "free" });
  });

  it("is let go when the task fails", async () => {
    const { lock, clock } = clocked();
    const failure = new Error("no");
    await expect(lock.run(() => Promise.reject(failure), { file })).rejects.toBe(failure);
    await lock.run(noop, { file });
    expect(clock.waits).toBe(0);
  });
});

describe("a lock that somebody holds", () => {
  it.skipIf(process.platform !== "linux")(
    "is taken over at once from a process that is dead, though its number is in use",
    async () => {
      heldBy(deceased);
      const { lock, clock } = clocked();
      await lock.run(noop, { file });
      expect(clock.waits).toBe(0);
    },
  );

  it("is taken over at once from a process of this machine whose number is free", async () => {
    heldBy({ ...thisProcess(), pid: 2 ** 22 + 12_345 });
    const { lock, clock } = clocked();
    await lock.run(noop, { file });
    expect(clock.waits).toBe(0);
  });

  it("is left alone for the stale time on the clock of who waits, and then taken over", async () => {
    heldBy(stranger);
    const { lock, clock } = clocked();
    await lock.run(noop, { file });
    expect(clock.nowMs).toBeGreaterThanOrEqual(1000);
    expect(clock.nowMs).toBeLessThan(1200);
  });

  it.each([-600_000, 600_000])("does not depend on the time of the file, were it %i ms off", async (offMs) => {
    heldBy(stranger);
    const at = new Date(Date.now() + offMs);
    fs.utimesSync(lockPath, at, at);
    const { lock, clock } = clocked();
    await lock.run(noop, { file });
    expect(clock.nowMs).toBeGreaterThanOrEqual(1000);
  });

  it("stays its holder's as long as that shows signs of life", async () => {
    heldBy(stranger);
    const { lock } = clocked({
      waitLimitMs: 3_000,
      wait: (ms, waits) => {
        heldBy(stranger, { beat: waits });
        return ms;
      },
    });
    await expect(lock.run(noop, { file })).rejects.toMatchObject({
      code: "refresh_unavailable",
      retryable: true,
      message: expect.stringContaining(
        `process 4242 on elsewhere has been holding ${lockPath} for more than 3 s`,
      ) as unknown,
    });
    expect(holder()).toMatchObject({ nonce: "abc" });
  });

  it("stays its holder's for as long as that has asked for", async () => {
    heldBy(stranger, { patienceMs: 35_000 });
    const { lock, clock } = clocked();
    await lock.run(noop, { file });
    expect(clock.nowMs).toBeGreaterThanOrEqual(35_000);
  });

  it("is not taken for stale by one that was asleep itself", async () => {
    heldBy(stranger);
    const { lock, clock } = clocked({ wait: (ms, waits) => (waits === 3 ? 3_600_000 : ms) });
    await lock.run(noop, { file });
    expect(clock.nowMs).toBeGreaterThan(3_600_000 + 900);
  });

  it("is waited for until the waiter gives up, and no longer", async () => {
    heldBy(stranger);
    const leaver = new AbortController();
    const waiting = createFileLock().run(noop, { file, signal: leaver.signal });
    leaver.abort();
    await expect(waiting).rejects.toMatchObject({ code: "cancelled" });
    expect(holder()).toMatchObject({ nonce: "abc" });
  });

  it("is taken over when its file was never written to its end", async () => {
    fs.writeFileSync(lockPath, "");
    const { lock, clock } = clocked();
    await lock.run(noop, { file });
    expect(clock.nowMs).toBeGreaterThanOrEqual(1000);
  });
});

describe("who lost the lock", () => {
  it("knows it, and lets go of nothing that is another's", async () => {
    const { lock } = clocked({ self: stranger });
    await lock.run(
      async (hold) => {
        expect(hold?.isOurs()).toBe(true);
        const other = clocked();
        await other.lock.run(
          async (second) => {
            expect(hold?.isOurs()).toBe(false);
            hold?.allowSilence(5);
            expect(second?.isOurs()).toBe(true);
            expect(holder()?.nonce).toBe(second?.nonce);
          },
          { file },
        );
      },
      { file },
    );
    expect(holder()?.state).toBe("free");
  });

  it("finds its temporary file gone, so that it can put nothing in place any more", async () => {
    heldBy(stranger);
    const temporary = path.join(folder, ".auth-abc.tmp");
    fs.writeFileSync(temporary, "old tokens");
    await clocked().lock.run(async () => expect(fs.existsSync(temporary)).toBe(false), { file });
  });

  it("has lost it as well when the lock file is gone", async () => {
    await createFileLock().run(
      async (hold) => {
        fs.unlinkSync(lockPath);
        expect(hold?.isOurs()).toBe(false);
      },
      { file },
    );
  });
});

describe("a take-over", () => {
  const seen = (lock: LockFile): NonNullable<ReturnType<LockFile["look"]>> => {
    const sighting = lock.look();
    if (sighting === null) throw new Error("there is no lock");
    return sighting;
  };

  it("is won by one of all who have seen the same", () => {
    heldBy(stranger);
    const locks = Array.from({ length: 5 }, () => new LockFile(lockPath, thisProcess()));
    const sightings = locks.map(seen);
    const handles = locks.map((lock, index) => lock.takeOver(sightings[index] ?? seen(lock)));
    expect(handles.filter((handle) => handle !== null)).toHaveLength(1);
    expect(handles[0]?.isOurs()).toBe(true);
    expect(fs.readdirSync(folder)).toEqual(["auth.json.planport-lock"]);
    handles[0]?.release();
  });

  it("is given up when the holder shows a sign of life at the last moment", () => {
    heldBy(stranger);
    const lock = new LockFile(lockPath, thisProcess());
    const sighting = seen(lock);
    heldBy(stranger, { beat: 1 });
    expect(lock.takeOver(sighting)).toBeNull();
    expect(fs.readdirSync(folder)).toEqual(["auth.json.planport-lock"]);
  });

  /** Stops a take-over before this operation and lets others go on there. */
  function stoppedBefore(operation: "openSync" | "renameSync", matches: RegExp, meanwhile: () => void): LockFs {
    let isOver = false;
    const interrupt = (name: unknown): void => {
      if (isOver || !matches.test(String(name))) return;
      isOver = true;
      meanwhile();
    };
    return {
      ...fs,
      [operation]: (...args: unknown[]) => {
        interrupt(args[0]);
        return (fs[operation] as (...given: unknown[]) => unknown)(...args);
      },
    };
  }

  it.each([
    ["before it has made its file", "openSync", /\.1\.new$/],
    ["right before its file is put in place", "renameSync", /\.1\.new$/],
  ] as const)(
    "that stood still %s comes to nothing once another has made the next claim",
    (_when, operation, matches) => {
      heldBy(stranger);
      let winner: ReturnType<LockFile["takeOver"]> = null;
      const io = stoppedBefore(operation, matches, () => {
        const other = new LockFile(lockPath, thisProcess());
        const sighting = seen(other);
        expect(sighting.claims).toBe(1);
        winner = other.takeOver(sighting);
      });
      const slow = new LockFile(lockPath, thisProcess(), io);
      expect(slow.takeOver(seen(slow))).toBeNull();
      const won = winner as ReturnType<LockFile["takeOver"]>;
      expect(won?.isOurs()).toBe(true);
      won?.release();
      expect(fs.readdirSync(folder)).toEqual(["auth.json.planport-lock"]);
    },
  );

  it("goes past a claim whose maker died of it", async () => {
    heldBy(stranger);
    fs.writeFileSync(`${lockPath}.abc.1`, "");
    const { lock, clock } = clocked();
    await lock.run(noop, { file });
    expect(clock.nowMs).toBeGreaterThanOrEqual(1000);
    expect(fs.readdirSync(folder)).toEqual(["auth.json.planport-lock"]);
  });
});

describe("claims on former holds, whose makers were killed in the middle of a take-over,", () => {
  it("go with the next hold, and claims on that one stay", async () => {
    fs.writeFileSync(`${lockPath}.0123456789abcdef01.1`, "");
    fs.writeFileSync(`${lockPath}.0123456789abcdef01.1.new`, "");
    await createFileLock().run(
      async (hold) => {
        const claim = `auth.json.planport-lock.${String(hold?.nonce)}.1`;
        expect(fs.readdirSync(folder)).toEqual(["auth.json.planport-lock"]);
        fs.writeFileSync(path.join(folder, claim), "");
        new LockFile(lockPath, thisProcess()).sweep(String(hold?.nonce));
        expect(fs.readdirSync(folder)).toEqual(["auth.json.planport-lock", claim]);
      },
      { file },
    );
  });
});

describe("a folder that cannot be written to", () => {
  const without = (code: string): LockFs => ({
    ...fs,
    openSync: (name, ...rest) => {
      if (String(name).startsWith(folder)) throw Object.assign(new Error(code), { code });
      return fs.openSync(name, ...rest);
    },
  });

  it.each(["EROFS", "EACCES", "EPERM"])("has its lock among the system's temporary files (%s)", async (code) => {
    const elsewhere = fallbackLockPath(file);
    if (elsewhere === null) throw new Error("no place for a lock");
    try {
      await createFileLock({ fs: without(code) }).run(
        async (hold) => {
          expect(readRecord(fs.readFileSync(elsewhere, "utf8"))?.nonce).toBe(hold?.nonce);
          expect(hold?.isOurs()).toBe(true);
        },
        { file },
      );
    } finally {
      fs.rmSync(elsewhere, { force: true });
    }
  });

  it.each(["EACCES", "EPERM", "EBUSY"])(
    "is another thing than a file that Windows has in use for a moment (%s)",
    async (code) => {
      let refusals = 0;
      const busy: LockFs = {
        ...fs,
        openSync: (name, ...rest) => {
          if (String(name).startsWith(folder) && refusals++ < 2) throw Object.assign(new Error(code), { code });
          return fs.openSync(name, ...rest);
        },
      };
      await clocked({ fs: busy }).lock.run(
        async (hold) => {
          // Beside the file, where all others look.
          expect(holder()?.nonce).toBe(hold?.nonce);
        },
        { file },
      );
      expect(refusals).toBe(3);
    },
  );

  it("is told with the reason when the disk is full", async () => {
    await expect(createFileLock({ fs: without("ENOSPC") }).run(noop, { file })).rejects.toMatchObject({
      code: "refresh_unavailable",
      message: expect.stringContaining("the disk is full (ENOSPC)") as unknown,
    });
  });

  it.skipIf(process.platform === "win32")("has no lock in a temporary folder that others can write to", () => {
    const root = path.join(folder, "tmp");
    fs.mkdirSync(root);
    const place = fallbackLockPath(file, root);
    expect(place).not.toBeNull();
    fs.chmodSync(path.dirname(place ?? ""), 0o777);
    expect(fallbackLockPath(file, root)).toBeNull();
  });
});
