/**
 * Types of the protocol (turns), made from the protocol's schemas by `npm run protocol`.
 * @module
 */
import type { ThreadItem, UserInput } from "./items.ts";

/** `AskForApproval` of the protocol. */
export type AskForApproval = "untrusted" | "on-request" | "granular" | "never";

/** `SandboxPolicy` of the protocol. */
export type SandboxPolicy =
  | {
      readonly type: "dangerFullAccess";
    }
  | {
      readonly type: "readOnly";
      readonly networkAccess?: boolean | undefined;
    }
  | {
      readonly type: "externalSandbox";
      readonly networkAccess?: "restricted" | "enabled" | undefined;
    }
  | {
      readonly type: "workspaceWrite";
      readonly writableRoots?: readonly string[] | undefined;
      readonly networkAccess?: boolean | undefined;
      readonly excludeTmpdirEnvVar?: boolean | undefined;
      readonly excludeSlashTmp?: boolean | undefined;
    };

/** `ReasoningEffort` of the protocol. */
export type ReasoningEffort = string;

/** `CodexErrorInfo` of the protocol. */
export type CodexErrorInfo =
  | "contextWindowExceeded"
  | "sessionBudgetExceeded"
  | "usageLimitExceeded"
  | "rateLimitExceeded"
  | "flexUnavailable"
  | "serverOverloaded"
  | "modelNotFound"
  | "policyCapacityUnavailable"
  | "inferenceHookDenied"
  | "cyberPolicy"
  | "misalignmentPolicyViolation"
  | "tooManyDenials"
  | "internalServerError"
  | "unauthorized"
  | "badRequest"
  | "threadRollbackFailed"
  | "sandboxError"
  | "other"
  | {
      readonly httpConnectionFailed: {
        readonly httpStatusCode: number | null;
      };
    }
  | {
      readonly responseStreamConnectionFailed: {
        readonly httpStatusCode: number | null;
      };
    }
  | {
      readonly responseStreamDisconnected: {
        readonly httpStatusCode: number | null;
      };
    }
  | {
      readonly responseTooManyFailedAttempts: {
        readonly httpStatusCode: number | null;
      };
    };

/** `TurnError` of the protocol. */
export type TurnError = {
  readonly message: string;
  readonly codexErrorInfo: CodexErrorInfo | null;
  readonly additionalDetails: string | null;
  readonly misalignment: null;
};

/** `Turn` of the protocol. */
export type Turn = {
  readonly id: string;
  readonly rootTurnId: string | null;
  readonly items: readonly ThreadItem[];
  readonly itemsView: "notLoaded" | "summary" | "full";
  readonly status: "completed" | "interrupted" | "failed" | "inProgress";
  readonly error: TurnError | null;
  readonly startedAt: number | null;
  readonly completedAt: number | null;
  readonly durationMs: number | null;
};

/** `TokenUsageBreakdown` of the protocol. */
export type TokenUsageBreakdown = {
  readonly totalTokens: number;
  readonly inputTokens: number;
  readonly cachedInputTokens: number;
  readonly cacheWriteInputTokens: number;
  readonly outputTokens: number;
  readonly reasoningOutputTokens: number;
};

/** `TurnStartParams` of the protocol. */
export type TurnStartParams = {
  readonly threadId: string;
  readonly clientUserMessageId?: string | null | undefined;
  readonly input: readonly UserInput[];
  readonly cwd?: string | null | undefined;
  readonly approvalPolicy?: AskForApproval | null | undefined;
  readonly sandboxPolicy?: SandboxPolicy | null | undefined;
  readonly model?: string | null | undefined;
  readonly serviceTier?: string | null | undefined;
  readonly effort?: ReasoningEffort | null | undefined;
  readonly summary?: "auto" | "concise" | "detailed" | "none" | null | undefined;
  readonly outputSchema?: unknown;
};

/** `TurnStartResponse` of the protocol. */
export type TurnStartResponse = {
  readonly turn: Turn;
};

/** `TurnSteerParams` of the protocol. */
export type TurnSteerParams = {
  readonly threadId: string;
  readonly clientUserMessageId?: string | null | undefined;
  readonly input: readonly UserInput[];
  readonly expectedTurnId: string;
};

/** `TurnSteerResponse` of the protocol. */
export type TurnSteerResponse = {
  readonly turnId: string;
};

/** `TurnInterruptParams` of the protocol. */
export type TurnInterruptParams = {
  readonly threadId: string;
  readonly turnId: string;
};

/** `TurnInterruptResponse` of the protocol. */
export type TurnInterruptResponse = Readonly<Record<string, never>>;

/** `ErrorNotification` of the protocol. */
export type ErrorNotification = {
  readonly error: TurnError;
  readonly willRetry: boolean;
  readonly threadId: string;
  readonly turnId: string;
};

/** `TurnStartedNotification` of the protocol. */
export type TurnStartedNotification = {
  readonly threadId: string;
  readonly turn: Turn;
};

/** `TurnCompletedNotification` of the protocol. */
export type TurnCompletedNotification = {
  readonly threadId: string;
  readonly turn: Turn;
};

/** `TurnDiffUpdatedNotification` of the protocol. */
export type TurnDiffUpdatedNotification = {
  readonly threadId: string;
  readonly turnId: string;
  readonly diff: string;
};

/** `ThreadTokenUsageUpdatedNotification` of the protocol. */
export type ThreadTokenUsageUpdatedNotification = {
  readonly threadId: string;
  readonly turnId: string;
  readonly tokenUsage: {
    readonly total: TokenUsageBreakdown;
    readonly last: TokenUsageBreakdown;
    readonly modelContextWindow: number | null;
  };
};

/** `ServerRequestResolvedNotification` of the protocol. */
export type ServerRequestResolvedNotification = {
  readonly threadId: string;
  readonly requestId: string | number;
};

/** `WarningNotification` of the protocol. */
export type WarningNotification = {
  readonly threadId: string | null;
  readonly message: string;
};
