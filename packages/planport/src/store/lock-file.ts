/**
 * A lock file: making it, showing signs of life in it, and taking it over from a holder that shows none. All of it runs
 * synchronously: between a look and the deed that relies on it there is nothing else of this process.
 *
 * The file stays where it is when nobody holds the lock: removing it could hit the file of the next holder. A hold ends by
 * writing `free` through the holder's own descriptor, which can never reach another holder's file, since a take-over puts
 * a new file in place of the old one.
 * @module
 */
import { createHash } from "node:crypto";
import * as nodeFs from "node:fs";
import path from "node:path";
import { codeOf } from "./atomic-write.ts";
import { type LockRecord, newNonce, type ProcessIdentity, readRecord, writeRecord } from "./lock-holder.ts";

/** The file operations used, so that tests can make each of them fail. */
export type LockFs = Pick<
  typeof nodeFs,
  | "closeSync"
  | "existsSync"
  | "openSync"
  | "readdirSync"
  | "readFileSync"
  | "renameSync"
  | "statSync"
  | "unlinkSync"
  | "writeSync"
>;

/** What was seen in a lock file. */
export interface Sighting {
  /** Changes with each sign of life. */
  readonly text: string;
  /** Null when it cannot be read. */
  readonly record: LockRecord | null;
  /** The highest number of a claim on it by somebody who has set out to take it over and has not come to an end; else 0. */
  readonly claims: number;
}

/** Each claim but the first follows one that was left lying: more of them are never seen. A bound all the same. */
const MAX_CLAIMS = 8;

/** A hold on the lock, before anybody is told. */
export class LockHandle {
  readonly #io: LockFs;
  readonly #path: string;
  readonly #fd: number;
  #record: LockRecord;
  #closed = false;

  constructor(io: LockFs, path: string, fd: number, record: LockRecord) {
    this.#io = io;
    this.#path = path;
    this.#fd = fd;
    this.#record = record;
  }

  get nonce(): string {
    return this.#record.nonce;
  }

