/**
 * Types of the protocol (items), made from the protocol's schemas by `npm run protocol`.
 * @module
 */

/** `ImageDetail` of the protocol. */
export type ImageDetail = "auto" | "low" | "high" | "original";

/** `TextElement` of the protocol. */
export type TextElement = {
  readonly byteRange: {
    readonly start: number;
    readonly end: number;
  };
  readonly placeholder?: string | null | undefined;
};

/** `UserInput` of the protocol. */
export type UserInput =
  | {
      readonly type: "text";
      readonly text: string;
      readonly text_elements?: readonly TextElement[] | undefined;
    }
  | {
      readonly type: "image";
      readonly detail?: ImageDetail | null | undefined;
      readonly url?: string | undefined;
      readonly fileId?: string | undefined;
    }
  | {
      readonly type: "localImage";
      readonly detail?: ImageDetail | null | undefined;
      readonly path: string;
    }
  | {
      readonly type: "audio";
      readonly url?: string | undefined;
      readonly fileId?: string | undefined;
    }
  | {
      readonly type: "localAudio";
      readonly path: string;
    }
  | {
      readonly type: "skill";
      readonly name: string;
      readonly path: string;
    }
  | {
      readonly type: "mention";
      readonly name: string;
      readonly path: string;
    };

/** `CommandAction` of the protocol. */
export type CommandAction =
  | {
      readonly type: "read";
      readonly command: string;
      readonly name: string;
      readonly path: string;
    }
  | {
      readonly type: "listFiles";
      readonly command: string;
      readonly path: string | null;
    }
  | {
      readonly type: "search";
      readonly command: string;
      readonly query: string | null;
      readonly path: string | null;
    }
  | {
      readonly type: "unknown";
      readonly command: string;
    };

/** `CommandExecutionStatus` of the protocol. */
export type CommandExecutionStatus = "inProgress" | "completed" | "failed" | "declined";

/** `PatchApplyStatus` of the protocol. */
export type PatchApplyStatus = "inProgress" | "completed" | "failed" | "declined";

/** `DynamicToolCallStatus` of the protocol. */
export type DynamicToolCallStatus = "inProgress" | "completed" | "failed";

/** `PatchChangeKind` of the protocol. */
export type PatchChangeKind =
  | {
      readonly type: "add";
    }
  | {
      readonly type: "delete";
    }
  | {
      readonly type: "update";
      readonly move_path: string | null;
    };

/** `FileUpdateChange` of the protocol. */
export type FileUpdateChange = {
  readonly path: string;
  readonly kind: PatchChangeKind;
  readonly diff: string;
};

/** `MessagePhase` of the protocol. */
export type MessagePhase = "commentary" | "partial_answer" | "final_answer";

/** `DynamicToolCallOutputContentItem` of the protocol. */
export type DynamicToolCallOutputContentItem =
  | {
      readonly type: "inputText";
      readonly text: string;
    }
  | {
      readonly type: "inputImage";
      readonly imageUrl: string;
    }
  | {
      readonly type: "inputAudio";
      readonly audioUrl: string;
    };

/** `ThreadItem` of the protocol. */
export type ThreadItem =
  | {
      readonly type: "userMessage";
      readonly id: string;
      readonly clientId: string | null;
      readonly content: readonly UserInput[];
      readonly startedAtMs?: number | null | undefined;
      readonly completedAtMs?: number | null | undefined;
    }
  | {
      readonly type: "agentMessage";
      readonly id: string;
      readonly text: string;
      readonly phase: MessagePhase | null;
      readonly moderation: null;
      readonly memoryCitation: null;
      readonly delivery: null;
      readonly questions: null;
      readonly startedAtMs?: number | null | undefined;
      readonly completedAtMs?: number | null | undefined;
    }
  | {
      readonly type: "reasoning";
      readonly id: string;
      readonly summary: readonly string[];
      readonly content: readonly string[];
      readonly startedAtMs?: number | null | undefined;
      readonly completedAtMs?: number | null | undefined;
    }
  | {
      readonly type: "commandExecution";
      readonly id: string;
      readonly pluginId: null;
      readonly scriptPath: null;
      readonly command: string;
      readonly cwd: string;
      readonly processId: string | null;
      readonly source: "agent" | "userShell" | "unifiedExecStartup" | "unifiedExecInteraction";
      readonly status: CommandExecutionStatus;
      readonly commandActions: readonly CommandAction[];
      readonly aggregatedOutput: string | null;
      readonly exitCode: number | null;
      readonly durationMs: number | null;
      readonly startedAtMs?: number | null | undefined;
      readonly completedAtMs?: number | null | undefined;
    }
  | {
      readonly type: "fileChange";
      readonly id: string;
      readonly changes: readonly FileUpdateChange[];
      readonly status: PatchApplyStatus;
      readonly startedAtMs?: number | null | undefined;
      readonly completedAtMs?: number | null | undefined;
    }
  | {
      readonly type: "dynamicToolCall";
      readonly id: string;
      readonly namespace: string | null;
      readonly tool: string;
      readonly arguments: unknown;
      readonly status: DynamicToolCallStatus;
      readonly contentItems: readonly DynamicToolCallOutputContentItem[] | null;
      readonly success: boolean | null;
      readonly durationMs: number | null;
      readonly startedAtMs?: number | null | undefined;
      readonly completedAtMs?: number | null | undefined;
    };

