/**
 * `planport usage`: how much of the plan is used, and what blocks it.
 * @module
 */
import { type PlanUsage, type PlanWindow, planUsage, toUsageDocument } from "../../upstream/plan-limits.ts";
import { toJsonText } from "../json-text.ts";
import type { CommandContext } from "../context.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";
import { formatTime } from "../format.ts";
import { type BackendOptions, withSession } from "../session.ts";
import { type Output, printable, startSpinner } from "../terminal.ts";

/** Options of {@link usage}. */
export interface UsageOptions extends BackendOptions {
  readonly json?: boolean;
}

/** Runs the command. */
export async function usage(context: CommandContext, options: UsageOptions): Promise<ExitCode> {
  const { terminal, signal } = context;
  return withSession(context, options, async ({ client }) => {
    const spinner = startSpinner(terminal.err, "asking for the plan's usage");
    const body = await client.usage({ signal }).finally(spinner.stop);
    const nowMs = Date.now();
    const read = planUsage(body, nowMs);
    if (options.json === true) await terminal.out.line(toJsonText({ ...toUsageDocument(read, nowMs), raw: body }));
    else await printUsage(read, terminal.out, nowMs);
    return EXIT.ok;
  });
}

/** Prints the windows of a plan, one line each, then what blocks it and until when. */
export async function printUsage(usage: PlanUsage, out: Output, nowMs: number): Promise<void> {
  const { planType, limits, credits, allowed } = usage;
  const [main, ...others] = limits;
  if (main === undefined) {
    await out.line("The backend told nothing about this plan's limits.");
    return;
  }
  if (planType !== null) await out.line(`plan       ${out.style.bold(printable(planType))}`);
  for (const window of main.windows) await out.line(windowLine(window, out, nowMs));
  if (credits !== null && (credits.hasCredits || credits.unlimited))
    await out.line(`credits    ${credits.unlimited ? "unlimited" : printable(credits.balance ?? "some")}`);
  if (main.blockedBy !== null) await out.line(blockedLine(main.blockedBy, allowed, out, nowMs));
  for (const { id, windows } of others) {
    await out.line(out.style.dim(`limit ${printable(id)}`));
    for (const window of windows) await out.line(windowLine(window, out, nowMs));
  }
}

function blockedLine({ name, resetsAtMs }: PlanWindow, allowed: boolean, out: Output, nowMs: number): string {
  const until = resetsAtMs === null ? "" : `; it resets ${formatTime(resetsAtMs, nowMs)}`;
  if (allowed) return out.style.yellow(`used up    the ${name} limit; credits pay for what comes${until}`);
  return out.style.red(`blocked    by the ${name} limit${until}`);
}

const BAR_CELLS = 20;

function windowLine(window: PlanWindow, out: Output, nowMs: number): string {
  const used = Math.min(100, Math.max(0, window.usedPercent));
  const filled = Math.round((used / 100) * BAR_CELLS);
  const paint = used >= 100 ? out.style.red : used >= 80 ? out.style.yellow : out.style.green;
  const bar = paint("█".repeat(filled)) + out.style.dim("░".repeat(BAR_CELLS - filled));
  const resets = window.resetsAtMs === null ? "" : `  resets ${formatTime(window.resetsAtMs, nowMs)}`;
  return `${window.name.padEnd(10)} ${bar} ${`${Math.round(used)}%`.padStart(4)} used${out.style.dim(resets)}`;
}
