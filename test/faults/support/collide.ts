/**
 * Many processes that find one expired token at the same time.
 */
import { type Plan, type Report, type Sabotage, Worker } from "./worker.ts";
import type { World } from "./world.ts";

/** What came of it. */
export interface Collision {
  readonly answers: number;
  readonly errors: readonly string[];
  readonly refreshes: number;
  readonly reused: number;
  /** How long each request waited for its token, in milliseconds, sorted. */
  readonly waitsMs: readonly number[];
}

/** Starts the processes, lets them go all at once, and waits for all. */
export async function collide(
  world: World,
  options: { readonly processes: number; readonly requests: number; readonly sabotage: Sabotage | null },
): Promise<Collision> {
  const { simulator } = world;
  const plan: Plan = { ...world.plan, requests: options.requests, sabotage: options.sabotage };
  const workers = Array.from({ length: options.processes }, () => new Worker(plan));
  await Promise.all(workers.map((worker) => worker.ready()));
  for (const worker of workers) worker.goOn();
  const reports: Report[] = await Promise.all(workers.map((worker) => worker.report()));
  const outcomes = reports.flatMap((report) => report.outcomes);
  return {
    answers: outcomes.filter((outcome) => outcome.ok).length,
    errors: outcomes.flatMap((outcome) => (outcome.ok ? [] : `${String(outcome.code)}: ${String(outcome.message)}`)),
    refreshes: simulator.refreshes,
    reused: simulator.reusedRefreshTokens,
    waitsMs: outcomes.map((outcome) => outcome.waitedMs).sort((a, b) => a - b),
  };
}

/** Numbers as they are spread: least, median, 95th of a hundred, most. */
export function spread(sorted: readonly number[]): string {
  const at = (part: number): string =>
    `${(sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))] ?? 0).toFixed(1)} ms`;
  return `least ${at(0)}, median ${at(0.5)}, 95 % ${at(0.95)}, most ${at(1)}`;
}
