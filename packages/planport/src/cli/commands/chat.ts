/**
 * `planport` alone, at a terminal: signs in if need be, then takes one task after the other in the folder it was started in.
 * @module
 */
import type { AgentEvent, AgentThread, ApprovalOutcome, ApprovalRequest } from "../../agent/index.ts";
import { isPlanportError } from "../../errors.ts";
import { type LocalAgent, openAgent } from "../agent/open-agent.ts";
import { tellProgress } from "../agent/progress.ts";
import { createTerminalHost } from "../agent/terminal-host.ts";
import type { CommandContext } from "../context.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";
import { readLines } from "../input.ts";
import { printable, withoutControls } from "../terminal.ts";

const WORDS_TO_LEAVE: ReadonlySet<string> = new Set(["exit", "quit", "/exit", "/quit"]);

/** Runs it until the person leaves. */
export async function chat(context: CommandContext): Promise<ExitCode> {
  const lines = readLines(context);
  try {
    return await new Conversation(context, lines).run();
  } finally {
    await lines.return?.();
  }
}

class Conversation {
  readonly #context: CommandContext;
  readonly #lines: AsyncIterator<string>;
  /** True while the last line of the model's text has no end. */
  #isOpenLine = false;

  constructor(context: CommandContext, lines: AsyncIterator<string>) {
    this.#context = context;
    this.#lines = lines;
  }

  async run(): Promise<ExitCode> {
    const local = await this.#open();
    if (local === null) return EXIT.signInNeeded;
    try {
      return await this.#converse(local);
    } finally {
      await local.close();
    }
  }

  async #converse({ agent, settings }: LocalAgent): Promise<ExitCode> {
    const { terminal, signal } = this.#context;
    const thread = agent.create({ settings, ephemeral: false, threadSource: "user", originator: "planport" });
    const { dim } = terminal.out.style;
    await terminal.out.line(
      dim(`${printable(settings.model)} in ${printable(settings.cwd)}. Leave with Ctrl-D or exit.`),
    );
    for (;;) {
      const said = await this.#ask("> ");
      if (said === null || WORDS_TO_LEAVE.has(said)) return signal.aborted ? EXIT.interrupted : EXIT.ok;
      if (said === "") continue;
      await this.#turn(thread, said);
      if (signal.aborted) return EXIT.interrupted;
    }
  }

  async #turn(thread: AgentThread, text: string): Promise<void> {
    const turn = thread.startTurn([{ type: "text", text }], {}, { outputSchema: null });
    const { signal } = this.#context;
    const stop = (): void => turn.interrupt();
    signal.addEventListener("abort", stop, { once: true });
    await turn.done;
    signal.removeEventListener("abort", stop);
  }

  /** Opens the engine; a person who is not signed in is asked whether to. Null: they do not want to. */
  async #open(): Promise<LocalAgent | null> {
    const host = createTerminalHost(
      (event) => this.#tell(event),
      (request, signal) => this.#approve(request, signal),
    );
    const open = (): Promise<LocalAgent> =>
      openAgent(this.#context, { flags: {}, host, source: "cli", approvalPolicy: "on-request" });
    try {
      return await open();
    } catch (error) {
      if (!isPlanportError(error) || error.code !== "credential_missing") throw error;
    }
    const answer = await this.#ask("You are not signed in. Sign in with your ChatGPT account now? [Y/n] ");
    if (answer === null || /^n/i.test(answer)) return null;
    const { login } = await import("./login.ts");
    await login(this.#context, { browser: true });
    return await open();
  }

  #tell(event: AgentEvent): void {
    const { out, err } = this.#context.terminal;
    if (event.type === "item/agentMessage/delta") {
      this.#isOpenLine = true;
      void out.write(withoutControls(event.fields.delta));
      return;
    }
    if (this.#isOpenLine && event.type !== "thread/tokenUsage/updated") {
      this.#isOpenLine = false;
      void out.line();
    }
    tellProgress(event, err);
  }

  async #approve(request: ApprovalRequest, signal: AbortSignal): Promise<ApprovalOutcome> {
    const { err } = this.#context.terminal;
    if (request.kind === "command") await err.line(`May it run ${err.style.bold(printable(request.item.command))} ?`);
    else for (const { kind, path } of request.item.changes) await err.line(`May it ${kind.type} ${printable(path)} ?`);
    if (request.reason !== null) await err.line(err.style.dim(printable(request.reason)));
    const answer = await this.#ask("[y] yes  [a] yes, and do not ask again  [n] no  [s] no, and stop: ");
    if (answer === null || signal.aborted) return "cancel";
    return ANSWERS[answer.toLowerCase().charAt(0)] ?? "decline";
  }

  /** The next line without blanks around it; null at the end. */
  async #ask(prompt: string): Promise<string | null> {
    const { terminal, signal } = this.#context;
    await terminal.err.write(prompt);
    const aborted = new Promise<null>((resolve) => {
      if (signal.aborted) resolve(null);
      signal.addEventListener("abort", () => resolve(null), { once: true });
    });
    const next = await Promise.race([this.#lines.next(), aborted]);
    return next === null || next.done === true ? null : next.value.trim();
  }
}

const ANSWERS: Readonly<Record<string, ApprovalOutcome>> = {
  y: "accept",
  a: "acceptForSession",
  n: "decline",
  s: "cancel",
};
