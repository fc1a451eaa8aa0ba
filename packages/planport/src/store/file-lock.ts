/**
 * One process at a time for one file, by a lock file of our own beside it. Codex's locks (`auth.lock`, `auth.json.lock`)
 * are flocks, which Node has not, and are left alone.
 * @module
 */
import * as nodeFs from "node:fs";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { CredentialError, RequestError } from "../errors.ts";
import { codeOf } from "./atomic-write.ts";
import { LockFile, type LockFs, type LockHandle, type Sighting } from "./lock-file.ts";
import { isKnownDead, newNonce, type ProcessIdentity, thisProcess } from "./lock-holder.ts";
import { fallbackLockPath } from "./lock-place.ts";
import { systemReason } from "./system-reason.ts";
import type { ExclusiveOptions, Hold } from "./types.ts";

/** Runs tasks alone among all processes. */
export interface FileLock {
  /**
   * @param task Runs when its turn has come. Without a hold it takes the lock to be its own until its end.
   * @param options `file` is the real path of the file that the task is about.
   * @throws {CredentialError} `refresh_unavailable` when the holder does not let go in time; {@link RequestError}
   * `cancelled` when the signal was aborted.
   */
  run<T>(task: (hold?: Hold) => Promise<T>, options: ExclusiveOptions & { readonly file: string }): Promise<T>;
}

/** Options of {@link createFileLock}. */
export interface FileLockOptions {
  /** A holder that shows no sign of life for so long loses the lock. Default 10 s; it shows one four times as often. */
  readonly staleAfterMs?: number;
  /** The longest wait where a caller names none. Default 60 s. */
  readonly waitLimitMs?: number;
  /** Between two looks at a lock that is held. Default 25 ms. */
  readonly pollMs?: number;
  readonly fs?: LockFs;
  /** Milliseconds on a clock that nobody sets; default `performance.now`. */
  readonly monotonicMs?: () => number;
  readonly sleep?: (ms: number, signal: AbortSignal | undefined) => Promise<unknown>;
  /** Default: this process. */
  readonly self?: ProcessIdentity;
}

/** Of our own name: what other programs lock is theirs. */
const LOCK_SUFFIX = ".planport-lock";

/** Codes that say that no file can be made in a place, whoever tries. */
const NO_PLACE = new Set(["EACCES", "EPERM", "EROFS", "ENOTDIR", "ENOENT", "ENOTSUP", "EINVAL", "ENAMETOOLONG"]);

/**
 * Codes that may pass: Windows has them for a file that somebody is just removing or a scanner holds open. To move to the
 * other place for that would leave two locks, and two holders.
 */
const BRIEF = new Set(["EACCES", "EPERM", "EBUSY"]);
/** So often in a row, they do not. */
const MAX_REFUSALS = 4;

/** Runs tasks at once: no other process is kept out. */
export const noLock: FileLock = { run: (task) => task(loneHold()) };

/** The hold of who has no rivals. */
export function loneHold(): Hold {
  return { isOurs: () => true, allowSilence: () => {}, nonce: newNonce() };
}

/** The lock that `createFileStore` uses by default. */
export function createFileLock(options: FileLockOptions = {}): FileLock {
  const lock = new WaitingLock(options);
  return { run: (task, given) => lock.run(task, given) };
}

class WaitingLock {
  readonly #staleAfterMs: number;
  readonly #waitLimitMs: number;
  readonly #pollMs: number;
  readonly #fs: LockFs;
  readonly #monotonicMs: () => number;
  readonly #sleep: NonNullable<FileLockOptions["sleep"]>;
  readonly #self: ProcessIdentity;

  constructor(options: FileLockOptions) {
    this.#staleAfterMs = options.staleAfterMs ?? 10_000;
    this.#waitLimitMs = options.waitLimitMs ?? 60_000;
    this.#pollMs = options.pollMs ?? 25;
    this.#fs = options.fs ?? nodeFs;
    this.#monotonicMs = options.monotonicMs ?? (() => performance.now());
    this.#sleep = options.sleep ?? ((ms, signal) => delay(ms, undefined, { signal }));
    this.#self = options.self ?? thisProcess();
  }

