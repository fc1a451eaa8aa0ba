/**
 * Codex's patch format: a text that names files to add, delete, update and move. The format is described by the grammar
 * that Codex sends along with its `apply_patch` tool.
 * @module
 */

/** A run of lines to find in a file, and what to put in their place. */
export interface Chunk {
  /** A line that stands before the lines to find, from `@@ line`; null when the patch names none. */
  readonly context: string | null;
  /** The lines to find, without line ends. */
  readonly oldLines: readonly string[];
  /** What to put in their place: new lines, and by its index each of the lines to find that stays as the file has it. */
  readonly newLines: readonly (string | number)[];
  /** True when the lines to find are the last of the file. */
  readonly atEnd: boolean;
}

/** What becomes of one file. Paths stand as they were written. */
export type FileOperation =
  | { readonly type: "add"; readonly path: string; readonly lines: readonly string[] }
  | { readonly type: "delete"; readonly path: string }
  | {
      readonly type: "update";
      readonly path: string;
      /** The new path; null when the file stays where it is. */
      readonly moveTo: string | null;
      readonly chunks: readonly Chunk[];
    };

/** A patch, or why a text is none. */
export type ParsedPatch =
  | { readonly ok: true; readonly operations: readonly FileOperation[] }
  | {
      readonly ok: false;
      /** Line of the patch, from 1. */
      readonly line: number;
      readonly message: string;
    };

const BEGIN = "*** Begin Patch";
const END = "*** End Patch";
const ADD = "*** Add File: ";
const DELETE = "*** Delete File: ";
const UPDATE = "*** Update File: ";
const MOVE = "*** Move to: ";
const END_OF_FILE = "*** End of File";

class PatchFault extends Error {
  readonly line: number;
  constructor(line: number, message: string) {
    super(message);
    this.line = line;
  }
}

/**
 * Reads a patch. White space around it, a here-document around it (`<<'EOF'`, which models write out of habit) and CRLF
 * line ends are taken off. Never throws.
 */
export function parsePatch(text: string): ParsedPatch {
  const lines = unwrap(text.trim().split(/\r?\n/));
  try {
    return { ok: true, operations: readOperations(lines.lines, lines.offset) };
  } catch (error) {
    if (error instanceof PatchFault) return { ok: false, line: error.line, message: error.message };
    throw error;
  }
}

/** The lines within a here-document, and how many lines stand before them. */
function unwrap(lines: readonly string[]): { readonly lines: readonly string[]; readonly offset: number } {
  const opening = /^<<\s*(['"]?)(\w+)\1$/.exec(lines[0]?.trim() ?? "");
  if (opening === null || lines.length < 3 || lines.at(-1)?.trim() !== opening[2]) return { lines, offset: 0 };
  return { lines: lines.slice(1, -1), offset: 1 };
}

function readOperations(lines: readonly string[], offset: number): FileOperation[] {
  const first = lines[0]?.trim() ?? "";
  if (first !== BEGIN) throw new PatchFault(1 + offset, `the first line of a patch must be '${BEGIN}'`);
  const end = lines.length - 1;
  if (end < 1 || lines[end]?.trim() !== END)
    throw new PatchFault(lines.length + offset, `the last line of a patch must be '${END}'`);
  const reader = new LineReader(lines.slice(1, end), 2 + offset);
  const operations: FileOperation[] = [];
  while (!reader.done) operations.push(readOperation(reader));
  if (operations.length === 0) throw new PatchFault(2 + offset, "the patch changes no file");
  return operations;
}

class LineReader {
  readonly #lines: readonly string[];
  readonly #firstLine: number;
  #at = 0;

  constructor(lines: readonly string[], firstLine: number) {
    this.#lines = lines;
    this.#firstLine = firstLine;
  }

  get done(): boolean {
    return this.#at >= this.#lines.length;
  }

  /** The number of the line that comes next, in the whole patch. */
  get line(): number {
    return this.#firstLine + this.#at;
  }

  peek(): string | undefined {
    return this.#lines[this.#at];
  }

  skip(): void {
    this.#at++;
  }
}

function readOperation(reader: LineReader): FileOperation {
  const { line } = reader;
  const header = (reader.peek() ?? "").trim();
  reader.skip();
  const pathAfter = (marker: string): string => {
    const path = header.slice(marker.length).trim();
    if (path.includes("\0")) throw new PatchFault(line, "a path holds a NUL character");
    return path;
  };
  if (header.startsWith(ADD)) return { type: "add", path: pathAfter(ADD), lines: readAdded(reader) };
  if (header.startsWith(DELETE)) return { type: "delete", path: pathAfter(DELETE) };
  if (!header.startsWith(UPDATE))
    throw new PatchFault(line, `'${header}' is not a header: expected '${ADD}…', '${DELETE}…' or '${UPDATE}…'`);
  const path = pathAfter(UPDATE);
  const moveLine = reader.peek()?.trim() ?? "";
  const moveTo = moveLine.startsWith(MOVE) ? moveLine.slice(MOVE.length).trim() : null;
  if (moveTo !== null) reader.skip();
  const chunks = readChunks(reader, path);
  if (chunks.length === 0 && moveTo === null) throw new PatchFault(line, `the update of '${path}' is empty`);
  return { type: "update", path, moveTo, chunks };
}

function readAdded(reader: LineReader): string[] {
  const lines: string[] = [];
  for (let line = reader.peek(); line?.startsWith("+") === true; line = reader.peek()) {
    lines.push(line.slice(1));
    reader.skip();
  }
  return lines;
}

function readChunks(reader: LineReader, path: string): Chunk[] {
  const chunks: Chunk[] = [];
  for (let line = reader.peek(); line !== undefined; line = reader.peek()) {
    if (line.startsWith("***")) break;
    // Blank lines between chunks carry nothing.
    if (line.trim() === "" && chunks.length > 0) reader.skip();
    else chunks.push(readChunk(reader, path, chunks.length === 0));
  }
  return chunks;
}

function readChunk(reader: LineReader, path: string, isFirst: boolean): Chunk {
  const { line } = reader;
  const head = reader.peek() ?? "";
  const hasHead = head.trimEnd() === "@@" || head.startsWith("@@ ");
  if (!hasHead && !isFirst) throw new PatchFault(line, `expected '@@' before more lines of '${path}', found '${head}'`);
  if (hasHead) reader.skip();
  const context = head.startsWith("@@ ") && head.slice(3).trim() !== "" ? head.slice(3) : null;
  const oldLines: string[] = [];
  const newLines: (string | number)[] = [];
  let atEnd = false;
  for (let next = reader.peek(); next !== undefined && !atEnd; next = reader.peek()) {
    if (next.trimEnd() === END_OF_FILE) atEnd = true;
    // Models leave the blank off where a line of context is empty.
    else if (next === "" || next.startsWith(" ")) newLines.push(oldLines.push(next.slice(1)) - 1);
    else if (next.startsWith("-")) oldLines.push(next.slice(1));
    else if (next.startsWith("+")) newLines.push(next.slice(1));
    else break;
    reader.skip();
  }
  if (oldLines.length + newLines.length === 0) {
    const found = reader.peek();
    throw new PatchFault(
      found === undefined ? line : reader.line,
      found === undefined
        ? `the update of '${path}' ends without a line to change`
        : `unexpected line '${found}' in the update of '${path}': each begins with ' ', '+' or '-'`,
    );
  }
  return { context, oldLines, newLines, atEnd };
}
