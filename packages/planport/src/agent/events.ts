/**
 * What happens in a thread, as it happens: named after the notifications of Codex's app-server protocol and with their fields, so
 * that the app-server passes them on and everything else picks what it needs.
 * @module
 */
import type { UsageSnapshot } from "../protocol/usage.ts";
import type { ThreadItem } from "./items.ts";

/** What went wrong, for programs (`CodexErrorInfo`). */
export type CodexErrorInfo =
  | "contextWindowExceeded"
  | "usageLimitExceeded"
  | "rateLimitExceeded"
  | "serverOverloaded"
  | "internalServerError"
  | "unauthorized"
  | "badRequest"
  | "cyberPolicy"
  | "sandboxError"
  | "other"
  | { httpConnectionFailed: HttpStatusInfo }
  | { responseStreamDisconnected: HttpStatusInfo }
  | { responseTooManyFailedAttempts: HttpStatusInfo };

interface HttpStatusInfo {
  readonly httpStatusCode: number | null;
}

/** What went wrong in a turn. */
export interface TurnError {
  readonly message: string;
  readonly codexErrorInfo: CodexErrorInfo | null;
  readonly additionalDetails: string | null;
  readonly misalignment: null;
}

/** Tokens that were used. */
export interface TokenCounts {
  readonly totalTokens: number;
  readonly inputTokens: number;
  readonly cachedInputTokens: number;
  readonly cacheWriteInputTokens: number;
  readonly outputTokens: number;
  readonly reasoningOutputTokens: number;
}

/** Tokens of a thread: all of them, and those of the last model call. */
export interface ThreadTokenUsage {
  readonly total: TokenCounts;
  readonly last: TokenCounts;
  /** How much of it Codex lets a conversation fill; null for a model that the list does not have. */
  readonly modelContextWindow: number | null;
}

/** How a turn stands. */
export type TurnStatus = "inProgress" | "completed" | "interrupted" | "failed";

/** A turn: a request of a person, and all that came of it. Times in seconds since the epoch. */
export interface TurnView {
  readonly id: string;
  readonly rootTurnId: string;
  readonly status: TurnStatus;
  /** As `itemsView` says: none, the last message, or all. */
  readonly items: readonly ThreadItem[];
  readonly itemsView: "notLoaded" | "summary" | "full";
  readonly error: TurnError | null;
  readonly startedAt: number | null;
  readonly completedAt: number | null;
  readonly durationMs: number | null;
}

/** How a thread stands. */
export type ThreadStatus =
  | { readonly type: "notLoaded" }
  | { readonly type: "idle" }
  | { readonly type: "systemError" }
  | { readonly type: "active"; readonly activeFlags: readonly "waitingOnApproval"[] };

/** Where a person stopped reading. */
export interface ReadState {
  readonly firstUnread: { readonly type: "turn"; readonly turnId: string } | null;
  readonly revision: string;
}

interface InTurn {
  readonly threadId: string;
  readonly turnId: string;
}

interface Delta extends InTurn {
  readonly itemId: string;
  readonly delta: string;
}

/** The fields of each event, by its name. */
export interface AgentEventFields {
  "thread/status/changed": { readonly threadId: string; readonly status: ThreadStatus };
  "thread/name/updated": { readonly threadId: string; readonly threadName: string | null };
  "thread/tokenUsage/updated": InTurn & { readonly tokenUsage: ThreadTokenUsage };
  "thread/readState/changed": { readonly threadId: string; readonly readState: ReadState };
  "turn/started": { readonly threadId: string; readonly turn: TurnView };
  "turn/completed": { readonly threadId: string; readonly turn: TurnView };
  /** All that the turn has changed in files so far. */
  "turn/diff/updated": InTurn & { readonly diff: string };
  "item/started": InTurn & { readonly item: ThreadItem; readonly startedAtMs: number };
  "item/completed": InTurn & {
    readonly item: ThreadItem;
    readonly completedAtMs: number;
    readonly contentTokenCount: null;
  };
  "item/agentMessage/delta": Delta;
  "item/reasoning/summaryPartAdded": InTurn & { readonly itemId: string; readonly summaryIndex: number };
  "item/reasoning/summaryTextDelta": Delta & { readonly summaryIndex: number };
  "item/reasoning/textDelta": Delta & { readonly contentIndex: number };
  "item/commandExecution/outputDelta": Delta;
  /** Not of the protocol in this form: the plan's limits as an answer's headers tell them; null when they tell nothing. */
  "account/rateLimits/updated": { readonly threadId: string; readonly limits: UsageSnapshot | null };
  error: InTurn & { readonly error: TurnError; readonly willRetry: boolean };
}

/** The name of an event. */
export type AgentEventType = keyof AgentEventFields;

/** An event. */
export type AgentEvent = {
  [T in AgentEventType]: { readonly type: T; readonly fields: AgentEventFields[T] };
}[AgentEventType];

/** Takes events, synchronously and in order. */
export type EmitEvent = <T extends AgentEventType>(type: T, fields: AgentEventFields[T]) => void;
