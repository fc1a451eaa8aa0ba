/**
 * What a local tool is to the engine. A tool says how the model is told of it, and runs calls; while one runs, it tells of itself by
 * items: it makes the item, the engine announces it, keeps it in the thread and cares for the order of things.
 * @module
 */
import type { ContentPart, CustomTool, FunctionTool } from "../../protocol/responses/item.ts";
import type { CommandAction, CommandExecutionItem, FileChangeItem } from "../items.ts";
import type { ApprovalPolicy, SandboxPolicy } from "../policy.ts";

/** A call that the model made. */
export interface ToolCall {
  /** Becomes the item's id. */
  readonly callId: string;
  readonly name: string;
  /** The arguments of a function as JSON text that nobody has parsed, or the text that a freeform tool takes. */
  readonly input: string;
}

/** What goes back to the model. A call that failed has an output too: the words that say why. */
export interface ToolOutcome {
  readonly output: string | ContentPart[];
}

/** The items that local tools make. */
export type ToolItem = CommandExecutionItem | FileChangeItem;

/** A question whether a command may run. */
export interface CommandApproval {
  readonly kind: "command";
  readonly item: CommandExecutionItem;
  /** What the model says it is for. */
  readonly reason: string | null;
  readonly commandActions: readonly CommandAction[];
  /** Prefix of commands that need not be asked about again if the person says so. */
  readonly proposedExecpolicyAmendment: readonly string[];
  /** In the order in which they are offered. */
  readonly availableDecisions: readonly ApprovalDecision[];
}

/** A question whether files may be changed. */
export interface FileChangeApproval {
  readonly kind: "fileChange";
  readonly item: FileChangeItem;
  readonly reason: string | null;
  /** A folder below which nothing need be asked any more, if the person says so. */
  readonly grantRoot: string | null;
}

/** Anything a tool asks a person. */
export type ApprovalRequest = CommandApproval | FileChangeApproval;

/** What a person may answer. `decline`: the model is told and goes on. `cancel`: the turn ends, by the engine. */
export type ApprovalDecision =
  | "accept"
  | "acceptForSession"
  | "decline"
  | "cancel"
  | { acceptWithExecpolicyAmendment: { execpolicy_amendment: string[] } };

/**
 * What came of a question. `failed`: nobody could be asked, or the answer was none. After all but the accepting ones the tool
 * completes its item (`declined` for decline and cancel, `failed` for failed) and gives the model an output.
 */
export type ApprovalOutcome = ApprovalDecision | "failed";

/** What a tool is given to run a call. Everything it tells is told at once, in that order. */
export interface ToolContext {
  readonly threadId: string;
  readonly turnId: string;
  /** The thread's working folder, absolute. */
  readonly cwd: string;
  /** The turn ends: kill what runs, and return or throw soon. */
  readonly signal: AbortSignal;
  readonly sandbox: SandboxPolicy;
  readonly approvalPolicy: ApprovalPolicy;
  /** The variables that commands inherit. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Announces an item that began. */
  started(item: ToolItem): void;
  /** Output of a command as it comes. */
  output(item: CommandExecutionItem, delta: string): void;
  /** Announces the item's end; `completedAtMs` is set when it is null. */
  completed(item: ToolItem): void;
  /**
   * Asks a person. An item that was not announced yet is announced on the way, in the order in which Codex does it. Never
   * rejects: when the turn ends meanwhile, it resolves to `cancel`.
   */
  approve(request: ApprovalRequest): Promise<ApprovalOutcome>;
  /** Tells all that the turn has changed in files so far, as one unified diff in git's format. */
  diffChanged(unifiedDiff: string): void;
  /** Runs another tool of the same toolbox, for tools that are made of calls to others. Rejects for a name that is not there. */
  call(call: ToolCall): Promise<ToolOutcome>;
}

/** A tool that runs here. */
export interface LocalTool {
  /** How the model is told of it: a function, or freeform with a grammar. Its `name` is what calls name. */
  readonly wire: FunctionTool | CustomTool;
  /**
   * Runs one call. Bad arguments, failures and refusals are outputs. A throw is told to the model as one line of text, unless the
   * turn was aborted.
   */
  run(call: ToolCall, context: ToolContext): Promise<ToolOutcome>;
}

/** The tools of one thread and what they keep between calls: running processes, what was allowed for the session. */
export interface Toolbox {
  readonly tools: readonly LocalTool[];
  /** A turn ended: whatever may not outlive it is killed. */
  turnEnded(turnId: string): void;
  /** The thread ends: kills what still runs. */
  close(): Promise<void>;
}

/** Makes the toolbox of a thread. */
export type CreateToolbox = (thread: { readonly threadId: string; readonly cwd: string }) => Toolbox;
