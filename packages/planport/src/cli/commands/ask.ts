/**
 * `planport ask`: one question, one answer.
 * @module
 */
import { RequestError, UpstreamError } from "../../errors.ts";
import { type CodexEvent, type OutputItemEvent, type ResponsesRequest, isEvent, isItem } from "../../protocol/index.ts";
import { findModelName } from "../../translate/model-names.ts";
import type { CodexClient } from "../../upstream/index.ts";
import type { CommandContext } from "../context.ts";
import { defaultModel } from "../default-model.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";
import { readAll, readPiped } from "../input.ts";
import { type BackendOptions, withSession } from "../session.ts";
import { type Output, printable, startSpinner, withoutControls } from "../terminal.ts";

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
  assertNotBlank("-m, --model", options.model);
  assertNotBlank("--effort", options.effort);
  const question = await readQuestion(context, words);
  return withSession(context, options, async ({ client, settings }) => {
    const spinner = startSpinner(terminal.err, "thinking");
    try {
      const model = await chooseModel(client, settings.model.value, options, signal);
      const showReasoning = terminal.err.isTty && options.json !== true && options.stream;
      const answer = await client.send(buildRequest(question, model, options, showReasoning), {
        signal,
        onRetry: (error) => spinner.update(`${printable(error.message)} Trying again`),
      });
      const print = options.json === true ? printJson : options.stream ? printStream : printWhole;
      const ending = await print(withoutSpinner(answer.events, spinner.stop), context);
      if (signal.aborted) throw new RequestError("cancelled", "Interrupted.");
      return await reportEnding(ending, context);
    } finally {
      spinner.stop();
    }
  });
}

/** An empty value is most likely a shell variable that is not set; the backend would only see that it is odd. */
function assertNotBlank(flag: string, value: string | undefined): void {
  if (value?.trim() === "")
    throw new RequestError("request_invalid", `${flag} is empty: give it a value, or leave it out.`);
}

/**
 * The model to ask: the one that was named, else the first of the account's list.
 * @throws {UpstreamError} `model_not_found` when the account has none.
 * @throws {RequestError} `request_invalid` for an effort that the model does not list.
 */
async function chooseModel(
  client: CodexClient,
  named: string | null,
  { effort }: AskOptions,
  signal: AbortSignal,
): Promise<string> {
  if (named !== null && effort === undefined) return named;
  const list = await client.models({ signal });
  const slug = named ?? defaultModel(list);
  if (slug === null) throw new UpstreamError("model_not_found", "Your plan offers no model.");
  const { aliases } = list;
  const levels = (findModelName(slug, list, { aliases })?.model?.supported_reasoning_levels ?? []).map(
    (level) => level.effort,
  );
  // A model that the list does not have, or that lists nothing, is the backend's to judge.
  if (effort !== undefined && levels.length > 0 && !levels.includes(effort))
    throw new RequestError(
      "request_invalid",
      `--effort "${effort}" is not one that ${slug} offers: ${levels.join(", ")}.`,
    );
  return slug;
}

async function readQuestion(context: CommandContext, words: readonly string[]): Promise<string> {
  if (words.length === 0 && context.stdin.isTTY)
    throw new RequestError("request_invalid", 'There is no question. Try: planport ask "why is the sky blue?"');
  // Elsewhere a dash is a word like others: what is 5 - 3.
  const dashed = words.at(-1) === "-";
  const asked = (dashed ? words.slice(0, -1) : words).join(" ");
  const input = words.length === 0 || dashed ? await readAll(context) : await readPiped(context);
  const question = [asked, input].filter((part) => part.trim() !== "").join("\n\n");
  if (question === "")
    throw new RequestError("request_invalid", 'The question is empty. Try: planport ask "why is the sky blue?"');
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
    await this.#output.write(style(this.#output.isTty ? withoutControls(text) : text));
  }

  async end(): Promise<void> {
    if (this.#last !== "\n") await this.#output.line();
    this.#last = "\n";
  }
}
