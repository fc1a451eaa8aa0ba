/**
 * The tools that act on this machine.
 * @module
 */
import { applyPatch, type PatchState } from "./patch/tool.ts";
import { findSandbox, type FoundSandbox } from "./sandbox/find.ts";
import { AllowedCommands } from "./shell/allowed.ts";
import { execCommand, type ShellState } from "./shell/exec-command.ts";
import { Sessions } from "./shell/session.ts";
import { writeStdin } from "./shell/write-stdin.ts";
import type { CreateToolbox } from "./types.ts";

/** Options of {@link localToolboxes}. */
export interface LocalToolsOptions {
  /** Files with sign-ins, which sandboxed commands must not read. */
  readonly hidden: readonly string[];
  /** How long a command may run. Default: 30 minutes. */
  readonly commandTimeoutMs?: number | undefined;
  /** By default the machine is looked at, once, when a command first needs to know. */
  readonly sandbox?: (() => Promise<FoundSandbox>) | undefined;
}

const COMMAND_TIMEOUT_MS = 30 * 60_000;

/**
 * Makes the toolboxes of threads: `exec_command`, `write_stdin`, `apply_patch`. What a person allows holds for the thread; commands
 * die with the turn that started them.
 */
export function localToolboxes(options: LocalToolsOptions): CreateToolbox {
  let found: Promise<FoundSandbox> | null = null;
  const sandbox = options.sandbox ?? ((): Promise<FoundSandbox> => (found ??= findSandbox()));
  return () => {
    const sessions = new Sessions();
    const shell: ShellState = {
      sessions,
      allowed: new AllowedCommands(),
      sandbox,
      hidden: options.hidden,
      timeoutMs: options.commandTimeoutMs ?? COMMAND_TIMEOUT_MS,
    };
    const patches: PatchState = { allowed: new Set(), turns: new Map() };
    return {
      tools: [execCommand(shell), writeStdin(shell), applyPatch(patches)],
      turnEnded(turnId) {
        sessions.endTurn(turnId);
        patches.turns.delete(turnId);
      },
      close: () => sessions.close(),
    };
  };
}
