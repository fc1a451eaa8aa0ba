/**
 * Which sandbox a machine has.
 * @module
 */
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import path from "node:path";
import { bubblewrap, bubblewrapProbe } from "./bubblewrap.ts";
import { SANDBOX_EXEC, seatbelt } from "./seatbelt.ts";
import type { Sandbox } from "./types.ts";

/** A sandbox, or why there is none. */
export type FoundSandbox =
  | { readonly sandbox: Sandbox }
  | {
      readonly sandbox: null;
      /** One sentence for a person. */
      readonly why: string;
    };

/** How long a sandbox may take to run nothing. */
const PROBE_TIMEOUT_MS = 10_000;

/** Looks for a sandbox that works, by running nothing in it. */
export async function findSandbox(
  platform: string = process.platform,
  env: Readonly<Record<string, string | undefined>> = process.env,
): Promise<FoundSandbox> {
  if (platform === "darwin")
    return existsSync(SANDBOX_EXEC) ? { sandbox: seatbelt } : none(`${SANDBOX_EXEC} is missing.`);
  if (platform !== "linux") return none(`There is no sandbox for commands on ${platform}.`);
  const file = (env["PATH"] ?? "/usr/bin:/bin")
    .split(":")
    .filter((folder) => path.isAbsolute(folder))
    .map((folder) => path.join(folder, "bwrap"))
    .find((candidate) => existsSync(candidate));
  if (file === undefined) return none("bubblewrap is not installed (Debian, Ubuntu: apt-get install bubblewrap).");
  for (const newProc of [true, false]) {
    if (await succeeds(bubblewrapProbe({ file, newProc }))) return { sandbox: bubblewrap({ file, newProc }) };
  }
  return none(`${file} is there, but this machine does not let it make a sandbox.`);
}

function none(why: string): FoundSandbox {
  return { sandbox: null, why };
}

function succeeds([file = "", ...args]: readonly string[]): Promise<boolean> {
  return new Promise((resolve) => {
    execFile(file, args, { timeout: PROBE_TIMEOUT_MS }, (error) => resolve(error === null));
  });
}
