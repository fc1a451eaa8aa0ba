/**
 * Turns: what a person says, and all that comes of it.
 * @module
 */
import * as z from "zod";
import { ThreadItem, UserInput } from "./items.ts";
import { AskForApproval, ReasoningEffort, SandboxPolicy } from "./policy.ts";
import { int, json, maybe, namesFor } from "./vocabulary.ts";

const named = namesFor("turns");

const status = z.object({ httpStatusCode: z.nullable(z.int()) });
/** What kind of failure ended a try or a turn. */
const CodexErrorInfo = named(
  "CodexErrorInfo",
  z.union([
    z.enum([
      "contextWindowExceeded",
      "sessionBudgetExceeded",
      "usageLimitExceeded",
      "rateLimitExceeded",
      "flexUnavailable",
      "serverOverloaded",
      "modelNotFound",
      "policyCapacityUnavailable",
      "inferenceHookDenied",
      "cyberPolicy",
      "misalignmentPolicyViolation",
      "tooManyDenials",
      "internalServerError",
      "unauthorized",
      "badRequest",
      "threadRollbackFailed",
      "sandboxError",
      "other",
    ]),
    z.object({ httpConnectionFailed: status }),
    z.object({ responseStreamConnectionFailed: status }),
    z.object({ responseStreamDisconnected: status }),
    z.object({ responseTooManyFailedAttempts: status }),
  ]),
);
const TurnError = named(
  "TurnError",
  z.object({
    message: z.string(),
    codexErrorInfo: z.nullable(CodexErrorInfo),
    additionalDetails: z.nullable(z.string()),
    misalignment: z.null(),
  }),
);
/** A turn. */
export const Turn: z.ZodType = named(
  "Turn",
  z.object({
    id: z.string(),
    rootTurnId: z.nullable(z.string()),
    items: z.array(ThreadItem),
    itemsView: z.enum(["notLoaded", "summary", "full"]),
    status: z.enum(["completed", "interrupted", "failed", "inProgress"]),
    error: z.nullable(TurnError),
    startedAt: z.nullable(int),
    completedAt: z.nullable(int),
    durationMs: z.nullable(int),
  }),
);
const TokenUsageBreakdown = named(
  "TokenUsageBreakdown",
  z.object({
    totalTokens: int,
    inputTokens: int,
    cachedInputTokens: int,
    cacheWriteInputTokens: int,
    outputTokens: int,
    reasoningOutputTokens: int,
  }),
);
const threadId = z.string();
const turnId = z.string();

/** Params and results of what can be asked about turns, by method. */
export const turnMethods: Readonly<Record<string, { readonly params: z.ZodType; readonly result: z.ZodType }>> = {
  "turn/start": {
    params: named(
      "TurnStartParams",
      z.object({
        threadId,
        clientUserMessageId: maybe(z.string()),
        input: z.array(UserInput),
        cwd: maybe(z.string()),
        approvalPolicy: maybe(AskForApproval),
        sandboxPolicy: maybe(SandboxPolicy),
        model: maybe(z.string()),
        serviceTier: maybe(z.string()),
        effort: maybe(ReasoningEffort),
        summary: maybe(z.enum(["auto", "concise", "detailed", "none"])),
        outputSchema: json.optional(),
      }),
    ),
    result: named("TurnStartResponse", z.object({ turn: Turn })),
  },
  "turn/steer": {
    params: named(
      "TurnSteerParams",
      z.object({
        threadId,
        clientUserMessageId: maybe(z.string()),
        input: z.array(UserInput),
        expectedTurnId: z.string(),
      }),
    ),
    result: named("TurnSteerResponse", z.object({ turnId })),
  },
  "turn/interrupt": {
    params: named("TurnInterruptParams", z.object({ threadId, turnId })),
    result: named("TurnInterruptResponse", z.object({})),
  },
};

/** Params of the notifications about turns, by method. */
export const turnNotifications: Readonly<Record<string, z.ZodType>> = {
  error: named("ErrorNotification", z.object({ error: TurnError, willRetry: z.boolean(), threadId, turnId })),
  "turn/started": named("TurnStartedNotification", z.object({ threadId, turn: Turn })),
  "turn/completed": named("TurnCompletedNotification", z.object({ threadId, turn: Turn })),
  "turn/diff/updated": named("TurnDiffUpdatedNotification", z.object({ threadId, turnId, diff: z.string() })),
  "thread/tokenUsage/updated": named(
    "ThreadTokenUsageUpdatedNotification",
    z.object({
      threadId,
      turnId,
      tokenUsage: z.object({
        total: TokenUsageBreakdown,
        last: TokenUsageBreakdown,
        modelContextWindow: z.nullable(int),
      }),
    }),
  ),
  "serverRequest/resolved": named(
    "ServerRequestResolvedNotification",
    z.object({ threadId, requestId: z.union([z.string(), z.int()]) }),
  ),
  warning: named("WarningNotification", z.object({ threadId: z.nullable(threadId), message: z.string() })),
};