  async run<T>(task: (hold: Hold) => Promise<T>, options: ExclusiveOptions & { readonly file: string }): Promise<T> {
    const handle = await this.#acquire(options);
    if (handle === null) return task(loneHold());
    const beat = setInterval(() => handle.beat(), Math.max(20, this.#staleAfterMs / 4));
    beat.unref();
    try {
      return await task({
        nonce: handle.nonce,
        isOurs: () => handle.isOurs(),
        allowSilence: (ms) => handle.beat(ms),
      });
    } finally {
      clearInterval(beat);
      handle.release();
    }
  }

  /** Null when there is no place where a lock file could be. */
  async #acquire(options: ExclusiveOptions & { readonly file: string }): Promise<LockHandle | null> {
    const beside = new LockFile(options.file + LOCK_SUFFIX, this.#self, this.#fs);
    try {
      return await this.#wait(beside, options);
    } catch (error) {
      if (!NO_PLACE.has(codeOf(error) ?? "")) throw told(beside.path, error);
    }
    // A folder that cannot be written to: processes of this user on this machine can still keep out of each other's way.
    const elsewhere = fallbackLockPath(options.file);
    if (elsewhere === null) return null;
    const fallback = new LockFile(elsewhere, this.#self, this.#fs);
    try {
      return await this.#wait(fallback, options);
    } catch (error) {
      if (NO_PLACE.has(codeOf(error) ?? "")) return null;
      throw told(fallback.path, error);
    }
  }

  async #wait(lock: LockFile, options: ExclusiveOptions & { readonly file: string }): Promise<LockHandle> {
    const { signal, waitLimitMs = this.#waitLimitMs } = options;
    const watch = new Watch();
    let lastMs = this.#monotonicMs();
    let waitedMs = 0;
    let refusals = 0;
    for (;;) {
      if (signal?.aborted === true) throw cancelled();
      // A process that slept or was stopped has seen nothing meanwhile: the holder may have slept as well.
      const nowMs = this.#monotonicMs();
      const stepMs = Math.min(nowMs - lastMs, 4 * this.#pollMs);
      lastMs = nowMs;
      waitedMs += stepMs;
      try {
        const seen = lock.look();
        const handle =
          seen === null ? lock.create() : this.#canTakeOver(seen, watch, stepMs) ? lock.takeOver(seen) : null;
        if (handle !== null) {
          lock.sweep(handle.nonce);
          this.#cleanUp(options.file, seen);
          return handle;
        }
        refusals = 0;
        if (seen !== null && waitedMs >= waitLimitMs) throw heldTooLong(lock.path, seen, waitLimitMs);
      } catch (error) {
        if (!BRIEF.has(codeOf(error) ?? "") || ++refusals >= MAX_REFUSALS) throw error;
      }
      await this.#sleep(this.#pollMs * (0.5 + Math.random()), signal).catch(() => {}); // An abort is seen above.
    }
  }

  #canTakeOver(seen: Sighting, watch: Watch, stepMs: number): boolean {
    const unchangedMs = watch.look(seen, stepMs);
    const { record } = seen;
    // Somebody is at it: that takes an instant, unless that one died of it.
    if (seen.claims > 0 && watch.claimedMs < this.#staleAfterMs) return false;
    if (record !== null && (record.state === "free" || isKnownDead(record, this.#self))) return true;
    return unchangedMs >= Math.max(this.#staleAfterMs, record?.patienceMs ?? 0);
  }

  /** What the last holder was about to put in place, should it still be there: now it cannot do that any more. */
  #cleanUp(file: string, seen: Sighting | null): void {
    if (seen?.record === null || seen === null) return;
    try {
      this.#fs.unlinkSync(temporaryFile(file, seen.record.nonce));
    } catch {
      // Nothing there, as it should be.
    }
  }
}

/** The temporary file of a hold. Its name is known to whoever takes over, and removing it stops the former holder. */
export function temporaryFile(file: string, nonce: string): string {
  return path.join(path.dirname(file), `.auth-${nonce}.tmp`);
}

/** How long the same was seen. */
class Watch {
  #text: string | null = null;
  #claims = 0;
  #unchangedMs = 0;
  claimedMs = 0;

  look(seen: Sighting, stepMs: number): number {
    const isSame = seen.text === this.#text;
    this.#unchangedMs = isSame ? this.#unchangedMs + stepMs : 0;
    this.claimedMs = isSame && seen.claims === this.#claims ? this.claimedMs + stepMs : 0;
    this.#text = seen.text;
    this.#claims = seen.claims;
    return this.#unchangedMs;
  }
}

function heldTooLong(lockPath: string, { record }: Sighting, limitMs: number): CredentialError<"refresh_unavailable"> {
  const holder = record === null ? "another process" : `process ${record.pid} on ${record.host}`;
  return new CredentialError(
    "refresh_unavailable",
    `The sign-in could not be refreshed: ${holder} has been holding ${lockPath} for more than ${Math.round(limitMs / 1000)} s. ` +
      "Try again, or end that process if it hangs.",
  );
}

function told(lockPath: string, error: unknown): unknown {
  const code = codeOf(error);
  if (code === undefined || error instanceof CredentialError || error instanceof RequestError) return error;
  return new CredentialError(
    "refresh_unavailable",
    `The sign-in could not be refreshed: ${lockPath} cannot be made: ${systemReason(code)}.`,
    { cause: error },
  );
}

function cancelled(): RequestError<"cancelled"> {
  return new RequestError("cancelled", "The request was cancelled.");
}
