/**
 * `planport models`: what the plan offers.
 * @module
 */
import type { ModelInfo } from "../../protocol/index.ts";
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
    const catalogue = await client.models({ signal }).finally(spinner.stop);
    const shown = catalogue.models
      .filter((model) => options.all === true || model.visibility !== "hide")
      .sort((a, b) => a.priority - b.priority);
    if (options.json === true)
      await terminal.out.line(JSON.stringify({ object: "list", data: shown.map(toJson) }, null, 2));
    else await printModels(shown, terminal.out);
    return EXIT.ok;
  });
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

async function printModels(models: readonly ModelInfo[], out: Output): Promise<void> {
  if (models.length === 0) {
    await out.line("Your plan offers no model.");
    return;
  }
  const width = Math.max(...models.map((model) => printable(model.slug).length));
  for (const model of models) {
    const slug = printable(model.slug);
    const context = model.context_window == null ? "" : `${Math.round(model.context_window / 1000)}k`;
    const efforts = effortsOf(model)
      .map((effort) => (effort === model.default_reasoning_level ? `${effort}*` : effort))
      .join(" ");
    const hidden = model.visibility === "hide" ? "  hidden" : "";
    await out.line(
      `${out.style.bold(slug)}${" ".repeat(width - slug.length)}  ${context.padStart(6)}  ${out.style.dim(printable(efforts) + hidden)}`,
    );
  }
}

function effortsOf(model: ModelInfo): string[] {
  return (model.supported_reasoning_levels ?? []).map(({ effort }) => effort);
}
