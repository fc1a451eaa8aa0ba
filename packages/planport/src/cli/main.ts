/**
 * The command line's front door: one process, one command, one exit code.
 * @module
 */
import { homedir } from "node:os";
import { getSystemErrorMap } from "node:util";
import { CommanderError } from "commander";
import { redactText } from "../redact.ts";
import { VERSION } from "../version.ts";
import type { CommandContext } from "./context.ts";
import { watchCrashes } from "./crash.ts";
import { EXIT, type ExitCode } from "./exit-codes.ts";
import { reportFailure } from "./failure.ts";
import { createInterrupt } from "./interrupt.ts";
import { createProgram } from "./program.ts";
import { describeUsageError, normalizeArgs } from "./usage-error.ts";
import { type Terminal, createTerminal, printable } from "./terminal.ts";

/** Runs the command in `process.argv` and ends the process with its exit code. */
export async function runProcess(): Promise<void> {
  const interruption = watchProcess();
  const context: CommandContext = {
    terminal: createTerminal(process.stdout, process.stderr, process.env),
    stdin: process.stdin,
    env: process.env,
    platform: process.platform,
    homeDir: homedir(),
    cwd: currentFolder(),
    signal: interruption.signal,
    version: VERSION,
  };
  const args = process.argv.slice(2);
  watchCrashes(process, context.terminal.err, { json: asksForJson(args), debug: wantsStacks(context) });
  const code = await runCommand(args, context);
  await flush(process.stdout);
  const unwritten = interruption.writeError();
  if (unwritten !== null && !readerLeft(unwritten))
    await context.terminal.err.line(
      `${context.terminal.err.style.red("planport:")} cannot write the output: ${systemMessage(unwritten)}`,
    );
  await flush(process.stderr);
  // Not left to the event loop: an idle keep-alive socket or a read on standard input would hold the process.
  process.exit(unwritten === null ? code : readerLeft(unwritten) ? EXIT.ok : EXIT.failure);
}

/** A folder that was removed under the shell's feet is no reason to fail. */
function currentFolder(): string {
  try {
    return process.cwd();
  } catch {
    return homedir();
  }
}

/** Runs one command line. Never throws: failures are told on standard error and become an exit code. */
export async function runCommand(args: readonly string[], context: CommandContext): Promise<ExitCode> {
  const { terminal } = context;
  let code: ExitCode = EXIT.ok;
  const program = createProgram(context, (result) => {
    code = result;
  });
  const json = asksForJson(args);
  try {
    if (args.length === 0 && isAtTerminal(context)) return await (await import("./commands/chat.ts")).chat(context);
    if (args.length === 0) {
      program.outputHelp({ error: true });
      return EXIT.usage;
    }
    await program.parseAsync(normalizeArgs(args, program), { from: "user" });
    return code;
  } catch (error) {
    if (error instanceof CommanderError) {
      if (error.exitCode === 0) return EXIT.ok; // Help or version, which commander has printed.
      return reportUsage(describeUsageError(error, args, program), terminal, json);
    }
    // Whoever pressed Ctrl-C, or stopped reading, knows why it ended.
    if (context.signal.aborted) return EXIT.interrupted;
    return reportFailure(error, terminal.err, { json, debug: wantsStacks(context) });
  }
}

/** A person can be asked. */
function isAtTerminal({ stdin, terminal }: CommandContext): boolean {
  return stdin.isTTY && terminal.out.isTty && terminal.err.isTty;
}

async function reportUsage(message: string, { err }: Terminal, json: boolean): Promise<ExitCode> {
  if (json) {
    const body = { message: redactText(message), type: "invalid_request_error", param: null, code: "request_invalid" };
    await err.line(JSON.stringify({ error: body }));
  } else {
    await err.line(`${err.style.red("planport:")} ${printable(message)}`);
  }
  return EXIT.usage;
}

function wantsStacks({ env }: CommandContext): boolean {
  return env["PLANPORT_LOG"]?.toLowerCase() === "debug";
}

function asksForJson(args: readonly string[]): boolean {
  const end = args.indexOf("--");
  return (end < 0 ? args : args.slice(0, end)).includes("--json");
}

interface Interruption {
  readonly signal: AbortSignal;
  /** Why standard output takes nothing more; null while it does. */
  writeError(): NodeJS.ErrnoException | null;
}

/** Whoever read standard output has closed it (`planport ask … | head -1`): it is enough, and no fault. */
function readerLeft(error: NodeJS.ErrnoException): boolean {
  return error.code === "EPIPE" || error.code === "EOF" || error.code === "ERR_STREAM_DESTROYED";
}

function systemMessage(error: NodeJS.ErrnoException): string {
  return getSystemErrorMap().get(error.errno ?? 0)?.[1] ?? error.message;
}

function watchProcess(): Interruption {
  const controller = new AbortController();
  let writeError: NodeJS.ErrnoException | null = null;
  const interrupt = createInterrupt({
    onFirst: () => controller.abort(),
    onSecond: () => process.exit(EXIT.interrupted),
    now: () => performance.now(),
  });
  process.on("SIGINT", interrupt).on("SIGTERM", interrupt);
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    writeError ??= error;
    controller.abort();
  });
  // Nobody to tell: standard error itself is gone.
  process.stderr.on("error", () => {});
  return { signal: controller.signal, writeError: () => writeError };
}

async function flush(stream: NodeJS.WriteStream): Promise<void> {
  if (stream.destroyed || stream.writableEnded) return;
  await new Promise<void>((resolve) => {
    stream.write("", () => resolve());
  });
}
