/**
 * Changes of files as unified diffs.
 * @module
 */
import { createHash } from "node:crypto";
import { structuredPatch } from "diff";

/** A file before and after; null where there is none. */
export interface FileVersions {
  /** With `/` between the names. */
  readonly path: string;
  /** Where it was before, if elsewhere. */
  readonly movedFrom?: string | undefined;
  readonly before: string | null;
  readonly after: string | null;
}

/** Beyond this many changed lines a file is shown as replaced: finding the shortest difference would take minutes. */
const MAX_EDIT_LENGTH = 5_000;
const NO_BLOB = "0".repeat(40);

/** The hunks of a diff, without the header of the file. Empty when nothing changed. */
export function hunksOf(before: string, after: string): string {
  const patch = structuredPatch("a", "b", before, after, undefined, undefined, {
    context: 3,
    maxEditLength: MAX_EDIT_LENGTH,
  });
  const hunks = patch?.hunks ?? [replaceAll(before, after)];
  return hunks
    .map((hunk) => {
      const head = `@@ -${range(hunk.oldStart, hunk.oldLines)} +${range(hunk.newStart, hunk.newLines)} @@`;
      return `${[head, ...hunk.lines].join("\n")}\n`;
    })
    .join("");
}

/** The differences of several files in the form of `git diff`. */
export function gitDiff(files: readonly FileVersions[]): string {
  return files
    .filter(({ before, after, movedFrom }) => before !== after || movedFrom !== undefined)
    .map(fileDiff)
    .join("");
}

function fileDiff({ path, movedFrom, before, after }: FileVersions): string {
  const from = movedFrom ?? path;
  const lines = [`diff --git a/${from} b/${path}`];
  if (before === null) lines.push("new file mode 100644");
  if (after === null) lines.push("deleted file mode 100644");
  if (movedFrom !== undefined) lines.push(`rename from ${movedFrom}`, `rename to ${path}`);
  if (before !== after) {
    lines.push(`index ${blobOf(before)}..${blobOf(after)}`);
    lines.push(before === null ? "--- /dev/null" : `--- a/${from}`, after === null ? "+++ /dev/null" : `+++ b/${path}`);
  }
  return `${lines.join("\n")}\n${hunksOf(before ?? "", after ?? "")}`;
}

/** The id that git would give the content. */
function blobOf(text: string | null): string {
  if (text === null) return NO_BLOB;
  const bytes = Buffer.from(text, "utf8");
  return createHash("sha1").update(`blob ${bytes.length}\0`).update(bytes).digest("hex");
}

/** A range of no lines names the line before it. */
function range(start: number, count: number): string {
  if (count === 1) return String(start);
  return `${count === 0 ? start - 1 : start},${count}`;
}

function replaceAll(
  before: string,
  after: string,
): {
  oldStart: number;
  oldLines: number;
  newStart: number;
  newLines: number;
  lines: string[];
} {
  const old = linesOf(before);
  const fresh = linesOf(after);
  return {
    oldStart: 1,
    oldLines: old.length,
    newStart: 1,
    newLines: fresh.length,
    lines: [...marked(old, "-", before), ...marked(fresh, "+", after)],
  };
}

function linesOf(text: string): string[] {
  const lines = text.split("\n");
  if (lines.at(-1) === "") lines.pop();
  return lines;
}

function marked(lines: readonly string[], mark: string, text: string): string[] {
  const result = lines.map((line) => mark + line);
  if (text !== "" && !text.endsWith("\n")) result.push(String.raw`\ No newline at end of file`);
  return result;
}
