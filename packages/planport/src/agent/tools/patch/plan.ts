/**
 * What a patch does to the files of a folder, before anything is written.
 * @module
 */
import { readFile, realpath, stat } from "node:fs/promises";
import { confine } from "./confine.ts";
import { editText } from "./edit.ts";
import type { FileOperation } from "./parse.ts";

/** What becomes of one file. */
export interface PlannedFile {
  /** Absolute, with every symbolic link followed. */
  readonly real: string;
  /** Below the working folder, with `/` between the names. */
  readonly relative: string;
  /** Null for a file that is not there. */
  readonly before: string | null;
  /** Null for a file that goes. */
  readonly after: string | null;
  /** Access of the file it was, or of the one it was moved from; null for a new one. */
  readonly mode: number | null;
}

/** One operation of the patch, as it will be told. */
export interface PlannedChange {
  readonly type: "add" | "delete" | "update";
  readonly real: string;
  readonly relative: string;
  /** The new place of a file that is moved. */
  readonly movedTo: { readonly real: string; readonly relative: string } | null;
  readonly before: string | null;
  readonly after: string | null;
}

/** A patch that fits, or why it does not. */
export type PlannedPatch =
  | {
      readonly ok: true;
      readonly files: readonly PlannedFile[];
      readonly changes: readonly PlannedChange[];
    }
  | { readonly ok: false; readonly message: string };

/** Larger files are no text that a model edits. */
const MAX_FILE_BYTES = 32 * 1024 * 1024;

interface Place {
  readonly real: string;
  readonly relative: string;
}

interface Entry {
  readonly relative: string;
  readonly before: string | null;
  after: string | null;
  mode: number | null;
}

class Refused extends Error {}

/**
 * Reads what the patch touches and works out the new texts. Later operations see what earlier ones did.
 * @param cwd The working folder: nothing outside it is read or written.
 */
export async function planPatch(operations: readonly FileOperation[], cwd: string): Promise<PlannedPatch> {
  try {
    const planner = new Planner(await realpath(cwd));
    const changes: PlannedChange[] = [];
    for (const operation of operations) changes.push(await planner.plan(operation));
    return { ok: true, changes, files: planner.files() };
  } catch (error) {
    if (error instanceof Refused) return { ok: false, message: error.message };
    const { code } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    return { ok: false, message: `${(error as NodeJS.ErrnoException).path ?? cwd}: ${code}` };
  }
}

class Planner {
  readonly #root: string;
  readonly #entries = new Map<string, Entry>();

  constructor(root: string) {
    this.#root = root;
  }

  files(): PlannedFile[] {
    return [...this.#entries]
      .map(([real, entry]) => ({ real, ...entry }))
      .filter(({ before, after }) => before !== after);
  }

  async plan(operation: FileOperation): Promise<PlannedChange> {
    const place = await this.#place(operation.path);
    const entry = await this.#entry(place);
    const before = entry.after;
    if (operation.type === "add") {
      entry.after = operation.lines.map((line) => `${line}\n`).join("");
      return { type: "add", ...place, movedTo: null, before, after: entry.after };
    }
    if (before === null) throw new Refused(`${operation.path}: there is no such file to ${operation.type}`);
    if (operation.type === "delete") {
      entry.after = null;
      return { type: "delete", ...place, movedTo: null, before, after: null };
    }
    const edited = editText(before, operation.chunks, place.real);
    if (!edited.ok) throw new Refused(edited.message);
    const moved = operation.moveTo === null ? place : await this.#place(operation.moveTo);
    if (moved.real === place.real) {
      entry.after = edited.text;
      return { type: "update", ...place, movedTo: null, before, after: edited.text };
    }
    const target = await this.#entry(moved);
    target.mode = entry.mode;
    target.after = edited.text;
    entry.after = null;
    return { type: "update", ...place, movedTo: moved, before, after: edited.text };
  }

  async #place(written: string): Promise<Place> {
    const confined = await confine(this.#root, written);
    if (!confined.ok) throw new Refused(confined.message);
    return { real: confined.real, relative: confined.relative };
  }

  async #entry({ real, relative }: Place): Promise<Entry> {
    const known = this.#entries.get(real);
    if (known !== undefined) return known;
    const found = await readText(real);
    const entry: Entry = {
      relative,
      before: found?.text ?? null,
      after: found?.text ?? null,
      mode: found?.mode ?? null,
    };
    this.#entries.set(real, entry);
    return entry;
  }
}

/**
 * A file's text and access; null when there is none.
 * @throws The system's error, and {@link Refused} for what is no text file.
 */
async function readText(file: string): Promise<{ readonly text: string; readonly mode: number } | null> {
  let facts;
  try {
    facts = await stat(file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw error;
  }
  if (!facts.isFile()) throw new Refused(`${file}: is not a file`);
  if (facts.size > MAX_FILE_BYTES) throw new Refused(`${file}: is larger than ${MAX_FILE_BYTES} bytes`);
  try {
    // A byte order mark is kept as the first character.
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(await readFile(file));
    return { text, mode: facts.mode & 0o7777 };
  } catch (error) {
    if (error instanceof TypeError) throw new Refused(`${file}: is not UTF-8 text`);
    throw error;
  }
}
