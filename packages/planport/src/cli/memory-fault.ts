/**
 * Whether the gateway's memory can rest where it is told to: it is opened when the first request needs it, and whoever starts
 * the gateway should hear at once of a path that is wrong.
 * @module
 */
import { constants } from "node:fs";
import { access, mkdir } from "node:fs/promises";
import path from "node:path";
import { systemReason } from "../store/system-reason.ts";

const USABLE = constants.R_OK | constants.W_OK;

/** Why a file cannot be kept there, in words; null when it can. Makes its folder, for its owner alone. */
export async function memoryFault(file: string): Promise<string | null> {
  try {
    const folder = path.dirname(file);
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await access(folder, USABLE | constants.X_OK);
    await access(file, USABLE).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== "ENOENT") throw error;
    });
    return null;
  } catch (error) {
    return systemReason((error as NodeJS.ErrnoException).code);
  }
}
