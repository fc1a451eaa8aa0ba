/**
 * A text that matches a regular expression, for the expressions people put into schemas: literals, classes, groups,
 * alternatives and counts. Look-arounds and back-references are beyond it.
 * @module
 */

interface Cursor {
  readonly source: string;
  at: number;
}

const CLASS_SAMPLES: Readonly<Record<string, string>> = {
  d: "1",
  w: "a",
  s: " ",
  D: "a",
  W: "-",
  S: "a",
  t: "\t",
  n: "\n",
  r: "\r",
};
const MAX_REPEAT = 1000;

/** A text that the pattern may match; the caller checks, since this reads only the usual subset. */
export function sampleOf(pattern: string): string {
  return alternatives({ source: pattern, at: 0 });
}

function alternatives(cursor: Cursor): string {
  const first = sequence(cursor);
  while (cursor.source[cursor.at] === "|") {
    cursor.at += 1;
    sequence(cursor);
  }
  return first;
}

function sequence(cursor: Cursor): string {
  let out = "";
  while (cursor.at < cursor.source.length && !"|)".includes(cursor.source.charAt(cursor.at))) {
    const atom = readAtom(cursor);
    out += atom.repeat(Math.min(readCount(cursor), MAX_REPEAT));
  }
  return out;
}

function readAtom(cursor: Cursor): string {
  const char = cursor.source.charAt(cursor.at++);
  switch (char) {
    case "^":
    case "$":
      return "";
    case ".":
      return "a";
    case "(":
      return readGroup(cursor);
    case "[":
      return readClass(cursor);
    case "\\":
      return readEscape(cursor);
    default:
      return char;
  }
}

function readGroup(cursor: Cursor): string {
  const head = /^\?(?::|<[A-Za-z]\w*>|[=!]|<[=!])/.exec(cursor.source.slice(cursor.at))?.[0] ?? "";
  cursor.at += head.length;
  const inside = alternatives(cursor);
  cursor.at += 1; // The closing parenthesis.
  return /^\?<?[=!]$/.test(head) ? "" : inside;
}

function readEscape(cursor: Cursor): string {
  const char = cursor.source.charAt(cursor.at++);
  if (char === "b" || char === "B") return "";
  const unicode = char === "p" || char === "P" ? /^\{[^}]*\}/.exec(cursor.source.slice(cursor.at))?.[0] : undefined;
  if (unicode !== undefined) {
    cursor.at += unicode.length;
    return /Lu/.test(unicode) ? "A" : unicode.startsWith("{N") ? "1" : "a";
  }
  return CLASS_SAMPLES[char] ?? char;
}

function readClass(cursor: Cursor): string {
  const negated = cursor.source[cursor.at] === "^";
  if (negated) cursor.at += 1;
  const start = cursor.at;
  let sample: string | null = null;
  while (cursor.at < cursor.source.length && (cursor.source[cursor.at] !== "]" || cursor.at === start)) {
    const char = cursor.source.charAt(cursor.at++);
    const one = char === "\\" ? readEscape(cursor) : char;
    sample ??= one;
  }
  cursor.at += 1; // The closing bracket.
  if (!negated) return sample ?? "";
  const outside = new RegExp(cursor.source.slice(start - 2, cursor.at));
  return ["a", "1", "-", "_", " ", "A"].find((char) => outside.test(char)) ?? "~";
}

/** How often the atom before is to come: the fewest that the count allows, but one where that may be. */
function readCount(cursor: Cursor): number {
  const rest = cursor.source.slice(cursor.at);
  const mark = /^(?:[*+?]|\{\d*,?\d*\})\??/.exec(rest)?.[0];
  if (mark === undefined) return 1;
  cursor.at += mark.length;
  const bounds = /^\{(\d*)(,?)(\d*)\}/.exec(mark);
  if (bounds === null) return mark.startsWith("?") ? 0 : 1;
  return Math.max(Number(bounds[1] || 0), bounds[3] === "0" ? 0 : 1);
}
