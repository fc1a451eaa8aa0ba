/**
 * The text of a file after an update.
 * @module
 */
import type { Chunk } from "./parse.ts";
import { seekLines } from "./seek.ts";

/** The new text, or which lines could not be found. */
export type Edited = { readonly ok: true; readonly text: string } | { readonly ok: false; readonly message: string };

interface Replacement {
  readonly at: number;
  readonly remove: number;
  /** New lines, and by its index each of those removed that stays. */
  readonly insert: readonly (string | number)[];
}

/**
 * Applies the chunks of an update to a text, each after the one before. Lines that are not touched keep their bytes; new ones get the
 * line end (LF or CRLF) that most lines have, and the last line gets one.
 */
export function editText(text: string, chunks: readonly Chunk[], name: string): Edited {
  const raw = text.split("\n");
  if (raw.at(-1) === "") raw.pop();
  const lines = raw.map((line) => (line.endsWith("\r") ? line.slice(0, -1) : line));
  const replacements: Replacement[] = [];
  let from = 0;
  for (const chunk of chunks) {
    if (chunk.context !== null) {
      const at = seekLines(lines, [chunk.context], from, false);
      if (at === null) return { ok: false, message: `Failed to find context '${chunk.context}' in ${name}` };
      from = at + 1;
    }
    const placed = place(lines, chunk, from);
    if (placed === null)
      return { ok: false, message: `Failed to find expected lines in ${name}:\n${chunk.oldLines.join("\n")}` };
    replacements.push(placed);
    if (chunk.oldLines.length > 0) from = placed.at + placed.remove;
  }
  const carriageReturns = raw.filter((line) => line.endsWith("\r")).length;
  const edited = replaceLines(raw, replacements, carriageReturns * 2 > raw.length ? "\r" : "");
  return { ok: true, text: edited.length === 0 ? "" : `${edited.join("\n")}\n` };
}

function place(lines: readonly string[], chunk: Chunk, from: number): Replacement | null {
  // Lines without any to find go to the end, as in Codex, whatever context was named.
  if (chunk.oldLines.length === 0) return { at: lines.length, remove: 0, insert: chunk.newLines };
  const at = seekLines(lines, chunk.oldLines, from, chunk.atEnd);
  if (at !== null) return { at, remove: chunk.oldLines.length, insert: chunk.newLines };
  // A last empty line stands for the line end of the file, which is no line here.
  if (chunk.oldLines.at(-1) !== "") return null;
  const shorter = chunk.oldLines.slice(0, -1);
  const found = seekLines(lines, shorter, from, chunk.atEnd);
  if (found === null) return null;
  const last = chunk.newLines.at(-1);
  const whole = last === "" || last === shorter.length ? chunk.newLines.slice(0, -1) : chunk.newLines;
  const insert = whole.map((line) => (line === shorter.length ? "" : line)); // There is no such line to keep.
  return { at: found, remove: shorter.length, insert };
}

/** Replacements never overlap: each was sought behind the one before it, and additions are at the end. */
function replaceLines(raw: readonly string[], replacements: readonly Replacement[], carriageReturn: string): string[] {
  const order = [...replacements].sort((a, b) => a.at - b.at); // A stable sort: additions stay in their order.
  const result: string[] = [];
  let at = 0;
  for (const replacement of order) {
    for (; at < replacement.at; at++) result.push(raw[at] ?? "");
    for (const line of replacement.insert)
      result.push(typeof line === "number" ? (raw[replacement.at + line] ?? "") : line + carriageReturn);
    at = replacement.at + replacement.remove;
  }
  for (; at < raw.length; at++) result.push(raw[at] ?? "");
  return result;
}
