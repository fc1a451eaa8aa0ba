/**
 * Threads: conversations that last.
 * @module
 */
import * as z from "zod";
import { int, json, mapOf, maybe, namesFor, u32 } from "./vocabulary.ts";
import { Turn } from "./turns.ts";
import { AskForApproval, ReasoningEffort, SandboxPolicy } from "./policy.ts";

const named = namesFor("threads");

const ApprovalsReviewer = named("ApprovalsReviewer", z.enum(["user", "auto_review", "guardian_subagent"]));
const SandboxMode = named("SandboxMode", z.enum(["read-only", "workspace-write", "danger-full-access"]));
const ThreadStatus = named(
  "ThreadStatus",
  z.discriminatedUnion("type", [
    z.object({ type: z.literal("notLoaded") }),
    z.object({ type: z.literal("idle") }),
    z.object({ type: z.literal("systemError") }),
    z.object({
      type: z.literal("active"),
      activeFlags: z.array(z.enum(["waitingOnApproval", "waitingOnUserInput"])),
    }),
  ]),
);
const ThreadReadState = named(
  "ThreadReadState",
  z.object({
    firstUnread: z.nullable(
      z.discriminatedUnion("type", [
        z.object({ type: z.literal("threadStart") }),
        z.object({ type: z.literal("turn"), turnId: z.string() }),
      ]),
    ),
    revision: z.string(),
  }),
);
const GitInfo = named(
  "GitInfo",
  z.object({ sha: z.nullable(z.string()), branch: z.nullable(z.string()), originUrl: z.nullable(z.string()) }),
);
const Thread = named(
  "Thread",
  z.object({
    id: z.string(),
    sessionId: z.string(),
    forkedFromId: z.nullable(z.string()),
    parentThreadId: z.null(),
    attachedToThreadId: z.null(),
    preview: z.string(),
    ephemeral: z.boolean(),
    historyMode: z.enum(["legacy", "paginated"]),
    modelProvider: z.string(),
    model: z.nullable(z.string()),
    reasoningEffort: z.nullable(z.string()),
    createdAt: int,
    updatedAt: int,
    recencyAt: z.nullable(z.int()),
    status: ThreadStatus,
    path: z.nullable(z.string()),
    cwd: z.string(),
    cliVersion: z.string(),
    originator: z.nullable(z.string()),
    source: z.enum(["cli", "vscode", "exec", "mcp", "unknown"]),
    canAcceptDirectInput: z.nullable(z.boolean()),
    threadSource: z.nullable(z.string()),
    environments: z.nullable(
      z.array(z.object({ environmentId: z.string(), cwd: z.string(), runtimeWorkspaceRoots: z.array(z.string()) })),
    ),
    gitInfo: z.nullable(GitInfo),
    name: z.nullable(z.string()),
    turns: z.array(Turn),
    agentNickname: z.null(),
    agentRole: z.null(),
    daybreakEnabled: z.null(),
    extra: z.null(),
    projectId: z.null(),
    section: z.null(),
    sectionEnteredAt: z.null(),
  }),
);

const DynamicToolFunction = z.object({
  type: z.literal("function").optional(),
  name: z.string(),
  description: z.string(),
  inputSchema: json,
  deferLoading: z.boolean().optional(),
});
const DynamicToolSpec = named(
  "DynamicToolSpec",
  z.union([
    DynamicToolFunction,
    z.object({
      type: z.literal("namespace"),
      name: z.string(),
      description: z.string(),
      tools: z.array(DynamicToolFunction),
    }),
  ]),
);

/** What a thread may be told when it is started, resumed or forked. */
const settings = {
  model: maybe(z.string()),
  modelProvider: maybe(z.string()),
  serviceTier: maybe(z.string()),
  cwd: maybe(z.string()),
  approvalPolicy: maybe(AskForApproval),
  approvalsReviewer: maybe(ApprovalsReviewer),
  sandbox: maybe(SandboxMode),
  config: maybe(mapOf(json)),
  baseInstructions: maybe(z.string()),
  developerInstructions: maybe(z.string()),
};

/** What a thread goes by, once it is open. */
const opened = {
  thread: Thread,
  model: z.string(),
  modelProvider: z.string(),
  serviceTier: z.nullable(z.string()),
  disabledPluginIds: z.array(z.string()),
  cwd: z.string(),
  runtimeWorkspaceRoots: z.array(z.string()),
  instructionSources: z.array(z.string()),
  approvalPolicy: AskForApproval,
  approvalsReviewer: ApprovalsReviewer,
  sandbox: SandboxPolicy,
  activePermissionProfile: z.nullable(z.object({ id: z.string(), extends: z.nullable(z.string()) })),
  reasoningEffort: z.nullable(ReasoningEffort),
  multiAgentMode: z.literal("explicitRequestOnly"),
};
const threadId = z.string();
const page = { cursor: maybe(z.string()), limit: maybe(u32) };
const nothing = z.object({});

