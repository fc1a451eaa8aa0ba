/**
 * Writes a planned patch: all of it, or nothing.
 * @module
 */
import { randomBytes } from "node:crypto";
import * as fs from "node:fs/promises";
import path from "node:path";
import { isBelow } from "./confine.ts";
import type { PlannedFile } from "./plan.ts";

/** The file operations used, so that tests can make each of them fail. */
export type CommitFs = Pick<
  typeof fs,
  "chmod" | "mkdir" | "readFile" | "realpath" | "rename" | "rmdir" | "unlink" | "writeFile"
>;

/** That it is written, or why nothing was. */
export type Committed = { readonly ok: true } | { readonly ok: false; readonly message: string };

/** What is undone, last first, when a later step fails. */
type Undo = () => Promise<unknown>;

/**
 * Writes new texts beside their files first, and only then puts one after the other in its place. When a step fails, those before it are
 * undone. A file that somebody else changed since the plan was made is a reason not to begin.
 *
 * A crash between two renames leaves a part: no file system replaces several files at once.
 */
export async function commitPatch(files: readonly PlannedFile[], cwd: string, io: CommitFs = fs): Promise<Committed> {
  const undo: Undo[] = [];
  try {
    const root = await io.realpath(cwd);
    for (const file of files) await assertUnchanged(io, file);
    const ready: { readonly file: PlannedFile; readonly temporary: string }[] = [];
    for (const file of files) {
      const temporary = await writeBeside(io, root, file, undo);
      if (temporary !== null) ready.push({ file, temporary });
    }
    for (const { file, temporary } of ready) {
      await io.rename(temporary, file.real);
      undo.push(() => restore(io, file));
    }
    for (const file of files)
      if (file.after === null) {
        await io.unlink(file.real);
        undo.push(() => restore(io, file));
      }
    return { ok: true };
  } catch (error) {
    for (const step of undo.toReversed()) await step().catch(() => {}); // The first fault is the one to tell.
    return { ok: false, message: describe(error) };
  }
}

class Changed extends Error {}

async function assertUnchanged(io: CommitFs, file: PlannedFile): Promise<void> {
  const now = await io.readFile(file.real, "utf8").catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw error;
  });
  if (now !== file.before) throw new Changed(`${file.real}: was changed by somebody else meanwhile`);
}

/** The temporary file with the new text, or null when there is none to write. */
async function writeBeside(io: CommitFs, root: string, file: PlannedFile, undo: Undo[]): Promise<string | null> {
  if (file.after === null) return null;
  const folder = path.dirname(file.real);
  const made = await io.mkdir(folder, { recursive: true });
  if (made !== undefined) undo.push(() => removeEmpty(io, made, folder));
  // Somebody may have put a symbolic link there since the path was judged.
  const real = await io.realpath(folder);
  if (real !== root && !isBelow(path.relative(root, real)))
    throw new Changed(`${folder}: leads out of the working folder`);
  const temporary = path.join(folder, `.patch-${randomBytes(6).toString("hex")}.tmp`);
  undo.push(() => io.unlink(temporary));
  await io.writeFile(temporary, file.after, { flag: "wx" });
  if (file.mode !== null) await io.chmod(temporary, file.mode);
  return temporary;
}

async function restore(io: CommitFs, file: PlannedFile): Promise<void> {
  if (file.before === null) return io.unlink(file.real);
  await io.writeFile(file.real, file.before);
  if (file.mode !== null) await io.chmod(file.real, file.mode);
}

/** Removes the folders that were made, from the innermost up to `first`. */
async function removeEmpty(io: CommitFs, first: string, innermost: string): Promise<void> {
  for (let folder = innermost; ; folder = path.dirname(folder)) {
    await io.rmdir(folder);
    if (folder === first || folder === path.dirname(folder)) return;
  }
}

function describe(error: unknown): string {
  const { code, path: file, message } = error as NodeJS.ErrnoException;
  if (code === undefined) return message;
  return `${file ?? "the patch"}: ${code}`;
}
