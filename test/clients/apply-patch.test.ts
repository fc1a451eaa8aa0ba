/**
 * Our patches against the real Codex's: the same files and the same patch must come out alike.
 */
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { commitPatch } from "../../packages/planport/src/agent/tools/patch/commit.ts";
import { parsePatch } from "../../packages/planport/src/agent/tools/patch/parse.ts";
import { planPatch } from "../../packages/planport/src/agent/tools/patch/plan.ts";
import { codexScript } from "./support/codex.ts";
import { reportNotRun } from "./support/not-run.ts";

type Files = Readonly<Record<string, string>>;

function withFiles<T>(files: Files, use: (folder: string) => T): T {
  const folder = mkdtempSync(path.join(tmpdir(), "planport-apply-"));
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
    writeFileSync(path.join(folder, name), text);
  }
  return use(folder);
}

function readFiles(folder: string): Files {
  const names = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((name) =>
    statSync(path.join(folder, name)).isFile(),
  );
  return Object.fromEntries(names.sort().map((name) => [name, readFileSync(path.join(folder, name), "utf8")]));
}

/** The files afterwards; null when the patch was refused. */
function byCodex(files: Files, patch: string): Files | null {
  return withFiles(files, (folder) => {
    const { status } = spawnSync(process.execPath, [codexScript ?? "", "--codex-run-as-apply-patch", patch], {
      cwd: folder,
    });
    const result = status === 0 ? readFiles(folder) : null;
    rmSync(folder, { recursive: true });
    return result;
  });
}

async function byUs(files: Files, patch: string): Promise<Files | null> {
  return withFiles(files, async (folder) => {
    const parsed = parsePatch(patch);
    const planned = parsed.ok ? await planPatch(parsed.operations, folder) : null;
    const done = planned?.ok === true && (await commitPatch(planned.files, folder)).ok;
    const result = done ? readFiles(folder) : null;
    rmSync(folder, { recursive: true });
    return result;
  });
}

const patch = (...lines: string[]): string => ["*** Begin Patch", ...lines, "*** End Patch"].join("\n");
const text = "import x\n\ndef a():\n    one = 1\n    return one\n\ndef b():\n    one = 1\n    return one\n";

const CASES: Readonly<Record<string, readonly [Files, string]>> = {
  "adds, deletes and updates": [
    { a: "1\n2\n", b: "x\n" },
    patch("*** Add File: d/c", "+n", "*** Delete File: b", "*** Update File: a", "@@", "-2", "+two"),
  ],
  "moves a file it changes": [{ a: "1\n" }, patch("*** Update File: a", "*** Move to: d/b", "@@", "-1", "+2")],
  "narrows by a line of context": [
    { a: text },
    patch("*** Update File: a", "@@ def b():", "-    one = 1", "+    one = 2"),
  ],
  "takes the second of two places in a second chunk": [
    { a: text },
    patch("*** Update File: a", "@@", "-    one = 1", "+    one = 2", "@@", "-    one = 1", "+    one = 3"),
  ],
  "finds lines at the end": [{ a: "x\ny\nx\n" }, patch("*** Update File: a", "@@", "-x", "+z", "*** End of File")],
  "adds lines without context": [{ a: text }, patch("*** Update File: a", "@@ def a():", "+# end")],
  "gives the last line an end": [{ a: "1\n2" }, patch("*** Update File: a", "@@", " 1", "-2", "+3")],
  "takes white space loosely": [{ a: "  if x:   \n\ty\n" }, patch("*** Update File: a", "@@", " if x:", "-y", "+z")],
  "takes typographic characters loosely": [
    { a: "say \u201Chi\u201D \u2013 now\n" },
    patch("*** Update File: a", "@@", '-say "hi" - now', "+x"),
  ],
  "empties a file": [{ a: "1\n" }, patch("*** Update File: a", "@@", "-1")],
  "writes over a file that is there": [{ a: "1\n" }, patch("*** Add File: a", "+2")],
  "reads a here-document": [{ a: "1\n" }, `<<'EOF'\n${patch("*** Delete File: a")}\nEOF`],
  "refuses lines that are not there": [{ a: "1\n" }, patch("*** Update File: a", "@@", "-2", "+3")],
  "refuses context that is not there": [{ a: "1\n" }, patch("*** Update File: a", "@@ nope", "-1", "+3")],
  "refuses a file that is not there": [{}, patch("*** Update File: a", "@@", "-1", "+3")],
  "refuses to delete what is not there": [{}, patch("*** Delete File: a")],
  "refuses an unknown header": [{ a: "1\n" }, patch("*** Frob File: a")],
  "refuses an update of nothing": [{ a: "1\n" }, patch("*** Update File: a")],
  "refuses text around it": [{ a: "1\n" }, `hello\n${patch("*** Delete File: a")}`],
  "refuses a line of no kind": [{ a: "1\n" }, patch("*** Update File: a", "@@", "?1", "+2")],
};

/** How many generated updates are compared; each starts a process. */
const RUNS = 20;
/** The same in each run, so that a run says something of the change that it is for. */
const SEED = 20_261_129;

describe("a patch comes out as by the real Codex", () => {
  if (codexScript === null) return reportNotRun("@openai/codex as apply_patch", "it is not installed");

  test.each(Object.entries(CASES))("when it %s", async (_name, [files, given]) => {
    const theirs = byCodex(files, given);
    expect(await byUs(files, given)).toEqual(theirs);
  });

  test(`for ${RUNS} generated updates`, async () => {
    const line = fc.constantFrom("a", "b", " a", "a ", "", "c\u2019d");
    const body = fc.array(fc.tuple(fc.constantFrom(" ", "-", "+"), line), { minLength: 1, maxLength: 4 });
    const chunk = fc
      .tuple(fc.constantFrom("@@", "@@ a", "@@ b"), body)
      .map(([head, lines]) => [head, ...lines.map(([mark, rest]) => mark + rest)]);
    let fitting = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.array(line, { maxLength: 8 }),
        fc.boolean(),
        fc.array(chunk, { minLength: 1, maxLength: 2 }),
        async (lines, ended, chunks) => {
          const files = { f: lines.join("\n") + (ended ? "\n" : "") };
          const given = patch("*** Update File: f", ...chunks.flat());
          const theirs = byCodex(files, given);
          if (theirs !== null) fitting++;
          expect(await byUs(files, given)).toEqual(theirs);
        },
      ),
      { numRuns: RUNS, seed: SEED },
    );
    expect(fitting).toBeGreaterThan(0);
  });
  return undefined;
});
