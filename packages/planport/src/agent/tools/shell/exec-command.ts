/**
 * `exec_command`: a line for the shell, within a sandbox, after a question where the policy wants one.
 * @module
 */
import { randomBytes } from "node:crypto";
import { existsSync, realpathSync } from "node:fs";
import path from "node:path";
import type { CommandExecutionItem } from "../../items.ts";
import { judgeCommand, type Verdict } from "../policy.ts";
import type { FoundSandbox } from "../sandbox/find.ts";
import type { ApprovalDecision, LocalTool, ToolCall, ToolContext, ToolOutcome } from "../types.ts";
import { commandActions } from "./actions.ts";
import { type AllowedCommands, proposedPrefix } from "./allowed.ts";
import { type ExecArguments, readExecArguments } from "./arguments.ts";
import { readsPosix, shellInvocation, withoutSecrets } from "./invocation.ts";
import { isKnownSafe, readsInside } from "./known-safe.ts";
import { estimateTokens, withinTokens } from "./output.ts";
import { patchOfLine } from "./patch-line.ts";
import { RunningCommand } from "./process.ts";
import { completeItem, type Session, type Sessions } from "./session.ts";
import { EXEC_COMMAND_WIRE } from "./wire.ts";
import { joinWords } from "./words.ts";

/** What the shell's tools of a thread share. */
export interface ShellState {
  readonly sessions: Sessions;
  readonly allowed: AllowedCommands;
  readonly sandbox: () => Promise<FoundSandbox>;
  /** Files that sandboxed commands must not read. */
  readonly hidden: readonly string[];
  /** How long a command may run. */
  readonly timeoutMs: number;
}

/** Output of the first moments is not told piece by piece: a command that ends at once is told whole. */
const QUIET_MS = 150;
/** Of more output no pieces are told: a command that writes without end would drown those who watch. Its item tells the end. */
const MAX_TOLD_CHARS = 2 * 1024 * 1024;

/** The tool. */
export function execCommand(state: ShellState): LocalTool {
  return {
    wire: EXEC_COMMAND_WIRE,
    async run(call, context) {
      const read = readExecArguments(call.input);
      if (!read.ok) return { output: read.message };
      const patch = patchOfLine(read.value.cmd);
      if (patch !== null) return context.call({ callId: call.callId, name: "apply_patch", input: patch });
      return new Execution(state, call, context, read.value).run();
    },
  };
}

class Execution {
  readonly #state: ShellState;
  readonly #context: ToolContext;
  readonly #args: ExecArguments;
  readonly #workdir: string;
  readonly #argv: readonly string[];
  readonly #item: CommandExecutionItem;

