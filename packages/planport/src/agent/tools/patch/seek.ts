/**
 * Where the lines that a patch names stand in a file. Models copy lines by heart, so white space at their ends, then at
 * both ends, then the kinds of dashes, quotes and blanks may differ, in this order; codex-rs/apply-patch is as lenient.
 * @module
 */

const STEPS: readonly ((line: string) => string)[] = [
  (line) => line,
  (line) => line.trimEnd(),
  (line) => line.trim(),
  (line) => plain(line.trim()),
];

/**
 * The first place at or after `from` where all of `wanted` stand in a row. With `atEnd` only the end of the file is looked at.
 * @returns The index of the first line, or null. `from` for an empty `wanted`.
 */
export function seekLines(
  lines: readonly string[],
  wanted: readonly string[],
  from: number,
  atEnd: boolean,
): number | null {
  if (wanted.length === 0) return from;
  const last = lines.length - wanted.length;
  const first = atEnd ? Math.max(from, last) : from;
  for (const step of STEPS) {
    const sought = wanted.map(step);
    for (let at = first; at <= last; at++) {
      if (sought.every((line, index) => step(lines[at + index] ?? "") === line)) return at;
    }
  }
  return null;
}

/** The ASCII characters that stand for a typographic one. */
function plain(line: string): string {
  return line
    .replaceAll(/[\u2010-\u2015\u2212]/g, "-")
    .replaceAll(/[\u2018-\u201B]/g, "'")
    .replaceAll(/[\u201C-\u201F]/g, '"')
    .replaceAll(/[\u00A0\u2002-\u200A\u202F\u205F\u3000]/g, " ");
}
