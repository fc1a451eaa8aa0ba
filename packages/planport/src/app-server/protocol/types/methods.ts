/**
 * The protocol's methods, made from the protocol's schemas by `npm run protocol`.
 * @module
 */
import type {
  AccountLoginCompletedNotification,
  AccountRateLimitsUpdatedNotification,
  AccountUpdatedNotification,
  CancelLoginAccountParams,
  CancelLoginAccountResponse,
  ChatgptAuthTokensRefreshParams,
  ChatgptAuthTokensRefreshResponse,
  GetAccountParams,
  GetAccountRateLimitsParams,
  GetAccountRateLimitsResponse,
  GetAccountResponse,
  GetAccountTokenUsageParams,
  GetAccountTokenUsageResponse,
  GetAuthStatusParams,
  GetAuthStatusResponse,
  InitializeParams,
  InitializeResponse,
  LoginAccountParams,
  LoginAccountResponse,
  LogoutAccountResponse,
} from "./account.ts";
import type {
  AgentMessageDeltaNotification,
  CommandExecutionOutputDeltaNotification,
  CommandExecutionRequestApprovalParams,
  CommandExecutionRequestApprovalResponse,
  DynamicToolCallParams,
  DynamicToolCallResponse,
  FileChangePatchUpdatedNotification,
  FileChangeRequestApprovalParams,
  FileChangeRequestApprovalResponse,
  ItemCompletedNotification,
  ItemStartedNotification,
  ReasoningSummaryPartAddedNotification,
  ReasoningSummaryTextDeltaNotification,
  ReasoningTextDeltaNotification,
  TerminalInteractionNotification,
} from "./items.ts";
import type {
  ConfigReadParams,
  ConfigReadResponse,
  ConfigRequirementsReadResponse,
  ModelListParams,
  ModelListResponse,
  ModelProviderCapabilitiesReadParams,
  ModelProviderCapabilitiesReadResponse,
  ModelProviderListParams,
  ModelProviderListResponse,
} from "./models.ts";
import type {
  ThreadArchiveParams,
  ThreadArchiveResponse,
  ThreadArchivedNotification,
  ThreadClosedNotification,
  ThreadForkParams,
  ThreadForkResponse,
  ThreadGoalClearedNotification,
  ThreadListParams,
  ThreadListResponse,
  ThreadLoadedListParams,
  ThreadLoadedListResponse,
  ThreadNameUpdatedNotification,
  ThreadReadParams,
  ThreadReadResponse,
  ThreadReadStateChangedNotification,
  ThreadResumeParams,
  ThreadResumeResponse,
  ThreadSetNameParams,
  ThreadSetNameResponse,
  ThreadStartParams,
  ThreadStartResponse,
  ThreadStartedNotification,
  ThreadStatusChangedNotification,
  ThreadUnsubscribeParams,
  ThreadUnsubscribeResponse,
} from "./threads.ts";
import type {
  ErrorNotification,
  ServerRequestResolvedNotification,
  ThreadTokenUsageUpdatedNotification,
  TurnCompletedNotification,
  TurnDiffUpdatedNotification,
  TurnInterruptParams,
  TurnInterruptResponse,
  TurnStartParams,
  TurnStartResponse,
  TurnStartedNotification,
  TurnSteerParams,
  TurnSteerResponse,
  WarningNotification,
} from "./turns.ts";

