/**
 * What `npm run test:faults` passes on.
 */
import type { Sabotage } from "./worker.ts";

const SABOTAGES: readonly Sabotage[] = ["lock", "reread", "fsync", "rename"];

/** The safeguard to do without in this run; null in a usual run. */
export const sabotage: Sabotage | null =
  SABOTAGES.find((name) => name === process.env["PLANPORT_FAULTS_SABOTAGE"]) ?? null;

/** How many kills. */
export const killCount: number = Number(process.env["PLANPORT_FAULTS_KILLS"] ?? 200);

/** Shows a table to whoever runs the tests. */
export function show(title: string, text: string): void {
  process.stdout.write(`\n${title}\n${text}\n`);
}
