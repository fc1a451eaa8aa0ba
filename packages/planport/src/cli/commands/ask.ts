/**
 * `planport ask`: one question, one answer.
 * @module
 */
import { RequestError, UpstreamError } from "../../errors.ts";
import { type CodexEvent, type OutputItemEvent, type ResponsesRequest, isEvent, isItem } from "../../protocol/index.ts";
import type { CodexClient } from "../../upstream/index.ts";
import type { CommandContext } from "../context.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";
import { readAll } from "../input.ts";
import { type BackendOptions, withSession } from "../session.ts";
import { type Output, printable, startSpinner } from "../terminal.ts";

/** Options of {@link ask}. */
export interface AskOptions extends BackendOptions {
  readonly model?: string;
  readonly effort?: string;
  readonly system?: string;
  readonly json?: boolean;
  /** False with `--no-stream`. */
  readonly stream: boolean;
}

/** Runs the command. */
export async function ask(context: CommandContext, words: readonly string[], options: AskOptions): Promise<ExitCode> {
  const { terminal, signal } = context;
  const question = await readQuestion(context, words);
  return withSession(context, options, async ({ client, settings }) => {
    const spinner = startSpinner(terminal.err, "thinking");
    try {
      const model = settings.model.value ?? (await defaultModel(client, signal));
      const showReasoning = terminal.err.isTty && options.json !== true && options.stream;
      const answer = await client.send(buildRequest(question, model, options, showReasoning), { signal });
      const print = options.json === true ? printJson : options.stream ? printStream : printWhole;
      const ending = await print(withoutSpinner(answer.events, spinner.stop), context);
      if (signal.aborted) throw new RequestError("cancelled", "Interrupted.");
      return await reportEnding(ending, context);
    } finally {
      spinner.stop();
    }
  });
}

/**
 * The model to use when nobody named one: the first of the account's list, which the backend sorts by `priority`.
 * @throws {UpstreamError} `model_not_found` when the account has none.
 */
async function defaultModel(client: CodexClient, signal: AbortSignal): Promise<string> {
  const { models } = await client.models({ signal });
  const listed = models.filter((model) => model.visibility === "list").sort((a, b) => a.priority - b.priority);
  const first = listed[0] ?? models[0];
  if (first === undefined) throw new UpstreamError("model_not_found", "Your plan offers no model.");
  return first.slug;
}

async function readQuestion(context: CommandContext, words: readonly string[]): Promise<string> {
  let question = words.join(" ");
  if (words.length === 0 || words.includes("-")) {
    if (words.length === 0 && context.stdin.isTTY)
      throw new RequestError("request_invalid", 'There is no question. Try: planport ask "why is the sky blue?"');
    const input = await readAll(context);
    const before = words.filter((word) => word !== "-").join(" ");
    question = before === "" ? input : `${before}\n\n${input}`;
  }
  if (question.trim() === "") throw new RequestError("request_invalid", "The question is empty.");
  return question;
}

function buildRequest(question: string, model: string, options: AskOptions, showReasoning: boolean): ResponsesRequest {
  const reasoning = {
    ...(options.effort !== undefined && { effort: options.effort }),
    ...(showReasoning && { summary: "auto" }),
  };
  return {
    model,
    input: [{ type: "message", role: "user", content: [{ type: "input_text", text: question }] }],
    stream: true,
    store: false,
    ...(options.system !== undefined && { instructions: options.system }),
    ...(Object.keys(reasoning).length > 0 && { reasoning }),
  };
}

/** Why the answer ended early; null when it is whole. */
type Ending = string | null;

async function* withoutSpinner(events: AsyncIterable<CodexEvent>, stop: () => void): AsyncIterable<CodexEvent> {
  for await (const event of events) {
    // The first events only say that the work has begun.
    if (event.type !== "response.created" && event.type !== "response.in_progress") stop();
    yield event;
  }
}

async function printJson(events: AsyncIterable<CodexEvent>, { terminal }: CommandContext): Promise<Ending> {
  let ending: Ending = null;
  for await (const event of events) {
    await terminal.out.line(JSON.stringify(event));
    ending = endingOf(event) ?? ending;
  }
  return ending;
}

async function printStream(events: AsyncIterable<CodexEvent>, { terminal }: CommandContext): Promise<Ending> {
  const answer = new LineKeeper(terminal.out);
  const thoughts = new LineKeeper(terminal.err);
  const { dim } = terminal.err.style;
  let ending: Ending = null;
  try {
    for await (const event of events) {
      if (isEvent(event, "response.output_text.delta") || isEvent(event, "response.refusal.delta")) {
        await thoughts.end();
        await answer.write(event.delta);
      } else if (isEvent(event, "response.reasoning_summary_text.delta") && terminal.err.isTty) {
        await thoughts.write(event.delta, dim);
      } else if (isEvent(event, "response.output_item.done") && !answer.used) {
        await answer.write(textOf(event)); // A backend that sent no deltas.
      }
      ending = endingOf(event) ?? ending;
    }
  } finally {
    await thoughts.end();
    await answer.end();
  }
  return ending;
}

async function printWhole(events: AsyncIterable<CodexEvent>, { terminal }: CommandContext): Promise<Ending> {
  let text = "";
  let ending: Ending = null;
  for await (const event of events) {
    if (isEvent(event, "response.output_item.done")) text += textOf(event);
    ending = endingOf(event) ?? ending;
  }
  const answer = new LineKeeper(terminal.out);
  await answer.write(text);
  await answer.end();
  return ending;
}

function textOf({ item }: OutputItemEvent): string {
  if (!isItem(item, "message") || typeof item.content === "string") return "";
  return item.content
    .map((part) => (part.type === "output_text" ? part.text : part.type === "refusal" ? part.refusal : ""))
    .join("");
}

function endingOf(event: CodexEvent): Ending {
  if (!isEvent(event, "response.incomplete")) return null;
  return event.response.incomplete_details?.reason ?? "no reason given";
}

async function reportEnding(ending: Ending, { terminal }: CommandContext): Promise<ExitCode> {
  if (ending === null) return EXIT.ok;
  const { err } = terminal;
  await err.line(`${err.style.red("planport:")} the answer was cut short by the backend (${printable(ending)}).`);
  return EXIT.failure;
}

/** Writes text that ends with a line end in any case, and that a terminal cannot be fooled by. */
class LineKeeper {
  readonly #output: Output;
  #last = "\n";
  /** True once something was written. */
  used = false;

  constructor(output: Output) {
    this.#output = output;
  }

  async write(text: string, style: (text: string) => string = (plain) => plain): Promise<void> {
    if (text === "") return;
    this.used = true;
    this.#last = text.at(-1) ?? this.#last;
    await this.#output.write(style(this.#output.isTty ? printable(text) : text));
  }

  async end(): Promise<void> {
    if (this.#last !== "\n") await this.#output.line();
    this.#last = "\n";
  }
}
