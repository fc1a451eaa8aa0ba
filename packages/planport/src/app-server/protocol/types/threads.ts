/**
 * Types of the protocol (threads), made from the protocol's schemas by `npm run protocol`.
 * @module
 */
import type { AskForApproval, ReasoningEffort, SandboxPolicy, Turn } from "./turns.ts";

/** `ApprovalsReviewer` of the protocol. */
export type ApprovalsReviewer = "user" | "auto_review" | "guardian_subagent";

/** `SandboxMode` of the protocol. */
export type SandboxMode = "read-only" | "workspace-write" | "danger-full-access";

/** `ThreadStatus` of the protocol. */
export type ThreadStatus =
  | {
      readonly type: "notLoaded";
    }
  | {
      readonly type: "idle";
    }
  | {
      readonly type: "systemError";
    }
  | {
      readonly type: "active";
      readonly activeFlags: readonly ("waitingOnApproval" | "waitingOnUserInput")[];
    };

/** `ThreadReadState` of the protocol. */
export type ThreadReadState = {
  readonly firstUnread:
    | {
        readonly type: "threadStart";
      }
    | {
        readonly type: "turn";
        readonly turnId: string;
      }
    | null;
  readonly revision: string;
};

/** `GitInfo` of the protocol. */
export type GitInfo = {
  readonly sha: string | null;
  readonly branch: string | null;
  readonly originUrl: string | null;
};

/** `Thread` of the protocol. */
export type Thread = {
  readonly id: string;
  readonly sessionId: string;
  readonly forkedFromId: string | null;
  readonly parentThreadId: null;
  readonly attachedToThreadId: null;
  readonly preview: string;
  readonly ephemeral: boolean;
  readonly historyMode: "legacy" | "paginated";
  readonly modelProvider: string;
  readonly model: string | null;
  readonly reasoningEffort: string | null;
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly recencyAt: number | null;
  readonly status: ThreadStatus;
  readonly path: string | null;
  readonly cwd: string;
  readonly cliVersion: string;
  readonly originator: string | null;
  readonly source: "cli" | "vscode" | "exec" | "mcp" | "unknown";
  readonly canAcceptDirectInput: boolean | null;
  readonly threadSource: string | null;
  readonly environments:
    | readonly {
        readonly environmentId: string;
        readonly cwd: string;
        readonly runtimeWorkspaceRoots: readonly string[];
      }[]
    | null;
  readonly gitInfo: GitInfo | null;
  readonly name: string | null;
  readonly turns: readonly Turn[];
  readonly agentNickname: null;
  readonly agentRole: null;
  readonly daybreakEnabled: null;
  readonly extra: null;
  readonly projectId: null;
  readonly section: null;
  readonly sectionEnteredAt: null;
};

/** `DynamicToolSpec` of the protocol. */
export type DynamicToolSpec =
  | {
      readonly type?: "function" | undefined;
      readonly name: string;
      readonly description: string;
      readonly inputSchema: unknown;
      readonly deferLoading?: boolean | undefined;
    }
  | {
      readonly type: "namespace";
      readonly name: string;
      readonly description: string;
      readonly tools: readonly {
        readonly type?: "function" | undefined;
        readonly name: string;
        readonly description: string;
        readonly inputSchema: unknown;
        readonly deferLoading?: boolean | undefined;
      }[];
    };

/** `ThreadStartParams` of the protocol. */
export type ThreadStartParams = {
  readonly model?: string | null | undefined;
  readonly modelProvider?: string | null | undefined;
  readonly serviceTier?: string | null | undefined;
  readonly cwd?: string | null | undefined;
  readonly approvalPolicy?: AskForApproval | null | undefined;
  readonly approvalsReviewer?: ApprovalsReviewer | null | undefined;
  readonly sandbox?: SandboxMode | null | undefined;
  readonly config?: Readonly<Record<string, unknown>> | null | undefined;
  readonly baseInstructions?: string | null | undefined;
  readonly developerInstructions?: string | null | undefined;
  readonly serviceName?: string | null | undefined;
  readonly ephemeral?: boolean | null | undefined;
  readonly threadSource?: string | null | undefined;
  readonly dynamicTools?: readonly DynamicToolSpec[] | null | undefined;
  readonly mockExperimentalField?: string | null | undefined;
  readonly experimentalRawEvents?: boolean | undefined;
};