  constructor(state: ShellState, { callId }: ToolCall, context: ToolContext, args: ExecArguments) {
    const { cwd, env, now } = context;
    this.#state = state;
    this.#context = context;
    this.#args = args;
    this.#workdir = path.resolve(cwd, args.workdir ?? ".");
    this.#argv = shellInvocation(args.cmd, args.login, args.shell, {
      platform: process.platform,
      env,
      exists: existsSync,
    });
    this.#item = newItem(callId, this.#argv, args.cmd, this.#workdir, now());
  }

  async run(): Promise<ToolOutcome> {
    const { sessions } = this.#state;
    if (!existsSync(this.#workdir)) return refused(`there is no folder ${this.#workdir}`);
    if (sessions.full) return refused("too many commands are running; end some of them first");
    const verdict = await this.#judge();
    if (verdict.type === "refuse") return refused(verdict.why);
    let confined = verdict.type === "run" && verdict.confined;
    if (verdict.type === "ask") {
      const problem = await this.#ask(verdict.why);
      if (problem !== null) return refused(problem);
      confined = false;
    }
    return this.#start(confined, verdict.type === "ask");
  }

  async #judge(): Promise<Verdict> {
    const { approvalPolicy, sandbox, cwd } = this.#context;
    const { cmd, escalated } = this.#args;
    const { hidden } = this.#state;
    const sandboxed = sandbox.type !== "dangerFullAccess" && (await this.#state.sandbox()).sandbox !== null;
    const knownSafe = readsPosix(this.#argv) && isKnownSafe(cmd);
    return judgeCommand({
      approvalPolicy,
      sandbox,
      escalated,
      sandboxed,
      knownSafe: knownSafe && (sandboxed || readsInside(cmd, { workdir: this.#workdir, cwd, hidden })),
      allowed: this.#state.allowed.has(cmd, this.#argv, this.#workdir),
    });
  }

  /** Null when the person said yes; else what the model is told. */
  async #ask(why: string | null): Promise<string | null> {
    const { cmd, justification, prefixRule } = this.#args;
    const proposed = proposedPrefix(cmd, this.#argv, prefixRule);
    const availableDecisions: ApprovalDecision[] = [
      "accept",
      { acceptWithExecpolicyAmendment: { execpolicy_amendment: [...proposed] } },
      "cancel",
    ];
    const answer = await this.#context.approve({
      kind: "command",
      item: this.#item,
      reason: justification ?? why,
      commandActions: this.#item.commandActions,
      proposedExecpolicyAmendment: proposed,
      availableDecisions,
    });
    if (answer === "decline" || answer === "cancel" || answer === "failed") {
      this.#item.status = answer === "failed" ? "failed" : "declined";
      if (!this.#context.signal.aborted) this.#context.completed(this.#item);
      return answer === "failed" ? "the approval request failed" : "rejected by user";
    }
    this.#state.allowed.learn(answer, cmd, this.#workdir);
    return null;
  }

  async #start(confined: boolean, announced: boolean): Promise<ToolOutcome> {
    const { env, signal, turnId, now } = this.#context;
    if (signal.aborted) return refused("the turn has ended");
    const argv = confined ? await this.#confine() : this.#argv;
    const startedAtMs = now();
    const { timeoutMs, sessions } = this.#state;
    const command = new RunningCommand({ argv, cwd: this.#workdir, env: withoutSecrets(env), timeoutMs });
    const item = this.#item;
    item.processId = command.processId === undefined ? null : String(command.processId);
    item.source = "unifiedExecStartup";
    if (!announced) this.#context.started(item);
    const session = sessions.add({ turnId, command, item, context: this.#context, startedAtMs });
    const context = this.#context;
    let toldChars = 0;
    const tell = (delta: string): void => {
      if ((toldChars += delta.length) <= MAX_TOLD_CHARS) context.output(item, delta);
    };
    const telling = setTimeout(() => command.listen(tell), QUIET_MS);
    void command.ended.then((end) => {
      clearTimeout(telling);
      if (item.status === "inProgress" && !context.signal.aborted)
        completeItem(item, context, { command, startedAtMs, failed: end.timedOut });
    });
    return waitFor(session, this.#args.yieldMs, this.#args.maxOutputTokens);
  }

  async #confine(): Promise<readonly string[]> {
    const { sandbox: policy, cwd, env } = this.#context;
    const { sandbox } = await this.#state.sandbox();
    if (sandbox === null || policy.type === "dangerFullAccess") return this.#argv;
    return sandbox.wrap(this.#argv, {
      policy,
      cwd: realpathSync(cwd),
      workdir: this.#workdir,
      hidden: this.#state.hidden.map(realPath),
      tmpdir: env["TMPDIR"] ?? null,
    });
  }
}

/** Waits until the command has ended or the model wants to go on, and says what it wrote meanwhile. */
export async function waitFor(session: Session, yieldMs: number, maxTokens: number): Promise<ToolOutcome> {
  const { command, context, id } = session;
  const fromMs = context.now();
  let timer: NodeJS.Timeout | undefined;
  const enough = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, yieldMs);
    context.signal.addEventListener("abort", () => resolve(), { once: true });
  });
  await Promise.race([command.ended, enough]);
  clearTimeout(timer);
  const { end } = command;
  const text = command.takeUnread();
  const lines = [
    `Chunk ID: ${randomBytes(3).toString("hex")}`,
    `Wall time: ${((context.now() - fromMs) / 1000).toFixed(4)} seconds`,
    end === null ? `Process running with session ID ${id}` : `Process exited with code ${end.exitCode}`,
  ];
  if (end?.problem != null) lines.push(`It could not be started: ${end.problem}`);
  if (end?.timedOut === true) lines.push("It was ended, since it had run for as long as a command may.");
  lines.push(`Original token count: ${estimateTokens(text)}`, "Output:", withinTokens(text, maxTokens));
  return { output: lines.join("\n") };
}

function newItem(
  id: string,
  argv: readonly string[],
  line: string,
  cwd: string,
  startedAtMs: number,
): CommandExecutionItem {
  return {
    type: "commandExecution",
    id,
    command: joinWords(argv),
    commandActions: commandActions(line, cwd),
    cwd,
    processId: null,
    source: "agent",
    status: "inProgress",
    aggregatedOutput: null,
    exitCode: null,
    durationMs: null,
    pluginId: null,
    scriptPath: null,
    startedAtMs,
    completedAtMs: null,
  };
}

function realPath(file: string): string {
  return existsSync(file) ? realpathSync(file) : file;
}

function refused(why: string): ToolOutcome {
  return { output: `exec_command failed: ${why}` };
}