  /** False once somebody has taken over. */
  isOurs(): boolean {
    try {
      return readRecord(this.#io.readFileSync(this.#path, "utf8"))?.nonce === this.#record.nonce;
    } catch {
      return false;
    }
  }

  /** Shows a sign of life. @param patienceMs How long to be left alone without the next one. */
  beat(patienceMs: number = this.#record.patienceMs): void {
    this.#write({ ...this.#record, patienceMs, beat: this.#record.beat + 1 });
  }

  /** Lets go. The file stays. */
  release(): void {
    if (this.#closed) return;
    this.#write({ ...this.#record, state: "free", beat: this.#record.beat + 1 });
    this.#closed = true;
    this.#io.closeSync(this.#fd);
  }

  /** Into the file that was ours from the start, wherever it is now. */
  #write(record: LockRecord): void {
    if (this.#closed) return;
    this.#record = record;
    try {
      this.#io.writeSync(this.#fd, writeRecord(record), 0);
    } catch {
      // A full disk, say: then others see no sign of life and take over in time.
    }
  }
}

/** One lock file and this process's dealings with it. */
export class LockFile {
  readonly path: string;
  readonly #io: LockFs;
  readonly #self: ProcessIdentity;

  constructor(path: string, self: ProcessIdentity, io: LockFs = nodeFs) {
    this.path = path;
    this.#self = self;
    this.#io = io;
  }

  /**
   * Makes the file; null when it is there already.
   * @throws The system's error when it cannot be made. Then nothing is left behind.
   */
  create(): LockHandle | null {
    let fd: number;
    try {
      fd = this.#io.openSync(this.path, "wx", 0o600);
    } catch (error) {
      if (codeOf(error) === "EEXIST") return null;
      throw error;
    }
    return this.#begin(fd, this.path);
  }

  /** Looks at the file; null when there is none. */
  look(): Sighting | null {
    const text = this.#text();
    if (text === null) return null;
    const record = readRecord(text);
    const base = this.#base(text, record);
    let claims = MAX_CLAIMS;
    while (claims > 0 && !this.#io.existsSync(`${base}.${claims}`)) claims--;
    return { text, record, claims };
  }

  /**
   * Takes the lock over from the holder that was seen; null when somebody else does, or when the holder lives after all.
   *
   * Who wants to take over makes a claim, a file named after the hold that is to end, and so at most one does. When it
   * dies or stops in the middle of this, others make the next claim, number two, and remove what the first would put in
   * place: its rename fails then. A claim holds only as long as the same hold stands in the lock file.
   * @throws The system's error when no file can be made.
   */
  takeOver(seen: Sighting): LockHandle | null {
    const base = this.#base(seen.text, seen.record);
    const number = seen.claims + 1;
    const claim = `${base}.${number}`;
    if (number > MAX_CLAIMS || !this.#make(claim)) return null;
    const fresh = `${claim}.new`;
    let handle: LockHandle | null = null;
    try {
      for (let earlier = 1; earlier < number; earlier++) this.#remove(`${base}.${earlier}.new`);
      if (this.#text() !== seen.text) return null;
      handle = this.#begin(this.#io.openSync(fresh, "wx", 0o600), fresh);
      if (this.#io.existsSync(`${base}.${number + 1}`) || this.#text() !== seen.text)
        return this.#giveUp(handle, fresh);
      try {
        this.#io.renameSync(fresh, this.path);
      } catch {
        // ENOENT: who made the next claim has stopped us. EPERM: Windows keeps the file of a holder that has it open.
        return this.#giveUp(handle, fresh);
      }
      for (let earlier = 1; earlier < number; earlier++) this.#remove(`${base}.${earlier}`);
      return handle;
    } finally {
      this.#remove(claim);
    }
  }

  /**
   * Removes the claims on former holds, which mean nothing any more and whose makers were killed in the middle of a
   * take-over. @param nonce Of the hold that stands; claims on it are left alone.
   */
  sweep(nonce: string): void {
    const own = `${path.basename(this.path)}.`;
    const folder = path.dirname(this.path);
    try {
      for (const name of this.#io.readdirSync(folder))
        if (name.startsWith(own) && !name.startsWith(`${own}${nonce}.`)) this.#remove(path.join(folder, name));
    } catch {
      // A folder that cannot be listed; they are empty files.
    }
  }

  #giveUp(handle: LockHandle, fresh: string): null {
    handle.release();
    this.#remove(fresh);
    return null;
  }

  #begin(fd: number, path: string): LockHandle {
    const record: LockRecord = {
      ...this.#self,
      nonce: newNonce(),
      sinceMs: Date.now(),
      state: "held",
      patienceMs: 0,
      beat: 0,
    };
    try {
      this.#io.writeSync(fd, writeRecord(record), 0);
    } catch (error) {
      this.#io.closeSync(fd);
      this.#remove(path); // An empty one would keep everybody waiting for its holder's first word.
      throw error;
    }
    return new LockHandle(this.#io, this.path, fd, record);
  }

  #make(path: string): boolean {
    try {
      this.#io.closeSync(this.#io.openSync(path, "wx", 0o600));
      return true;
    } catch (error) {
      if (codeOf(error) === "EEXIST") return false;
      throw error;
    }
  }

  #remove(path: string): void {
    try {
      this.#io.unlinkSync(path);
    } catch {
      // Not there, most likely.
    }
  }

  /** Of a file that another user made and nobody else may read, the time of its last change shows the signs of life. */
  #text(): string | null {
    try {
      return this.#io.readFileSync(this.path, "utf8");
    } catch (error) {
      if (codeOf(error) === "ENOENT") return null;
    }
    try {
      const { ino, mtimeMs, size } = this.#io.statSync(this.path);
      return `${ino} ${mtimeMs} ${size}`;
    } catch (error) {
      if (codeOf(error) === "ENOENT") return null;
      throw error;
    }
  }

  /** What the names of claims on a hold begin with. */
  #base(text: string, record: LockRecord | null): string {
    const name = record?.nonce ?? createHash("sha256").update(text).digest("hex").slice(0, 18);
    return `${this.path}.${name}`;
  }
}
