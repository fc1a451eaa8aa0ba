/**
 * One process at a time for one file.
 * @module
 */
import { randomBytes } from "node:crypto";
import type { ExclusiveOptions, Hold } from "./types.ts";

/** Runs tasks alone among all processes. */
export interface FileLock {
  /** @param file The real path of the file that the task is about; what is locked is a file of our own beside it. */
  run<T>(file: string, task: (hold: Hold) => Promise<T>, options?: ExclusiveOptions): Promise<T>;
}

/** The lock that {@link createFileStore} uses by default. */
export function createFileLock(): FileLock {
  return noLock;
}

/** Runs tasks at once: no other process is kept out. */
export const noLock: FileLock = {
  run: (_file, task) => task({ isOurs: () => true, nonce: randomBytes(9).toString("hex") }),
};
