/**
 * The items of a turn, and what a turn is given.
 * @module
 */
import * as z from "zod";
import { int, json, maybe, namesFor } from "./vocabulary.ts";

const named = namesFor("items");

const ImageDetail = named("ImageDetail", z.enum(["auto", "low", "high", "original"]));
const TextElement = named(
  "TextElement",
  z.object({ byteRange: z.object({ start: int, end: int }), placeholder: maybe(z.string()) }),
);
const detail = maybe(ImageDetail);

/** What a person says to the model: text, pictures, and words that name files. */
export const UserInput: z.ZodType = named(
  "UserInput",
  z.discriminatedUnion("type", [
    z.object({ type: z.literal("text"), text: z.string(), text_elements: z.array(TextElement).optional() }),
    z.object({
      type: z.literal("image"),
      detail,
      url: z.string().optional(),
      fileId: z.string().optional(),
    }),
    z.object({ type: z.literal("localImage"), detail, path: z.string() }),
    z.object({ type: z.literal("audio"), url: z.string().optional(), fileId: z.string().optional() }),
    z.object({ type: z.literal("localAudio"), path: z.string() }),
    z.object({ type: z.literal("skill"), name: z.string(), path: z.string() }),
    z.object({ type: z.literal("mention"), name: z.string(), path: z.string() }),
  ]),
);

const CommandAction = named(
  "CommandAction",
  z.discriminatedUnion("type", [
    z.object({ type: z.literal("read"), command: z.string(), name: z.string(), path: z.string() }),
    z.object({ type: z.literal("listFiles"), command: z.string(), path: z.nullable(z.string()) }),
    z.object({
      type: z.literal("search"),
      command: z.string(),
      query: z.nullable(z.string()),
      path: z.nullable(z.string()),
    }),
    z.object({ type: z.literal("unknown"), command: z.string() }),
  ]),
);
const CommandExecutionStatus = named(
  "CommandExecutionStatus",
  z.enum(["inProgress", "completed", "failed", "declined"]),
);
const PatchApplyStatus = named("PatchApplyStatus", z.enum(["inProgress", "completed", "failed", "declined"]));
const DynamicToolCallStatus = named("DynamicToolCallStatus", z.enum(["inProgress", "completed", "failed"]));
const PatchChangeKind = named(
  "PatchChangeKind",
  z.discriminatedUnion("type", [
    z.object({ type: z.literal("add") }),
    z.object({ type: z.literal("delete") }),
    z.object({ type: z.literal("update"), move_path: z.nullable(z.string()) }),
  ]),
);
const FileUpdateChange = named(
  "FileUpdateChange",
  z.object({ path: z.string(), kind: PatchChangeKind, diff: z.string() }),
);
const MessagePhase = named("MessagePhase", z.enum(["commentary", "partial_answer", "final_answer"]));
const DynamicToolCallOutputContentItem = named(
  "DynamicToolCallOutputContentItem",
  z.discriminatedUnion("type", [
    z.object({ type: z.literal("inputText"), text: z.string() }),
    z.object({ type: z.literal("inputImage"), imageUrl: z.string() }),
    z.object({ type: z.literal("inputAudio"), audioUrl: z.string() }),
  ]),
);

/** When an item began and ended, in milliseconds since the epoch. */
const times = { startedAtMs: maybe(int), completedAtMs: maybe(int) };

/** One item of a turn. */
export const ThreadItem: z.ZodType = named(
  "ThreadItem",
  z.discriminatedUnion("type", [
    z.object({
      type: z.literal("userMessage"),
      id: z.string(),
      clientId: z.nullable(z.string()),
      content: z.array(UserInput),
      ...times,
    }),
    z.object({
      type: z.literal("agentMessage"),
      id: z.string(),
      text: z.string(),
      phase: z.nullable(MessagePhase),
      moderation: z.null(),
      memoryCitation: z.null(),
      delivery: z.null(),
      questions: z.null(),
      ...times,
    }),
    z.object({
      type: z.literal("reasoning"),
      id: z.string(),
      summary: z.array(z.string()),
      content: z.array(z.string()),
      ...times,
    }),
    z.object({
      type: z.literal("commandExecution"),
      id: z.string(),
      pluginId: z.null(),
      scriptPath: z.null(),
      command: z.string(),
      cwd: z.string(),
      processId: z.nullable(z.string()),
      source: z.enum(["agent", "userShell", "unifiedExecStartup", "unifiedExecInteraction"]),
      status: CommandExecutionStatus,
      commandActions: z.array(CommandAction),
      aggregatedOutput: z.nullable(z.string()),
      exitCode: z.nullable(z.int()),
      durationMs: z.nullable(z.int()),
      ...times,
    }),
    z.object({
      type: z.literal("fileChange"),
      id: z.string(),
      changes: z.array(FileUpdateChange),
      status: PatchApplyStatus,
      ...times,
    }),
    z.object({
      type: z.literal("dynamicToolCall"),
      id: z.string(),
      namespace: z.nullable(z.string()),
      tool: z.string(),
      arguments: json,
      status: DynamicToolCallStatus,
      contentItems: z.nullable(z.array(DynamicToolCallOutputContentItem)),
      success: z.nullable(z.boolean()),
      durationMs: z.nullable(z.int()),
      ...times,
    }),
  ]),
);

