/**
 * What a thread is made of, in the shapes and words of Codex's app-server protocol (`ThreadItem`): the app-server sends them as
 * they are.
 * @module
 */
import type { JsonObject } from "../protocol/json.ts";

/** When an item began and ended, in milliseconds since the epoch. */
interface ItemTimes {
  startedAtMs: number;
  completedAtMs: number | null;
}

/** One piece of what a person says in a turn. Unknown kinds pass through. */
export type UserInput =
  | { type: "text"; text: string; text_elements?: unknown[] }
  | { type: "image"; url: string; detail?: string }
  | { type: "localImage"; path: string; detail?: string }
  | (JsonObject & { type: string });

/** What a person said. */
export interface UserMessageItem extends ItemTimes {
  type: "userMessage";
  id: string;
  clientId: string | null;
  content: UserInput[];
}

/** What the model said. */
export interface AgentMessageItem extends ItemTimes {
  type: "agentMessage";
  id: string;
  text: string;
  /** `commentary` or `final_answer` on newer models. */
  phase: string | null;
  delivery: null;
  memoryCitation: null;
  moderation: null;
  questions: null;
}

/** What the model thought, as far as it shows that. */
export interface ReasoningThreadItem extends ItemTimes {
  type: "reasoning";
  id: string;
  summary: string[];
  content: string[];
}

/** How a command that ran, or was to run, stands. */
export type CommandStatus = "inProgress" | "completed" | "failed" | "declined";

/** What a command does, as far as its text tells. */
export type CommandAction =
  | { type: "read"; command: string; name: string; path: string }
  | { type: "listFiles"; command: string; path: string | null }
  | { type: "search"; command: string; query: string | null; path: string | null }
  | { type: "unknown"; command: string };

/** A command of the shell. Its id is the call's. */
export interface CommandExecutionItem extends ItemTimes {
  type: "commandExecution";
  id: string;
  /** As a person would type it, shell included: `/bin/bash -lc 'ls'`. */
  command: string;
  commandActions: CommandAction[];
  cwd: string;
  /** Null until the process runs. */
  processId: string | null;
  /** `agent` until the process runs, then `unifiedExecStartup`. */
  source: "agent" | "unifiedExecStartup" | "unifiedExecInteraction" | "userShell";
  status: CommandStatus;
  aggregatedOutput: string | null;
  exitCode: number | null;
  durationMs: number | null;
  pluginId: null;
  scriptPath: null;
}

/** A file that a patch changes. */
export interface FileUpdateChange {
  /** Absolute. */
  path: string;
  kind: { type: "add" } | { type: "delete" } | { type: "update"; move_path: string | null };
  /** Of an added or deleted file its whole content, else a unified diff without its file header. */
  diff: string;
}

/** A patch to files. Its id is the call's. */
export interface FileChangeItem extends ItemTimes {
  type: "fileChange";
  id: string;
  changes: FileUpdateChange[];
  status: CommandStatus;
}

/** A piece of what a dynamic tool gave back. */
export type DynamicToolContent = { type: "inputText"; text: string } | { type: "inputImage"; imageUrl: string };

/** A call of a tool that the parent program runs. Its id is the call's. */
export interface DynamicToolCallItem extends ItemTimes {
  type: "dynamicToolCall";
  id: string;
  namespace: string | null;
  tool: string;
  arguments: unknown;
  status: "inProgress" | "completed" | "failed";
  contentItems: DynamicToolContent[] | null;
  success: boolean | null;
  durationMs: number | null;
}

/** An item of a thread. */
export type ThreadItem =
  | UserMessageItem
  | AgentMessageItem
  | ReasoningThreadItem
  | CommandExecutionItem
  | FileChangeItem
  | DynamicToolCallItem;
