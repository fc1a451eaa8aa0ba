/**
 * Who holds a lock file, as it says itself, and whether that process can still be alive.
 * @module
 */
import { createHash, randomBytes } from "node:crypto";
import * as fs from "node:fs";
import os from "node:os";
import { isJsonObject, tryParseJson } from "../protocol/json.ts";

/** What stands in a lock file. */
export interface LockRecord {
  /** Of this hold alone. */
  readonly nonce: string;
  readonly pid: number;
  /** For messages. */
  readonly host: string;
  /** Where `pid` means anything: a machine since it was started, and its set of process numbers. */
  readonly machine: string;
  /** When the process was started, in the system's own words; null where those cannot be read. Numbers are used again. */
  readonly started: string | null;
  /** When the hold began, in milliseconds since the epoch, by the holder's clock. For messages alone. */
  readonly sinceMs: number;
  readonly state: "held" | "free";
  /** How long the holder asks to be left alone without a sign of life, in milliseconds. */
  readonly patienceMs: number;
  /** Counts the signs of life. */
  readonly beat: number;
}

/** A process, as other processes can tell it from all others. */
export type ProcessIdentity = Pick<LockRecord, "pid" | "host" | "machine" | "started">;

/** So long that a rewrite in place never leaves an old end behind; and one write of the system. */
const RECORD_BYTES = 1024;

/** This process. */
export function thisProcess(): ProcessIdentity {
  const host = os.hostname().slice(0, 200);
  return { pid: process.pid, host, machine: machineOf(host), started: startOf(process.pid) };
}

/** A new name for a hold. */
export function newNonce(): string {
  return randomBytes(9).toString("hex");
}

/**
 * True when the holder is known to be dead: a process of this very machine whose number is free, or is another
 * process's by now. What cannot be known is false.
 */
export function isKnownDead(holder: ProcessIdentity, self: ProcessIdentity): boolean {
  if (holder.machine !== self.machine) return false;
  try {
    process.kill(holder.pid, 0);
  } catch (error) {
    // EPERM: it is there and belongs to somebody else.
    return error instanceof Error && "code" in error && error.code === "ESRCH";
  }
  const started = startOf(holder.pid);
  return started !== null && holder.started !== null && started !== holder.started;
}

/** The text of a lock file. */
export function writeRecord(record: LockRecord): string {
  return `${JSON.stringify(record).padEnd(RECORD_BYTES - 1)}\n`;
}

/** Reads it; null for anything else, such as a file that was made and not yet written. */
export function readRecord(text: string): LockRecord | null {
  const value = tryParseJson(text);
  if (!isJsonObject(value)) return null;
  const { nonce, pid, host, machine, started, sinceMs, state, patienceMs, beat } = value;
  // The nonce becomes part of a file's name.
  if (typeof nonce !== "string" || !/^[0-9a-f]{1,64}$/.test(nonce)) return null;
  if (typeof pid !== "number" || !Number.isInteger(pid) || pid <= 0) return null;
  if (typeof host !== "string" || typeof machine !== "string") return null;
  return {
    nonce,
    pid,
    host,
    machine,
    started: typeof started === "string" ? started : null,
    sinceMs: typeof sinceMs === "number" ? sinceMs : 0,
    state: state === "free" ? "free" : "held",
    patienceMs: typeof patienceMs === "number" ? patienceMs : 0,
    beat: typeof beat === "number" ? beat : 0,
  };
}

/** Two containers may have one host name and one process number each; on Linux the kernel tells them apart. */
function machineOf(host: string): string {
  const parts = [host, readQuietly("/proc/sys/kernel/random/boot_id"), linkQuietly("/proc/self/ns/pid")];
  return createHash("sha256").update(parts.join("\n")).digest("hex").slice(0, 32);
}

/** Field 22 of `/proc/<pid>/stat` (proc(5)); the second field may itself hold blanks and parentheses. */
function startOf(pid: number): string | null {
  const text = readQuietly(`/proc/${pid}/stat`);
  return text.slice(text.lastIndexOf(")") + 2).split(" ")[19] ?? null;
}

function readQuietly(file: string): string {
  if (process.platform !== "linux") return "";
  try {
    return fs.readFileSync(file, "utf8");
  } catch {
    return "";
  }
}

function linkQuietly(file: string): string {
  if (process.platform !== "linux") return "";
  try {
    return fs.readlinkSync(file);
  } catch {
    return "";
  }
}
