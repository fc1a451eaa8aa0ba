/**
 * `planport models`: what the plan offers.
 * @module
 */
import type { ModelInfo } from "../../protocol/index.ts";
import { toJsonText } from "../json-text.ts";
import type { CommandContext } from "../context.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";
import { type BackendOptions, withSession } from "../session.ts";
import { type Output, printable, startSpinner } from "../terminal.ts";

/** Options of {@link models}. */
export interface ModelsOptions extends BackendOptions {
  readonly json?: boolean;
  /** Also hidden models. */
  readonly all?: boolean;
}

/** Runs the command. */
export async function models(context: CommandContext, options: ModelsOptions): Promise<ExitCode> {
  const { terminal, signal } = context;
  return withSession(context, options, async ({ client }) => {
    const spinner = startSpinner(terminal.err, "asking for the models");
    const list = await client.models({ signal }).finally(spinner.stop);
    const shown = list.models
      .filter((model) => options.all === true || model.visibility !== "hide")
      .sort((a, b) => a.priority - b.priority);
    if (options.json === true) {
      const error = list.error === null ? null : { code: list.error.code, message: list.error.message };
      const body = { object: "list", live: list.live, error, data: shown.map(toJson), aliases: list.aliases ?? {} };
      await terminal.out.line(toJsonText(body));
    } else await printModels(shown, list.aliases ?? {}, terminal.out);
    if (!list.live) await warnOfBuiltIn(list.error, terminal.err);
    return EXIT.ok;
  });
}

async function warnOfBuiltIn(error: Error | null, err: Output): Promise<void> {
  const why = error === null ? "" : ` (${printable(error.message).replace(/[.\s]+$/, "")})`;
  await err.line(
    err.style.yellow(
      `planport: the backend could not be asked${why}; this is planport's built-in list, not your plan's.`,
    ),
  );
}

function toJson(model: ModelInfo): Record<string, unknown> {
  return {
    id: model.slug,
    object: "model",
    display_name: model.display_name,
    context_window: model.context_window ?? null,
    reasoning_efforts: effortsOf(model),
    default_reasoning_effort: model.default_reasoning_level ?? null,
    hidden: model.visibility === "hide",
  };
}

async function printModels(
  models: readonly ModelInfo[],
  aliases: Readonly<Record<string, string>>,
  out: Output,
): Promise<void> {
  if (models.length === 0) {
    await out.line("Your plan offers no model.");
    return;
  }
  const { bold, dim } = out.style;
  const width = Math.max(...models.map((model) => printable(model.slug).length));
  await out.line(dim(`${"MODEL".padEnd(width)}  CONTEXT  REASONING EFFORTS`));
  for (const model of models) {
    const slug = printable(model.slug);
    const context = model.context_window == null ? "" : `${Math.round(model.context_window / 1000)}k`;
    const efforts = effortsOf(model)
      .map((effort) => (effort === model.default_reasoning_level ? `${effort}*` : effort))
      .join(" ");
    const hidden = model.visibility === "hide" ? "  hidden" : "";
    await out.line(
      `${bold(slug)}${" ".repeat(width - slug.length)}  ${context.padStart(7)}  ${dim(printable(efforts) + hidden)}`,
    );
  }
  for (const [name, meant] of Object.entries(aliases)) await out.line(`${bold(name)}  ${dim(`means ${meant}`)}`);
  await out.line();
  await out.line(dim("CONTEXT is in tokens (272k: 272,000). * marks the effort that is used when none is named."));
}

function effortsOf(model: ModelInfo): string[] {
  return (model.supported_reasoning_levels ?? []).map(({ effort }) => effort);
}
