/**
 * What every command is given: the world around it, so that none reaches for `process`.
 * @module
 */
import type { Environment } from "../config/index.ts";
import type { Terminal } from "./terminal.ts";

/** The surroundings of one command. */
export interface CommandContext {
  readonly terminal: Terminal;
  readonly stdin: NodeJS.ReadStream & { readonly fd: number };
  readonly env: Environment;
  /** `process.platform`. */
  readonly platform: NodeJS.Platform;
  readonly homeDir: string;
  /** The folder that the command was started in. */
  readonly cwd: string;
  /** Aborts on the first Ctrl-C (or SIGTERM), and when nobody reads standard output any more. */
  readonly signal: AbortSignal;
  /** planport's own version. */
  readonly version: string;
}

/** Resolves when `signal` aborts. Keeps the process alive meanwhile. */
export async function untilAborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  const keepAlive = setInterval(() => {}, 60_000);
  await new Promise<void>((resolve) => {
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
  clearInterval(keepAlive);
}