/** What a client may ask, by method. */
export interface ClientMethods {
  readonly initialize: { readonly params: InitializeParams; readonly result: InitializeResponse };
  readonly "account/read": { readonly params: GetAccountParams; readonly result: GetAccountResponse };
  readonly "account/login/start": { readonly params: LoginAccountParams; readonly result: LoginAccountResponse };
  readonly "account/login/cancel": {
    readonly params: CancelLoginAccountParams;
    readonly result: CancelLoginAccountResponse;
  };
  readonly "account/logout": { readonly params: undefined; readonly result: LogoutAccountResponse };
  readonly "account/rateLimits/read": {
    readonly params: GetAccountRateLimitsParams | undefined;
    readonly result: GetAccountRateLimitsResponse;
  };
  readonly "account/usage/read": {
    readonly params: GetAccountTokenUsageParams | undefined;
    readonly result: GetAccountTokenUsageResponse;
  };
  readonly getAuthStatus: { readonly params: GetAuthStatusParams; readonly result: GetAuthStatusResponse };
  readonly "model/list": { readonly params: ModelListParams; readonly result: ModelListResponse };
  readonly "modelProvider/list": {
    readonly params: ModelProviderListParams;
    readonly result: ModelProviderListResponse;
  };
  readonly "modelProvider/capabilities/read": {
    readonly params: ModelProviderCapabilitiesReadParams;
    readonly result: ModelProviderCapabilitiesReadResponse;
  };
  readonly "config/read": { readonly params: ConfigReadParams; readonly result: ConfigReadResponse };
  readonly "configRequirements/read": { readonly params: undefined; readonly result: ConfigRequirementsReadResponse };
  readonly "thread/start": { readonly params: ThreadStartParams; readonly result: ThreadStartResponse };
  readonly "thread/resume": { readonly params: ThreadResumeParams; readonly result: ThreadResumeResponse };
  readonly "thread/fork": { readonly params: ThreadForkParams; readonly result: ThreadForkResponse };
  readonly "thread/archive": { readonly params: ThreadArchiveParams; readonly result: ThreadArchiveResponse };
  readonly "thread/unsubscribe": {
    readonly params: ThreadUnsubscribeParams;
    readonly result: ThreadUnsubscribeResponse;
  };
  readonly "thread/name/set": { readonly params: ThreadSetNameParams; readonly result: ThreadSetNameResponse };
  readonly "thread/list": { readonly params: ThreadListParams; readonly result: ThreadListResponse };
  readonly "thread/loaded/list": { readonly params: ThreadLoadedListParams; readonly result: ThreadLoadedListResponse };
  readonly "thread/read": { readonly params: ThreadReadParams; readonly result: ThreadReadResponse };
  readonly "turn/start": { readonly params: TurnStartParams; readonly result: TurnStartResponse };
  readonly "turn/steer": { readonly params: TurnSteerParams; readonly result: TurnSteerResponse };
  readonly "turn/interrupt": { readonly params: TurnInterruptParams; readonly result: TurnInterruptResponse };
}

/** What the server may ask its client, by method. */
export interface ServerRequests {
  readonly "account/chatgptAuthTokens/refresh": {
    readonly params: ChatgptAuthTokensRefreshParams;
    readonly result: ChatgptAuthTokensRefreshResponse;
  };
  readonly "item/commandExecution/requestApproval": {
    readonly params: CommandExecutionRequestApprovalParams;
    readonly result: CommandExecutionRequestApprovalResponse;
  };
  readonly "item/fileChange/requestApproval": {
    readonly params: FileChangeRequestApprovalParams;
    readonly result: FileChangeRequestApprovalResponse;
  };
  readonly "item/tool/call": { readonly params: DynamicToolCallParams; readonly result: DynamicToolCallResponse };
}

/** Params of what the server tells, by method. */
export interface ServerNotifications {
  readonly "account/login/completed": AccountLoginCompletedNotification;
  readonly "account/updated": AccountUpdatedNotification;
  readonly "account/rateLimits/updated": AccountRateLimitsUpdatedNotification;
  readonly "thread/started": ThreadStartedNotification;
  readonly "thread/status/changed": ThreadStatusChangedNotification;
  readonly "thread/readState/changed": ThreadReadStateChangedNotification;
  readonly "thread/archived": ThreadArchivedNotification;
  readonly "thread/closed": ThreadClosedNotification;
  readonly "thread/name/updated": ThreadNameUpdatedNotification;
  readonly "thread/goal/cleared": ThreadGoalClearedNotification;
  readonly error: ErrorNotification;
  readonly "turn/started": TurnStartedNotification;
  readonly "turn/completed": TurnCompletedNotification;
  readonly "turn/diff/updated": TurnDiffUpdatedNotification;
  readonly "thread/tokenUsage/updated": ThreadTokenUsageUpdatedNotification;
  readonly "serverRequest/resolved": ServerRequestResolvedNotification;
  readonly warning: WarningNotification;
  readonly "item/started": ItemStartedNotification;
  readonly "item/completed": ItemCompletedNotification;
  readonly "item/agentMessage/delta": AgentMessageDeltaNotification;
  readonly "item/commandExecution/outputDelta": CommandExecutionOutputDeltaNotification;
  readonly "item/commandExecution/terminalInteraction": TerminalInteractionNotification;
  readonly "item/fileChange/patchUpdated": FileChangePatchUpdatedNotification;
  readonly "item/reasoning/summaryPartAdded": ReasoningSummaryPartAddedNotification;
  readonly "item/reasoning/summaryTextDelta": ReasoningSummaryTextDeltaNotification;
  readonly "item/reasoning/textDelta": ReasoningTextDeltaNotification;
}
