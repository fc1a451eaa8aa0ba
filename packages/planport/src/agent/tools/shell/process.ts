/**
 * A running command: its output as it comes, its end, and its death with all that it started.
 * @module
 */
import { type ChildProcess, spawn } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import { BoundedText } from "./output.ts";

/** What is started. */
export interface CommandLaunch {
  readonly argv: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  /** How long it may run. */
  readonly timeoutMs: number;
}

/** How a command ended. */
export interface CommandEnd {
  /** As the shell has it: 128 + the signal's number where a signal ended it; -1 where it could not be started. */
  readonly exitCode: number;
  readonly timedOut: boolean;
  /** Why it could not be started. */
  readonly problem: string | null;
}

/** Between asking a command to end and ending it. */
const KILL_GRACE_MS = 2_000;
/** How often it is looked whether it has ended. */
const KILL_POLL_MS = 20;
/** A process of its own may hold the pipes of a command that has ended: nobody waits longer for them. */
const DRAIN_MS = 500;
const SIGNAL_NUMBERS: Readonly<Record<string, number>> = {
  SIGHUP: 1,
  SIGINT: 2,
  SIGABRT: 6,
  SIGKILL: 9,
  SIGSEGV: 11,
  SIGTERM: 15,
};

/** A command that was started. */
export class RunningCommand {
  /** Resolves when it has ended and its output is here; never rejects. */
  readonly ended: Promise<CommandEnd>;
  /** All that it wrote, both streams as they came. */
  readonly output: BoundedText = new BoundedText();
  readonly #child: ChildProcess;
  #onText: ((text: string) => void) | null = null;
  #end: CommandEnd | null = null;
  #killed: Promise<void> | null = null;
  #unread = new BoundedText();

  constructor({ argv: [file = "", ...args], cwd, env, timeoutMs }: CommandLaunch) {
    // A group of its own, so that one signal reaches all that it started.
    this.#child = spawn(file, args, {
      cwd,
      env: { ...env },
      stdio: "pipe",
      detached: process.platform !== "win32",
      windowsHide: true,
    });
    this.ended = this.#watch(timeoutMs);
  }

  get processId(): number | undefined {
    return this.#child.pid;
  }

  /** Null while it runs. */
  get end(): CommandEnd | null {
    return this.#end;
  }

  /** Told of each piece of output from now on; what came before is told at once. */
  listen(onText: (text: string) => void): void {
    const before = this.output.toString();
    this.#onText = onText;
    if (before !== "") onText(before);
  }

  /** What was written since the last call. */
  takeUnread(): string {
    const text = this.#unread.toString();
    this.#unread = new BoundedText();
    return text;
  }

  /** False when it no longer reads. */
  write(text: string): boolean {
    const { stdin } = this.#child;
    if (stdin === null || !stdin.writable) return false;
    stdin.write(text);
    return true;
  }

  /** Says that nothing more will be written. */
  closeInput(): void {
    this.#child.stdin?.end();
  }

  /**
   * Ends it and all that it started, which may outlive it: first by a request, then by force. Resolves when nothing is left that
   * has not been told to die; who ends this process waits for it.
   */
  kill(): Promise<void> {
    return (this.#killed ??= this.#kill());
  }

  async #kill(): Promise<void> {
    this.#signal("SIGTERM");
    for (let waitedMs = 0; waitedMs < KILL_GRACE_MS && this.#isThere(); waitedMs += KILL_POLL_MS)
      await sleep(KILL_POLL_MS);
    this.#signal("SIGKILL");
  }

  /** True while it or anything that it started runs. On Windows: while it runs itself. */
  #isThere(): boolean {
    const { pid } = this.#child;
    if (process.platform === "win32" || pid === undefined) return pid !== undefined && this.#end === null;
    try {
      process.kill(-pid, 0);
      return true;
    } catch {
      return false;
    }
  }

  #signal(signal: "SIGTERM" | "SIGKILL"): void {
    const { pid } = this.#child;
    if (pid === undefined) return;
    if (process.platform === "win32") {
      if (this.#end === null)
        spawn("taskkill", ["/pid", String(pid), "/t", "/f"], { stdio: "ignore", windowsHide: true }).on("error", () =>
          this.#child.kill(),
        );
      return;
    }
    try {
      process.kill(-pid, signal);
    } catch {
      // The group is gone.
    }
  }

  #watch(timeoutMs: number): Promise<CommandEnd> {
    return new Promise((resolve) => {
      let timedOut = false;
      const timer = setTimeout(() => {
        timedOut = true;
        void this.kill();
      }, timeoutMs);
      const finish = (exitCode: number, problem: string | null): void => {
        if (this.#end !== null) return;
        clearTimeout(timer);
        this.#end = { exitCode, timedOut, problem };
        this.#child.stdout?.destroy();
        this.#child.stderr?.destroy();
        this.#child.stdin?.destroy();
        resolve(this.#end);
      };
      this.#child.stdin?.on("error", () => {}); // It may end without having read.
      for (const stream of [this.#child.stdout, this.#child.stderr])
        stream?.setEncoding("utf8").on("data", (text: string) => this.#add(text));
      this.#child.on("error", (error) => finish(-1, error.message));
      const codeOf = (code: number | null, signal: string | null): number =>
        code ?? 128 + (SIGNAL_NUMBERS[signal ?? ""] ?? 0);
      this.#child.on("exit", (code, signal) => {
        setTimeout(() => finish(codeOf(code, signal), null), DRAIN_MS).unref();
      });
      this.#child.on("close", (code, signal) => finish(codeOf(code, signal), null));
    });
  }

  #add(text: string): void {
    this.output.add(text);
    this.#unread.add(text);
    this.#onText?.(text);
  }
}