const ofItem = { threadId: z.string(), turnId: z.string(), itemId: z.string() };
const textDelta = (): z.ZodType => z.object({ ...ofItem, delta: z.string() });

/** Params of the notifications about items, by method. */
export const itemNotifications: Readonly<Record<string, z.ZodType>> = {
  "item/started": named(
    "ItemStartedNotification",
    z.object({ item: ThreadItem, threadId: z.string(), turnId: z.string(), startedAtMs: int }),
  ),
  "item/completed": named(
    "ItemCompletedNotification",
    z.object({
      item: ThreadItem,
      threadId: z.string(),
      turnId: z.string(),
      contentTokenCount: maybe(int),
      completedAtMs: int,
    }),
  ),
  "item/agentMessage/delta": named("AgentMessageDeltaNotification", textDelta()),
  "item/commandExecution/outputDelta": named("CommandExecutionOutputDeltaNotification", textDelta()),
  "item/commandExecution/terminalInteraction": named(
    "TerminalInteractionNotification",
    z.object({ ...ofItem, processId: z.string(), stdin: z.string() }),
  ),
  "item/fileChange/patchUpdated": named(
    "FileChangePatchUpdatedNotification",
    z.object({ ...ofItem, changes: z.array(FileUpdateChange) }),
  ),
  "item/reasoning/summaryPartAdded": named(
    "ReasoningSummaryPartAddedNotification",
    z.object({ ...ofItem, summaryIndex: int }),
  ),
  "item/reasoning/summaryTextDelta": named(
    "ReasoningSummaryTextDeltaNotification",
    z.object({ ...ofItem, delta: z.string(), summaryIndex: int }),
  ),
  "item/reasoning/textDelta": named(
    "ReasoningTextDeltaNotification",
    z.object({ ...ofItem, delta: z.string(), contentIndex: int }),
  ),
};

const ExecPolicyAmendment = named("ExecPolicyAmendment", z.array(z.string()));
const CommandExecutionApprovalDecision = named(
  "CommandExecutionApprovalDecision",
  z.union([
    z.enum(["accept", "acceptForSession", "decline", "cancel"]),
    z.object({ acceptWithExecpolicyAmendment: z.object({ execpolicy_amendment: ExecPolicyAmendment }) }),
  ]),
);
const FileChangeApprovalDecision = named(
  "FileChangeApprovalDecision",
  z.enum(["accept", "acceptForSession", "decline", "cancel"]),
);
const startedAtMs = int;

/** Params and results of what the server asks the client about items, by method. */
export const itemRequests: Readonly<Record<string, { readonly params: z.ZodType; readonly result: z.ZodType }>> = {
  "item/commandExecution/requestApproval": {
    params: named(
      "CommandExecutionRequestApprovalParams",
      z.object({
        kind: z.enum(["command", "humanCommand", "writeStdin"]),
        ...ofItem,
        startedAtMs,
        approvalId: maybe(z.string()),
        environmentId: z.nullable(z.string()),
        reason: maybe(z.string()),
        networkApprovalContext: z.null().optional(),
        command: maybe(z.string()),
        cwd: maybe(z.string()),
        commandActions: maybe(z.array(CommandAction)),
        proposedExecpolicyAmendment: maybe(ExecPolicyAmendment),
        proposedNetworkPolicyAmendments: z.null().optional(),
        availableDecisions: maybe(z.array(CommandExecutionApprovalDecision)),
      }),
    ),
    result: named("CommandExecutionRequestApprovalResponse", z.object({ decision: CommandExecutionApprovalDecision })),
  },
  "item/fileChange/requestApproval": {
    params: named(
      "FileChangeRequestApprovalParams",
      z.object({ ...ofItem, startedAtMs, reason: maybe(z.string()), grantRoot: maybe(z.string()) }),
    ),
    result: named("FileChangeRequestApprovalResponse", z.object({ decision: FileChangeApprovalDecision })),
  },
  "item/tool/call": {
    params: named(
      "DynamicToolCallParams",
      z.object({
        threadId: z.string(),
        turnId: z.string(),
        callId: z.string(),
        namespace: z.nullable(z.string()),
        tool: z.string(),
        arguments: json,
      }),
    ),
    result: named(
      "DynamicToolCallResponse",
      z.object({ contentItems: z.array(DynamicToolCallOutputContentItem), success: z.boolean() }),
    ),
  },
};
