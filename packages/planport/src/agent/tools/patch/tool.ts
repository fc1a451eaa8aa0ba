/**
 * `apply_patch`: changes to files of the working folder.
 * @module
 */
import type { CustomTool } from "../../../protocol/responses/item.ts";
import type { FileChangeItem, FileUpdateChange } from "../../items.ts";
import { judgePatch, type Verdict } from "../policy.ts";
import { PROTECTED } from "../sandbox/roots.ts";
import type { LocalTool, ToolContext } from "../types.ts";
import { commitPatch } from "./commit.ts";
import { gitDiff, hunksOf } from "./diff.ts";
import { parsePatch } from "./parse.ts";
import { type PlannedChange, type PlannedFile, planPatch } from "./plan.ts";

/** What is remembered between patches. */
export interface PatchState {
  /** Real paths of files whose changes a person allowed for the rest of the thread. */
  readonly allowed: Set<string>;
  /** By turn: each file that it changed, as it was before, and as it is. */
  readonly turns: Map<string, Map<string, TurnFile>>;
}

/** What a turn made of a file. */
export interface TurnFile {
  readonly relative: string;
  readonly before: string | null;
  readonly after: string | null;
}

/** The patch language in Lark's notation, for models that are held to a grammar. */
const GRAMMAR = [
  "start: first file+ last",
  'first: "*** Begin Patch" LF',
  'last: "*** End Patch" LF?',
  "file: added | deleted | updated",
  'added: "*** Add File: " PATH LF new+',
  'deleted: "*** Delete File: " PATH LF',
  'updated: "*** Update File: " PATH LF moved? body?',
  'moved: "*** Move to: " PATH LF',
  "body: (place | line)+ eof?",
  'place: ("@@" | "@@ " REST) LF',
  'line: ("+" | "-" | " ") REST? LF',
  'new: "+" REST? LF',
  'eof: "*** End of File" LF',
  "PATH: /.+/",
  "REST: /.+/",
  "%import common.LF",
  "",
].join("\n");

const WIRE: CustomTool = {
  type: "custom",
  name: "apply_patch",
  description:
    "Adds, changes, moves and deletes files of the working folder by a patch. Takes the patch itself, not JSON.",
  format: { type: "grammar", syntax: "lark", definition: GRAMMAR },
};

/** The tool. */
export function applyPatch(state: PatchState): LocalTool {
  return {
    wire: WIRE,
    async run({ callId, input }, context) {
      const fromMs = context.now();
      const parsed = parsePatch(input);
      if (!parsed.ok) return { output: `apply_patch verification failed: line ${parsed.line}: ${parsed.message}` };
      const planned = await planPatch(parsed.operations, context.cwd);
      if (!planned.ok) return { output: `apply_patch verification failed: ${planned.message}` };
      const { files, changes } = planned;
      const verdict = judge(state, context, files);
      if (verdict.type === "refuse") return { output: `patch rejected: ${verdict.why}` };
      const item = newItem(callId, changes, fromMs);
      if (verdict.type === "ask") {
        const problem = await ask(state, context, { item, files, why: verdict.why });
        if (problem !== null) return { output: `patch rejected: ${problem}` };
      } else context.started(item);
      const committed = context.signal.aborted
        ? ({ ok: false, message: "the turn has ended" } as const)
        : await commitPatch(files, context.cwd);
      item.status = committed.ok ? "completed" : "failed";
      context.completed(item);
      if (!committed.ok) return { output: outcomeText(1, context.now() - fromMs, `${committed.message}\n`) };
      remember(state, context.turnId, files);
      context.diffChanged(turnDiff(state, context.turnId));
      return { output: outcomeText(0, context.now() - fromMs, summary(changes)) };
    },
  };
}

function judge(state: PatchState, context: ToolContext, files: readonly PlannedFile[]): Verdict {
  const isProtected = ({ relative }: PlannedFile): boolean =>
    relative.split("/").some((name) => (PROTECTED as readonly string[]).includes(name.toLowerCase()));
  return judgePatch({
    approvalPolicy: context.approvalPolicy,
    sandbox: context.sandbox,
    touchesProtected: files.some(isProtected),
    allowed: files.length > 0 && files.every(({ real }) => state.allowed.has(real)),
  });
}

interface Question {
  readonly item: FileChangeItem;
  readonly files: readonly PlannedFile[];
  readonly why: string | null;
}

/** Null when the person said yes; else what the model is told. */
async function ask(state: PatchState, context: ToolContext, { item, files, why }: Question): Promise<string | null> {
  const answer = await context.approve({ kind: "fileChange", item, reason: why, grantRoot: null });
  if (answer === "decline" || answer === "cancel" || answer === "failed") {
    item.status = answer === "failed" ? "failed" : "declined";
    if (!context.signal.aborted) context.completed(item);
    return answer === "failed" ? "the approval request failed" : "rejected by user";
  }
  if (answer === "acceptForSession") for (const { real } of files) state.allowed.add(real);
  return null;
}

function newItem(id: string, changes: readonly PlannedChange[], startedAtMs: number): FileChangeItem {
  return {
    type: "fileChange",
    id,
    changes: changes.map(toldChange),
    status: "inProgress",
    startedAtMs,
    completedAtMs: null,
  };
}

function toldChange({ type, real, movedTo, before, after }: PlannedChange): FileUpdateChange {
  if (type === "add") return { path: real, kind: { type }, diff: after ?? "" };
  if (type === "delete") return { path: real, kind: { type }, diff: before ?? "" };
  return { path: real, kind: { type, move_path: movedTo?.real ?? null }, diff: hunksOf(before ?? "", after ?? "") };
}

function remember({ turns }: PatchState, turnId: string, files: readonly PlannedFile[]): void {
  const turn = turns.get(turnId) ?? new Map<string, TurnFile>();
  turns.set(turnId, turn);
  for (const { real, relative, before, after } of files)
    turn.set(real, { relative, before: turn.has(real) ? (turn.get(real)?.before ?? null) : before, after });
}

function turnDiff({ turns }: PatchState, turnId: string): string {
  const files = [...(turns.get(turnId)?.values() ?? [])];
  files.sort((a, b) => (a.relative < b.relative ? -1 : 1));
  return gitDiff(files.map(({ relative, before, after }) => ({ path: relative, before, after })));
}

/** What models know from Codex: the files, by what was done to them. */
function summary(changes: readonly PlannedChange[]): string {
  const letters = { add: "A", update: "M", delete: "D" } as const;
  const lines = (["add", "update", "delete"] as const).flatMap((type) =>
    changes
      .filter((change) => change.type === type)
      .map(({ relative, movedTo }) => `${letters[type]} ${(movedTo ?? { relative }).relative}`),
  );
  return `Success. Updated the following files:\n${lines.join("\n")}\n`;
}

function outcomeText(exitCode: number, tookMs: number, text: string): string {
  return `Exit code: ${exitCode}\nWall time: ${(tookMs / 1000).toFixed(1)} seconds\nOutput:\n${text}`;
}