/** `ItemStartedNotification` of the protocol. */
export type ItemStartedNotification = {
  readonly item: ThreadItem;
  readonly threadId: string;
  readonly turnId: string;
  readonly startedAtMs: number;
};

/** `ItemCompletedNotification` of the protocol. */
export type ItemCompletedNotification = {
  readonly item: ThreadItem;
  readonly threadId: string;
  readonly turnId: string;
  readonly contentTokenCount?: number | null | undefined;
  readonly completedAtMs: number;
};

/** `AgentMessageDeltaNotification` of the protocol. */
export type AgentMessageDeltaNotification = {
  readonly threadId: string;
  readonly turnId: string;
  readonly itemId: string;
  readonly delta: string;
};

/** `CommandExecutionOutputDeltaNotification` of the protocol. */
export type CommandExecutionOutputDeltaNotification = {
  readonly threadId: string;
  readonly turnId: string;
  readonly itemId: string;
  readonly delta: string;
};

/** `TerminalInteractionNotification` of the protocol. */
export type TerminalInteractionNotification = {
  readonly threadId: string;
  readonly turnId: string;
  readonly itemId: string;
  readonly processId: string;
  readonly stdin: string;
};

/** `FileChangePatchUpdatedNotification` of the protocol. */
export type FileChangePatchUpdatedNotification = {
  readonly threadId: string;
  readonly turnId: string;
  readonly itemId: string;
  readonly changes: readonly FileUpdateChange[];
};

/** `ReasoningSummaryPartAddedNotification` of the protocol. */
export type ReasoningSummaryPartAddedNotification = {
  readonly threadId: string;
  readonly turnId: string;
  readonly itemId: string;
  readonly summaryIndex: number;
};

/** `ReasoningSummaryTextDeltaNotification` of the protocol. */
export type ReasoningSummaryTextDeltaNotification = {
  readonly threadId: string;
  readonly turnId: string;
  readonly itemId: string;
  readonly delta: string;
  readonly summaryIndex: number;
};

/** `ReasoningTextDeltaNotification` of the protocol. */
export type ReasoningTextDeltaNotification = {
  readonly threadId: string;
  readonly turnId: string;
  readonly itemId: string;
  readonly delta: string;
  readonly contentIndex: number;
};

/** `ExecPolicyAmendment` of the protocol. */
export type ExecPolicyAmendment = readonly string[];

/** `CommandExecutionApprovalDecision` of the protocol. */
export type CommandExecutionApprovalDecision =
  | "accept"
  | "acceptForSession"
  | "decline"
  | "cancel"
  | {
      readonly acceptWithExecpolicyAmendment: {
        readonly execpolicy_amendment: ExecPolicyAmendment;
      };
    };

/** `FileChangeApprovalDecision` of the protocol. */
export type FileChangeApprovalDecision = "accept" | "acceptForSession" | "decline" | "cancel";

/** `CommandExecutionRequestApprovalParams` of the protocol. */
export type CommandExecutionRequestApprovalParams = {
  readonly kind: "command" | "humanCommand" | "writeStdin";
  readonly threadId: string;
  readonly turnId: string;
  readonly itemId: string;
  readonly startedAtMs: number;
  readonly approvalId?: string | null | undefined;
  readonly environmentId: string | null;
  readonly reason?: string | null | undefined;
  readonly networkApprovalContext?: null | undefined;
  readonly command?: string | null | undefined;
  readonly cwd?: string | null | undefined;
  readonly commandActions?: readonly CommandAction[] | null | undefined;
  readonly proposedExecpolicyAmendment?: ExecPolicyAmendment | null | undefined;
  readonly proposedNetworkPolicyAmendments?: null | undefined;
  readonly availableDecisions?: readonly CommandExecutionApprovalDecision[] | null | undefined;
};

/** `CommandExecutionRequestApprovalResponse` of the protocol. */
export type CommandExecutionRequestApprovalResponse = {
  readonly decision: CommandExecutionApprovalDecision;
};

/** `FileChangeRequestApprovalParams` of the protocol. */
export type FileChangeRequestApprovalParams = {
  readonly threadId: string;
  readonly turnId: string;
  readonly itemId: string;
  readonly startedAtMs: number;
  readonly reason?: string | null | undefined;
  readonly grantRoot?: string | null | undefined;
};

/** `FileChangeRequestApprovalResponse` of the protocol. */
export type FileChangeRequestApprovalResponse = {
  readonly decision: FileChangeApprovalDecision;
};

/** `DynamicToolCallParams` of the protocol. */
export type DynamicToolCallParams = {
  readonly threadId: string;
  readonly turnId: string;
  readonly callId: string;
  readonly namespace: string | null;
  readonly tool: string;
  readonly arguments: unknown;
};

/** `DynamicToolCallResponse` of the protocol. */
export type DynamicToolCallResponse = {
  readonly contentItems: readonly DynamicToolCallOutputContentItem[];
  readonly success: boolean;
};
