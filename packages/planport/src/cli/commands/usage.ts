/**
 * `planport usage`: how much of the plan is used.
 * @module
 */
import type { UsageSnapshot, UsageWindow } from "../../protocol/index.ts";
import { usageFromBody } from "../../upstream/rate-limits.ts";
import { toJsonText } from "../json-text.ts";
import type { CommandContext } from "../context.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";
import { formatMinutes, formatTime } from "../format.ts";
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
    if (options.json === true) await terminal.out.line(toJsonText(body));
    else await printUsage(usageFromBody(body), terminal.out, Date.now());
    return EXIT.ok;
  });
}

/** Prints the windows of a plan, one line each. */
export async function printUsage(snapshot: UsageSnapshot | null, out: Output, nowMs: number): Promise<void> {
  if (snapshot === null) {
    await out.line("The backend told nothing about this plan's limits.");
    return;
  }
  if (snapshot.planType !== null) await out.line(`plan       ${out.style.bold(printable(snapshot.planType))}`);
  for (const window of [snapshot.primary, snapshot.secondary])
    if (window !== null) await out.line(windowLine(window, out, nowMs));
  const { credits } = snapshot;
  if (credits !== null && (credits.hasCredits || credits.unlimited))
    await out.line(`credits    ${credits.unlimited ? "unlimited" : printable(credits.balance ?? "some")}`);
}

const BAR_CELLS = 20;

function windowLine(window: UsageWindow, out: Output, nowMs: number): string {
  const used = Math.min(100, Math.max(0, window.usedPercent));
  const filled = Math.round((used / 100) * BAR_CELLS);
  const paint = used >= 100 ? out.style.red : used >= 80 ? out.style.yellow : out.style.green;
  const bar = paint("█".repeat(filled)) + out.style.dim("░".repeat(BAR_CELLS - filled));
  const name = window.windowMinutes === null ? "window" : formatMinutes(window.windowMinutes);
  const resets = window.resetsAtMs === null ? "" : `  resets ${formatTime(window.resetsAtMs, nowMs)}`;
  return `${name.padEnd(10)} ${bar} ${`${Math.round(used)}%`.padStart(4)} used${out.style.dim(resets)}`;
}