/** `ThreadStartResponse` of the protocol. */
export type ThreadStartResponse = {
  readonly thread: Thread;
  readonly model: string;
  readonly modelProvider: string;
  readonly serviceTier: string | null;
  readonly disabledPluginIds: readonly string[];
  readonly cwd: string;
  readonly runtimeWorkspaceRoots: readonly string[];
  readonly instructionSources: readonly string[];
  readonly approvalPolicy: AskForApproval;
  readonly approvalsReviewer: ApprovalsReviewer;
  readonly sandbox: SandboxPolicy;
  readonly activePermissionProfile: {
    readonly id: string;
    readonly extends: string | null;
  } | null;
  readonly reasoningEffort: ReasoningEffort | null;
  readonly multiAgentMode: "explicitRequestOnly";
};

/** `ThreadResumeParams` of the protocol. */
export type ThreadResumeParams = {
  readonly threadId: string;
  readonly path?: string | null | undefined;
  readonly model?: string | null | undefined;
  readonly modelProvider?: string | null | undefined;
  readonly serviceTier?: string | null | undefined;
  readonly cwd?: string | null | undefined;
  readonly approvalPolicy?: AskForApproval | null | undefined;
  readonly approvalsReviewer?: ApprovalsReviewer | null | undefined;
  readonly sandbox?: SandboxMode | null | undefined;
  readonly config?: Readonly<Record<string, unknown>> | null | undefined;
  readonly baseInstructions?: string | null | undefined;
  readonly developerInstructions?: string | null | undefined;
  readonly excludeTurns?: boolean | undefined;
};

/** `ThreadResumeResponse` of the protocol. */
export type ThreadResumeResponse = {
  readonly thread: Thread;
  readonly model: string;
  readonly modelProvider: string;
  readonly serviceTier: string | null;
  readonly disabledPluginIds: readonly string[];
  readonly cwd: string;
  readonly runtimeWorkspaceRoots: readonly string[];
  readonly instructionSources: readonly string[];
  readonly approvalPolicy: AskForApproval;
  readonly approvalsReviewer: ApprovalsReviewer;
  readonly sandbox: SandboxPolicy;
  readonly activePermissionProfile: {
    readonly id: string;
    readonly extends: string | null;
  } | null;
  readonly reasoningEffort: ReasoningEffort | null;
  readonly multiAgentMode: "explicitRequestOnly";
  readonly collaborationMode: null;
  readonly initialTurnsPage: null;
  readonly turnsBackwardsCursor: string | null;
  readonly itemsBackwardsCursor: string | null;
};

/** `ThreadForkParams` of the protocol. */
export type ThreadForkParams = {
  readonly threadId: string;
  readonly lastTurnId?: string | null | undefined;
  readonly path?: string | null | undefined;
  readonly model?: string | null | undefined;
  readonly modelProvider?: string | null | undefined;
  readonly serviceTier?: string | null | undefined;
  readonly cwd?: string | null | undefined;
  readonly approvalPolicy?: AskForApproval | null | undefined;
  readonly approvalsReviewer?: ApprovalsReviewer | null | undefined;
  readonly sandbox?: SandboxMode | null | undefined;
  readonly config?: Readonly<Record<string, unknown>> | null | undefined;
  readonly baseInstructions?: string | null | undefined;
  readonly developerInstructions?: string | null | undefined;
  readonly ephemeral?: boolean | undefined;
  readonly threadSource?: string | null | undefined;
  readonly excludeTurns?: boolean | undefined;
};

