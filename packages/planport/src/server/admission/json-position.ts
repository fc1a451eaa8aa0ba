/**
 * Where JSON text goes wrong. The engine's own message differs from version to version and quotes the text, which is the
 * user's conversation; this says only where. Runs on text that JSON.parse has refused, so it need not be fast.
 * @module
 */

/** A place in a text. */
export interface JsonFault {
  /** UTF-16 code units from the start; the length of the text when it ends too early. */
  readonly offset: number;
  /** From 1. */
  readonly line: number;
  /** From 1, in UTF-16 code units. */
  readonly column: number;
  /** The text stops before the value is whole. */
  readonly atEnd: boolean;
}

const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const NUMBER_PREFIX = /-?(?:(?:0|[1-9]\d*)(?:\.(?:\d+(?:[eE][+-]?)?)?|[eE][+-]?)?)?/y;
const ESCAPE = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y;
const ESCAPE_PREFIX = /\\(?:u[0-9a-fA-F]{0,3})?/y;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const SPACE = 0x20;
const BLANK = /[ \t\n\r]*/y;
const WORDS = ["true", "false", "null"];

type Wanted = "value" | "valueOrEnd" | "keyOrEnd" | "key" | "colon" | "commaOrEnd" | "nothing";

/** The first place at which no JSON text (RFC 8259) could go on as this one does; null when there is none. */
export function findJsonFault(text: string): JsonFault | null {
  const open: ("}" | "]")[] = [];
  let wanted: Wanted = "value";
  let at = 0;
  for (;;) {
    at = skip(BLANK, text, at);
    if (at >= text.length) return wanted === "nothing" ? null : place(text, text.length);
    const step = take(text, at, wanted, open);
    if (step.fault) return place(text, step.next);
    at = step.next;
    wanted = step.wanted;
  }
}

interface Step {
  readonly next: number;
  readonly wanted: Wanted;
  readonly fault: boolean;
}

function take(text: string, at: number, wanted: Wanted, open: ("}" | "]")[]): Step {
  const char = text[at] ?? "";
  if (char === open.at(-1) && (wanted === "valueOrEnd" || wanted === "keyOrEnd" || wanted === "commaOrEnd")) {
    open.pop();
    return { next: at + 1, wanted: open.length === 0 ? "nothing" : "commaOrEnd", fault: false };
  }
  switch (wanted) {
    case "colon":
      return { next: char === ":" ? at + 1 : at, wanted: "value", fault: char !== ":" };
    case "commaOrEnd":
      return { next: char === "," ? at + 1 : at, wanted: open.at(-1) === "}" ? "key" : "value", fault: char !== "," };
    case "key":
    case "keyOrEnd":
      return char === '"' ? takeString(text, at, "colon") : { next: at, wanted, fault: true };
    case "value":
    case "valueOrEnd":
      return takeValue(text, at, char, open);
    case "nothing":
      break;
  }
  return { next: at, wanted, fault: true };
}

function takeValue(text: string, at: number, char: string, open: ("}" | "]")[]): Step {
  if (char === "{" || char === "[") {
    open.push(char === "{" ? "}" : "]");
    return { next: at + 1, wanted: char === "{" ? "keyOrEnd" : "valueOrEnd", fault: false };
  }
  const after: Wanted = open.length === 0 ? "nothing" : "commaOrEnd";
  if (char === '"') return takeString(text, at, after);
  if (char === "-" || (char >= "0" && char <= "9")) return takeNumber(text, at, after);
  const word = WORDS.find((candidate) => candidate[0] === char);
  if (word === undefined) return { next: at, wanted: after, fault: true };
  let next = at;
  while (next - at < word.length && text[next] === word[next - at]) next += 1;
  return { next, wanted: after, fault: next - at < word.length };
}

function takeNumber(text: string, at: number, wanted: Wanted): Step {
  const next = skip(NUMBER, text, at);
  const furthest = skip(NUMBER_PREFIX, text, at);
  // `1.x`: the whole number `1` matches, yet the text went on as a fraction and failed there.
  if (next > at && furthest <= next) return { next, wanted, fault: false };
  return { next: furthest, wanted, fault: true };
}

/** A loop and not a pattern: over a string of megabytes, a pattern with alternatives would run out of stack. */
function takeString(text: string, at: number, wanted: Wanted): Step {
  let next = at + 1;
  while (next < text.length) {
    const char = text.charCodeAt(next);
    if (char === QUOTE) return { next: next + 1, wanted, fault: false };
    if (char < SPACE) break;
    if (char !== BACKSLASH) {
      next += 1;
      continue;
    }
    const end = skip(ESCAPE, text, next);
    if (end === next) {
      next = skip(ESCAPE_PREFIX, text, next);
      break;
    }
    next = end;
  }
  return { next, wanted, fault: true };
}

function skip(pattern: RegExp, text: string, at: number): number {
  pattern.lastIndex = at;
  return pattern.test(text) ? pattern.lastIndex : at;
}

function place(text: string, offset: number): JsonFault {
  const before = text.slice(0, offset).split(/\r\n|\r|\n/);
  return { offset, line: before.length, column: (before.at(-1)?.length ?? 0) + 1, atEnd: offset >= text.length };
}
