/**
 * The part of a command's help that shows it in use.
 * @module
 */

/** Lines of examples under their heading. */
export function examples(...lines: string[]): string {
  return `\nExamples:\n${lines.map((line) => `  ${line}`).join("\n")}`;
}