/** `ThreadForkResponse` of the protocol. */
export type ThreadForkResponse = {
  readonly thread: Thread;
  readonly model: string;
  readonly modelProvider: string;
  readonly serviceTier: string | null;
  readonly disabledPluginIds: readonly string[];
  readonly cwd: string;
  readonly runtimeWorkspaceRoots: readonly string[];
  readonly instructionSources: readonly string[];
  readonly approvalPolicy: AskForApproval;
  readonly approvalsReviewer: ApprovalsReviewer;
  readonly sandbox: SandboxPolicy;
  readonly activePermissionProfile: {
    readonly id: string;
    readonly extends: string | null;
  } | null;
  readonly reasoningEffort: ReasoningEffort | null;
  readonly multiAgentMode: "explicitRequestOnly";
};

/** `ThreadArchiveParams` of the protocol. */
export type ThreadArchiveParams = {
  readonly threadId: string;
};

/** `ThreadArchiveResponse` of the protocol. */
export type ThreadArchiveResponse = Readonly<Record<string, never>>;

/** `ThreadUnsubscribeParams` of the protocol. */
export type ThreadUnsubscribeParams = {
  readonly threadId: string;
};

/** `ThreadUnsubscribeResponse` of the protocol. */
export type ThreadUnsubscribeResponse = {
  readonly status: "notLoaded" | "notSubscribed" | "unsubscribed";
};

/** `ThreadSetNameParams` of the protocol. */
export type ThreadSetNameParams = {
  readonly threadId: string;
  readonly name: string;
};

/** `ThreadSetNameResponse` of the protocol. */
export type ThreadSetNameResponse = Readonly<Record<string, never>>;

/** `ThreadListParams` of the protocol. */
export type ThreadListParams = {
  readonly cursor?: string | null | undefined;
  readonly limit?: number | null | undefined;
  readonly sortKey?: "created_at" | "updated_at" | "recency_at" | "section_position" | null | undefined;
  readonly sortDirection?: "asc" | "desc" | null | undefined;
  readonly modelProviders?: readonly string[] | null | undefined;
  readonly sourceKinds?: readonly string[] | null | undefined;
  readonly archived?: boolean | null | undefined;
  readonly cwd?: string | readonly string[] | null | undefined;
  readonly excludedThreadIds?: readonly string[] | null | undefined;
  readonly searchTerm?: string | null | undefined;
};

/** `ThreadListResponse` of the protocol. */
export type ThreadListResponse = {
  readonly data: readonly Thread[];
  readonly readStates: Readonly<Record<string, ThreadReadState>> | null;
  readonly nextCursor: string | null;
  readonly backwardsCursor: string | null;
};

/** `ThreadLoadedListParams` of the protocol. */
export type ThreadLoadedListParams = {
  readonly cursor?: string | null | undefined;
  readonly limit?: number | null | undefined;
};

/** `ThreadLoadedListResponse` of the protocol. */
export type ThreadLoadedListResponse = {
  readonly data: readonly string[];
  readonly nextCursor: string | null;
};

/** `ThreadReadParams` of the protocol. */
export type ThreadReadParams = {
  readonly threadId: string;
  readonly includeTurns?: boolean | undefined;
};

/** `ThreadReadResponse` of the protocol. */
export type ThreadReadResponse = {
  readonly thread: Thread;
  readonly readState: ThreadReadState | null;
};

/** `ThreadStartedNotification` of the protocol. */
export type ThreadStartedNotification = {
  readonly thread: Thread;
};

/** `ThreadStatusChangedNotification` of the protocol. */
export type ThreadStatusChangedNotification = {
  readonly threadId: string;
  readonly status: ThreadStatus;
};

/** `ThreadReadStateChangedNotification` of the protocol. */
export type ThreadReadStateChangedNotification = {
  readonly threadId: string;
  readonly readState: ThreadReadState;
};

/** `ThreadArchivedNotification` of the protocol. */
export type ThreadArchivedNotification = {
  readonly threadId: string;
};

/** `ThreadClosedNotification` of the protocol. */
export type ThreadClosedNotification = {
  readonly threadId: string;
};

/** `ThreadNameUpdatedNotification` of the protocol. */
export type ThreadNameUpdatedNotification = {
  readonly threadId: string;
  readonly threadName?: string | undefined;
};

/** `ThreadGoalClearedNotification` of the protocol. */
export type ThreadGoalClearedNotification = {
  readonly threadId: string;
};