/** Params and results of what can be asked about threads, by method. */
export const threadMethods: Readonly<Record<string, { readonly params: z.ZodType; readonly result: z.ZodType }>> = {
  "thread/start": {
    params: named(
      "ThreadStartParams",
      z.object({
        ...settings,
        serviceName: maybe(z.string()),
        ephemeral: maybe(z.boolean()),
        threadSource: maybe(z.string()),
        dynamicTools: maybe(z.array(DynamicToolSpec)),
        mockExperimentalField: maybe(z.string()),
        experimentalRawEvents: z.boolean().optional(),
      }),
    ),
    result: named("ThreadStartResponse", z.object(opened)),
  },
  "thread/resume": {
    params: named(
      "ThreadResumeParams",
      z.object({ threadId, path: maybe(z.string()), ...settings, excludeTurns: z.boolean().optional() }),
    ),
    result: named(
      "ThreadResumeResponse",
      z.object({
        ...opened,
        collaborationMode: z.null(),
        initialTurnsPage: z.null(),
        turnsBackwardsCursor: z.nullable(z.string()),
        itemsBackwardsCursor: z.nullable(z.string()),
      }),
    ),
  },
  "thread/fork": {
    params: named(
      "ThreadForkParams",
      z.object({
        threadId,
        lastTurnId: maybe(z.string()),
        path: maybe(z.string()),
        ...settings,
        ephemeral: z.boolean().optional(),
        threadSource: maybe(z.string()),
        excludeTurns: z.boolean().optional(),
      }),
    ),
    result: named("ThreadForkResponse", z.object(opened)),
  },
  "thread/archive": {
    params: named("ThreadArchiveParams", z.object({ threadId })),
    result: named("ThreadArchiveResponse", nothing.clone()),
  },
  "thread/unsubscribe": {
    params: named("ThreadUnsubscribeParams", z.object({ threadId })),
    result: named(
      "ThreadUnsubscribeResponse",
      z.object({ status: z.enum(["notLoaded", "notSubscribed", "unsubscribed"]) }),
    ),
  },
  "thread/name/set": {
    params: named("ThreadSetNameParams", z.object({ threadId, name: z.string() })),
    result: named("ThreadSetNameResponse", nothing.clone()),
  },
  "thread/list": {
    params: named(
      "ThreadListParams",
      z.object({
        ...page,
        sortKey: maybe(z.enum(["created_at", "updated_at", "recency_at", "section_position"])),
        sortDirection: maybe(z.enum(["asc", "desc"])),
        modelProviders: maybe(z.array(z.string())),
        sourceKinds: maybe(z.array(z.string())),
        archived: maybe(z.boolean()),
        cwd: maybe(z.union([z.string(), z.array(z.string())])),
        excludedThreadIds: maybe(z.array(z.string())),
        searchTerm: maybe(z.string()),
      }),
    ),
    result: named(
      "ThreadListResponse",
      z.object({
        data: z.array(Thread),
        readStates: z.nullable(mapOf(ThreadReadState)),
        nextCursor: z.nullable(z.string()),
        backwardsCursor: z.nullable(z.string()),
      }),
    ),
  },
  "thread/loaded/list": {
    params: named("ThreadLoadedListParams", z.object(page)),
    result: named(
      "ThreadLoadedListResponse",
      z.object({ data: z.array(z.string()), nextCursor: z.nullable(z.string()) }),
    ),
  },
  "thread/read": {
    params: named("ThreadReadParams", z.object({ threadId, includeTurns: z.boolean().optional() })),
    result: named("ThreadReadResponse", z.object({ thread: Thread, readState: z.nullable(ThreadReadState) })),
  },
};

/** Params of the notifications about threads, by method. */
export const threadNotifications: Readonly<Record<string, z.ZodType>> = {
  "thread/started": named("ThreadStartedNotification", z.object({ thread: Thread })),
  "thread/status/changed": named("ThreadStatusChangedNotification", z.object({ threadId, status: ThreadStatus })),
  "thread/readState/changed": named(
    "ThreadReadStateChangedNotification",
    z.object({ threadId, readState: ThreadReadState }),
  ),
  "thread/archived": named("ThreadArchivedNotification", z.object({ threadId })),
  "thread/closed": named("ThreadClosedNotification", z.object({ threadId })),
  "thread/name/updated": named(
    "ThreadNameUpdatedNotification",
    z.object({ threadId, threadName: z.string().optional() }),
  ),
  "thread/goal/cleared": named("ThreadGoalClearedNotification", z.object({ threadId })),
};
