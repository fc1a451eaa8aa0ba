/**
 * The table of clients and what was proved of each. The tests leave what they proved in their `meta`, which vitest hands
 * to its main process whatever runs in parallel; there, at the end, the table is printed.
 */
import { COLUMNS, type Column, type Entry, roster, versionOf } from "./roster.ts";

/** What a test leaves about one cell, or about a client that is not there. */
export type Mark = { readonly id: string; readonly column: Column } | { readonly id: string; readonly notRun: string };

/** A mark, and how the test went that left it. */
export interface Finding {
  readonly mark: Mark;
  readonly passed: boolean;
}

declare module "vitest" {
  interface TaskMeta {
    client?: Mark;
  }
}

/** The lines to print, and what is wrong with them. */
export interface Report {
  readonly lines: readonly string[];
  readonly faults: readonly string[];
}

/**
 * Draws the table.
 * @param complete True when all tests were to run: then every client must be there.
 */
export function drawTable(findings: readonly Finding[], complete: boolean, entries = roster): Report {
  const faults: string[] = [];
  const rows = [["client", "version", ...COLUMNS]];
  const reasons: string[] = [];
  for (const entry of entries) {
    const own = findings.filter(({ mark }) => mark.id === entry.id);
    if (own.length === 0) {
      if (complete) faults.push(`${entry.id} was not tested, and nothing says why`);
      continue;
    }
    const missing = own.find(({ mark }) => "notRun" in mark)?.mark;
    const notRun = missing !== undefined && "notRun" in missing ? missing.notRun : null;
    if (notRun !== null) reasons.push(`${entry.id}: not run: ${notRun}`);
    const cells = COLUMNS.map((column) => (notRun === null ? cellOf(entry, column, own, reasons, faults) : ""));
    rows.push([plain(entry.client), versionOf(entry), ...cells]);
  }
  const widths = rows[0]?.map((_, index) => Math.max(...rows.map((row) => row[index]?.length ?? 0))) ?? [];
  const lines = rows.map((row) =>
    row
      .map((text, index) => text.padEnd(widths[index] ?? 0))
      .join("  ")
      .trimEnd(),
  );
  return { lines: rows.length === 1 ? [] : [...lines, ...reasons.map((reason) => `  ${reason}`)], faults };
}

function cellOf(entry: Entry, column: Column, own: readonly Finding[], reasons: string[], faults: string[]): string {
  const cell = entry.cells[column];
  const finding = own.find(({ mark }) => "column" in mark && mark.column === column);
  if (typeof cell !== "string") {
    if (cell.blank.trim() === "") faults.push(`${entry.id}: ${column} is blank without a reason`);
    else reasons.push(`${entry.id}: ${column}: ${cell.blank}`);
    return "";
  }
  if (finding === undefined)
    faults.push(`${entry.id}: ${column} is blank: no test proved it, and roster.json has no reason`);
  return finding === undefined ? "" : finding.passed ? plain(cell) : `FAILED ${plain(cell)}`;
}

function plain(markdown: string): string {
  return markdown.replaceAll("`", "");
}
