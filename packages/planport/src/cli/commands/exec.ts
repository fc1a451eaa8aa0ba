/**
 * `planport exec`: one turn of an agent in a folder of this machine.
 * @module
 */
import { access, constants, readFile, stat, writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import type { AgentEvent, AgentThread, TurnView, UserInput } from "../../agent/index.ts";
import { ConfigError, RequestError } from "../../errors.ts";
import { type JsonObject, isJsonObject, tryParseJson } from "../../protocol/json.ts";
import { ExecLines } from "../agent/exec-lines.ts";
import { type AgentFlags, type LocalAgent, openAgent } from "../agent/open-agent.ts";
import { tellProgress } from "../agent/progress.ts";
import { createTerminalHost } from "../agent/terminal-host.ts";
import type { CommandContext } from "../context.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";
import { readAll, readPiped } from "../input.ts";
import { printable } from "../terminal.ts";

const HINT = 'Try: planport exec "what does this project do?"';

/** Options of {@link exec}. */
export interface ExecOptions extends AgentFlags {
  readonly json?: boolean;
  /** The same under the name that Codex's SDK uses. */
  readonly experimentalJson?: boolean;
  readonly image?: readonly string[];
  readonly outputSchema?: string;
  readonly outputLastMessage?: string;
  readonly ephemeral?: boolean;
  readonly threadSource?: string;
}

/** Which thread goes on. */
export interface ResumeTarget {
  /** Null: the newest of this folder. */
  readonly threadId: string | null;
}

/** Runs the command. */
export async function exec(
  context: CommandContext,
  words: readonly string[],
  options: ExecOptions,
  resume: ResumeTarget | null,
): Promise<ExitCode> {
  const prompt = await readPrompt(context, words);
  const schema = await readSchema(context, options.outputSchema);
  await checkPaths(context, options);
  const asJson = options.json === true || options.experimentalJson === true;
  const output = new Printer(context, asJson);
  const host = createTerminalHost((event) => output.onEvent(event));
  const local = await openAgent(context, { flags: options, host, source: "exec", approvalPolicy: "never" });
  try {
    const thread = await openThread(local, options, resume);
    output.begin(thread, resume !== null || options.ephemeral !== true);
    const images = (options.image ?? []).map(
      (path) => ({ type: "localImage", path: resolve(context.cwd, path) }) as const,
    );
    const input: UserInput[] = [{ type: "text", text: prompt }, ...images];
    const turn = thread.startTurn(input, {}, { outputSchema: schema });
    const stop = (): void => turn.interrupt();
    context.signal.addEventListener("abort", stop, { once: true });
    if (context.signal.aborted) stop();
    await turn.done;
    context.signal.removeEventListener("abort", stop);
    return await output.end(options.outputLastMessage);
  } finally {
    await local.close();
  }
}

async function openThread(local: LocalAgent, options: ExecOptions, resume: ResumeTarget | null): Promise<AgentThread> {
  const { agent, settings, changes } = local;
  if (resume === null)
    return agent.create({
      settings,
      ephemeral: options.ephemeral === true,
      threadSource: options.threadSource ?? "user",
      originator: "codex_exec",
    });
  const threadId = resume.threadId ?? (await newestThread(local));
  return agent.resume(threadId, settings, changes);
}

async function newestThread({ agent, settings }: LocalAgent): Promise<string> {
  const accept = (thread: { readonly meta: { readonly cwd: string } }): boolean => thread.meta.cwd === settings.cwd;
  const { threads } = await agent.store.list({ limit: 1, cursor: null, archived: false, accept });
  const [newest] = threads;
  if (newest === undefined) throw new RequestError("request_invalid", "There is no thread of this folder to resume.");
  return newest.meta.id;
}

/** As the words say, else from standard input; what is piped in beside words follows them. */
async function readPrompt(context: CommandContext, words: readonly string[]): Promise<string> {
  const said = words.length === 1 && words[0] === "-" ? "" : words.join(" ");
  if (said === "" && context.stdin.isTTY) throw new RequestError("request_invalid", `There is no task. ${HINT}`);
  const piped = said === "" ? await readAll(context) : await readPiped(context);
  const prompt = said !== "" && piped.trim() !== "" ? `${said}\n\n<stdin>\n${piped}\n</stdin>` : `${said}${piped}`;
  if (prompt.trim() === "") throw new RequestError("request_invalid", `The task is empty. ${HINT}`);
  return prompt;
}

/** What a flag names and is not there is said before a turn is paid for. */
async function checkPaths({ cwd }: CommandContext, { cd, image = [] }: ExecOptions): Promise<void> {
  if (cd !== undefined) {
    const found = await stat(resolve(cwd, cd)).catch(() => null);
    if (found?.isDirectory() !== true) throw new ConfigError("config_invalid", `--cd: ${cd} is no folder.`);
  }
  for (const path of image)
    await access(resolve(cwd, path), constants.R_OK).catch((error: unknown) => {
      throw new ConfigError("config_invalid", `--image: ${path} cannot be read: ${codeOf(error)}.`);
    });
}

function codeOf(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? "unknown";
}

async function readSchema({ cwd }: CommandContext, path: string | undefined): Promise<JsonObject | null> {
  if (path === undefined) return null;
  const text = await readFile(resolve(cwd, path), "utf8").catch((error: unknown) => {
    throw new ConfigError("config_invalid", `--output-schema: ${path} cannot be read: ${codeOf(error)}.`);
  });
  const schema = tryParseJson(text);
  if (!isJsonObject(schema))
    throw new RequestError("request_invalid", `--output-schema: ${path} holds no JSON object.`);
  return schema;
}

/** A sandbox is called as `--sandbox` takes it. */
function kebab(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

/** Prints what happens: JSON lines, or progress on standard error and the answer on standard output. */
class Printer {
  readonly #context: CommandContext;
  readonly #asJson: boolean;
  #lines = new ExecLines(null);
  #turn: TurnView | null = null;
  #answer = "";
  #resumable: string | null = null;

  constructor(context: CommandContext, asJson: boolean) {
    this.#context = context;
    this.#asJson = asJson;
  }

  /** @param kept Whether the thread can be resumed. */
  begin({ id, usage, settings }: AgentThread, kept: boolean): void {
    if (kept) this.#resumable = id;
    this.#lines = new ExecLines(usage);
    if (this.#asJson) this.#line({ type: "thread.started", thread_id: id });
    else {
      const { err } = this.#context.terminal;
      const where = `${printable(settings.cwd)}, sandbox ${kebab(settings.sandbox.type)}, approvals ${settings.approvalPolicy}`;
      void err.line(err.style.dim(`planport: ${printable(settings.model)} in ${where}, thread ${id}`));
    }
  }

  onEvent(event: AgentEvent): void {
    if (event.type === "item/completed" && event.fields.item.type === "agentMessage")
      this.#answer = event.fields.item.text;
    if (event.type === "turn/completed") this.#turn = event.fields.turn;
    if (this.#asJson) for (const line of this.#lines.linesFor(event)) this.#line(line);
    else tellProgress(event, this.#context.terminal.err);
  }

  async end(outputFile: string | undefined): Promise<ExitCode> {
    const { terminal, signal, cwd } = this.#context;
    if (signal.aborted) {
      const next =
        this.#resumable === null
          ? "."
          : `; to go on, with the same options: planport exec resume ${this.#resumable} "go on"`;
      if (!this.#asJson) await terminal.err.line(`planport: stopped${next}`);
      return EXIT.interrupted;
    }
    if (this.#turn?.status !== "completed") return EXIT.failure;
    if (!this.#asJson) await terminal.out.line(this.#answer);
    if (outputFile !== undefined)
      await writeFile(resolve(cwd, outputFile), this.#answer).catch((error: unknown) => {
        const why = `--output-last-message: ${outputFile} cannot be written: ${codeOf(error)}.`;
        throw new ConfigError("config_invalid", why);
      });
    return EXIT.ok;
  }

  #line(line: JsonObject): void {
    void this.#context.terminal.out.line(JSON.stringify(line));
  }
}
