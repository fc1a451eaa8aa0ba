/**
 * Runs another program to the end of its output or of its time, whichever comes first.
 * @module
 */
import { type ChildProcess, spawn, type SpawnOptions } from "node:child_process";
import { existsSync } from "node:fs";
import { posix, win32 } from "node:path";
import { type Environment, readVariable } from "../environment.ts";
import { ConfigError } from "../errors.ts";

/** A program and its arguments (no shell is involved), or a line for the system's shell. */
export type CommandLine = readonly string[] | string;

/** What is handed to the operating system. */
export interface SpawnPlan {
  readonly file: string;
  readonly args: readonly string[];
  /** Windows: the arguments are quoted already. */
  readonly verbatim: boolean;
}

/** What decides about a {@link SpawnPlan}. */
export interface SpawnPlanOptions {
  readonly env: Environment;
  /** `process.platform`. */
  readonly platform: string;
  /** How messages name the command. */
  readonly origin: string;
  /** True when a file is there; by default the disk is asked. */
  readonly exists?: (file: string) => boolean;
}

/** How a run ended. */
export interface CommandResult {
  /** Exit code; null when a signal ended it. */
  readonly code: number | null;
  readonly signal: string | null;
  readonly stdout: string;
  readonly stderr: string;
  /** Why it was killed, if it was. */
  readonly killed: "timeout" | "aborted" | "too much output" | null;
}

/** Options of {@link runCommand}. */
export interface RunOptions {
  readonly env: Environment;
  readonly platform: string;
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
}

/** More than any token needs; a program that writes on without end is stopped. */
const MAX_OUTPUT_BYTES = 256 * 1024;

/**
 * How a command is started. Windows starts `.cmd` and `.bat` files (most tools that npm installs) by way of `cmd.exe`
 * alone, which reads its line in its own way: arguments that cannot be said to it safely are refused.
 * @throws {ConfigError} `config_invalid`
 */
export function planSpawn(command: CommandLine, options: SpawnPlanOptions): SpawnPlan {
  const { platform, env, origin } = options;
  if (typeof command === "string")
    return platform === "win32"
      ? { file: comSpec(env), args: ["/d", "/s", "/c", `"${command}"`], verbatim: true }
      : { file: "/bin/sh", args: ["-c", command], verbatim: false };
  const [file, ...args] = command;
  if (file === undefined || file === "") throw new ConfigError("config_invalid", `${origin} names no program.`);
  if (command.some((part) => part.includes("\0")))
    throw new ConfigError("config_invalid", `${origin} holds a NUL character.`);
  if (platform !== "win32") return { file, args, verbatim: false };
  const found = findOnWindows(file, env, options.exists ?? existsSync);
  if (!/\.(?:cmd|bat)$/i.test(found)) return { file: found, args, verbatim: false };
  if ([found, ...args].some((part) => /["%\r\n]/.test(part)))
    throw new ConfigError(
      "config_invalid",
      `${origin} starts a batch file, to which no argument with a quotation mark, a percent sign or a line break can be ` +
        "given safely. Give the program behind it instead, such as node with a script.",
    );
  const line = [found, ...args].map((part) => `"${part}"`).join(" ");
  return { file: comSpec(env), args: ["/d", "/s", "/c", `"${line}"`], verbatim: true };
}

function comSpec(env: Environment): string {
  return readInsensitive(env, "ComSpec") ?? "cmd.exe";
}

/** Variables of Windows have no case, but an object that somebody made from them has. */
function readInsensitive(env: Environment, name: string): string | undefined {
  const key = Object.keys(env).find((candidate) => candidate.toLowerCase() === name.toLowerCase());
  return key === undefined ? undefined : readVariable(env, key);
}

/** The file that a name stands for, by PATH and PATHEXT: Windows itself only ever adds `.exe`. */
function findOnWindows(file: string, env: Environment, exists: (file: string) => boolean): string {
  const endings = (readInsensitive(env, "PATHEXT") ?? ".COM;.EXE;.BAT;.CMD")
    .split(";")
    .filter((ending) => ending !== "");
  const names = win32.extname(file) === "" ? endings.map((ending) => file + ending) : [file];
  if (/[\\/]/.test(file)) return names.find((name) => exists(name)) ?? file;
  const folders = (readInsensitive(env, "PATH") ?? "").split(";").filter((folder) => folder !== "");
  for (const folder of folders)
    for (const name of names) {
      const candidate = win32.join(folder.replaceAll('"', ""), name);
      if (exists(candidate)) return candidate;
    }
  return file;
}

/**
 * Runs it with nothing on standard input. Whatever it started is killed with it when the time is up.
 * @throws The system's error when it cannot be started.
 */
export function runCommand(plan: SpawnPlan, options: RunOptions): Promise<CommandResult> {
  const { platform, timeoutMs, signal } = options;
  return new Promise((resolve, reject) => {
    const spawnOptions: SpawnOptions = {
      env: { ...options.env },
      stdio: ["ignore", "pipe", "pipe"],
      // A process group of its own, so that one signal reaches all that it started.
      detached: platform !== "win32",
      windowsHide: true,
      windowsVerbatimArguments: plan.verbatim,
    };
    const child = spawn(plan.file, plan.args, spawnOptions);
    let killed: CommandResult["killed"] = null;
    const kill = (why: NonNullable<CommandResult["killed"]>): void => {
      if (killed !== null) return;
      killed = why;
      killTree(child, platform);
      // Something that left the group may hold the pipes open; it is not waited for.
      child.stdout?.destroy();
      child.stderr?.destroy();
    };
    const timer = setTimeout(() => kill("timeout"), timeoutMs);
    const onAbort = (): void => kill("aborted");
    signal?.addEventListener("abort", onAbort, { once: true });
    if (signal?.aborted === true) onAbort();
    const release = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", onAbort);
    };
    const stdout = collect(child.stdout, () => kill("too much output"));
    const stderr = collect(child.stderr, () => {});
    child.once("error", (error) => {
      release();
      reject(error);
    });
    child.once("close", (code, endedBy) => {
      release();
      resolve({ code, signal: endedBy, stdout: stdout(), stderr: stderr(), killed });
    });
  });
}

/** Keeps the first part of a stream; the rest is read and let go, so that the writer is never held up. */
function collect(stream: ChildProcess["stdout"], onTooMuch: () => void): () => string {
  const chunks: Buffer[] = [];
  let length = 0;
  stream?.on("data", (chunk: Buffer) => {
    length += chunk.length;
    if (length > MAX_OUTPUT_BYTES) onTooMuch();
    else chunks.push(chunk);
  });
  return () => Buffer.concat(chunks).toString("utf8");
}

function killTree(child: ChildProcess, platform: string): void {
  const { pid } = child;
  if (pid === undefined) return;
  if (platform === "win32") {
    const killer = spawn("taskkill", ["/pid", String(pid), "/T", "/F"], { stdio: "ignore", windowsHide: true });
    killer.once("error", () => child.kill("SIGKILL"));
    return;
  }
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    child.kill("SIGKILL"); // The group is gone, or was never made.
  }
}

/** How messages name a command: the program alone, since arguments may hold secrets. */
export function commandName(command: CommandLine): string {
  const program = typeof command === "string" ? (firstWord(command) ?? "a shell command") : (command[0] ?? "");
  return posix.basename(win32.basename(program));
}

/** The first word of a shell's line that is no assignment (`TOKEN=… program`). */
function firstWord(line: string): string | undefined {
  return /^(?:[A-Za-z_]\w*=\S*\s+)*(?![A-Za-z_]\w*=)([\w./\\:~+-]+)/.exec(line.trim())?.[1];
}
