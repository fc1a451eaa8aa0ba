/**
 * Everything that can be said: what a client may ask, what the server asks it, and what the server tells.
 * @module
 */
import type * as z from "zod";
import {
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
import { withAccountOfIdToken } from "./earlier-form.ts";
import { itemNotifications, itemRequests } from "./items.ts";
import {
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
import { threadMethods, threadNotifications } from "./threads.ts";
import { turnMethods, turnNotifications } from "./turns.ts";

/** One thing that a client may ask. */
export interface MethodSpec {
  /** Null where there are none: nothing, null or an empty object is what may come then. */
  readonly params: z.ZodType | null;
  /** True where the params may be left out altogether. */
  readonly optional?: boolean;
  readonly result: z.ZodType;
  /** Needs the capability `experimentalApi`. */
  readonly experimental?: boolean;
  /** Fields of the params that need it. */
  readonly experimentalFields?: readonly string[];
  /** Kinds of params, by their `type`, that need it. */
  readonly experimentalVariants?: readonly string[];
  /** Makes the params' present form of an earlier one; whatever else comes it leaves as it is. */
  readonly accept?: (params: unknown) => unknown;
}

/** One thing that the server may ask its client. */
export interface ServerRequestSpec {
  readonly params: z.ZodType;
  readonly result: z.ZodType;
  /** As that of {@link MethodSpec}, for the answer. */
  readonly accept?: (answer: unknown) => unknown;
}

const {
  "thread/start": threadStart,
  "thread/resume": threadResume,
  "thread/fork": threadFork,
  ...threads
} = threadMethods;
const { "turn/start": turnStart, "turn/steer": turnSteer, ...turns } = turnMethods;
type Spec = { readonly params: z.ZodType; readonly result: z.ZodType };
const folders = ["permissions", "runtimeWorkspaceRoots"];

/** What a client may ask, by method. */
export const clientMethods: Readonly<Record<string, MethodSpec>> = {
  initialize: { params: InitializeParams, result: InitializeResponse },
  "account/read": { params: GetAccountParams, result: GetAccountResponse },
  "account/login/start": {
    params: LoginAccountParams,
    result: LoginAccountResponse,
    experimentalVariants: ["chatgptAuthTokens"],
    accept: withAccountOfIdToken,
  },
  "account/login/cancel": { params: CancelLoginAccountParams, result: CancelLoginAccountResponse },
  "account/logout": { params: null, result: LogoutAccountResponse },
  "account/rateLimits/read": {
    params: GetAccountRateLimitsParams,
    optional: true,
    result: GetAccountRateLimitsResponse,
  },
  "account/usage/read": { params: GetAccountTokenUsageParams, optional: true, result: GetAccountTokenUsageResponse },
  getAuthStatus: { params: GetAuthStatusParams, result: GetAuthStatusResponse },
  "model/list": { params: ModelListParams, result: ModelListResponse },
  "modelProvider/list": { params: ModelProviderListParams, result: ModelProviderListResponse },
  "modelProvider/capabilities/read": {
    params: ModelProviderCapabilitiesReadParams,
    result: ModelProviderCapabilitiesReadResponse,
  },
  "config/read": { params: ConfigReadParams, result: ConfigReadResponse },
  "configRequirements/read": { params: null, result: ConfigRequirementsReadResponse },
  "thread/start": {
    ...(threadStart as Spec),
    experimentalFields: [
      ...folders,
      "allowProviderModelFallback",
      "daybreakEnabled",
      "dynamicTools",
      "environments",
      "experimentalRawEvents",
      "historyMode",
      "mockExperimentalField",
      "multiAgentMode",
      "projectId",
      "selectedCapabilityRoots",
    ],
  },
  "thread/resume": {
    ...(threadResume as Spec),
    experimentalFields: [...folders, "history", "initialTurnsPage", "path"],
  },
  "thread/fork": {
    ...(threadFork as Spec),
    experimentalFields: [
      ...folders,
      "attachToSource",
      "beforeTurnId",
      "deferGoalContinuation",
      "path",
      "experimentalDisablePredictionMcp",
      "experimentalPredictionMode",
    ],
  },
  ...threads,
  "turn/start": {
    ...(turnStart as Spec),
    experimentalFields: [
      ...folders,
      "additionalContext",
      "collaborationMode",
      "cyberAccessProgram",
      "environments",
      "multiAgentMode",
      "responsesapiClientMetadata",
      "responsesapiClientMetadataPatch",
    ],
  },
  "turn/steer": {
    ...(turnSteer as Spec),
    experimentalFields: ["additionalContext", "responsesapiClientMetadata", "responsesapiClientMetadataPatch"],
  },
  ...turns,
};

/** What the server may ask its client, by method. */
export const serverRequests: Readonly<Record<string, ServerRequestSpec>> = {
  "account/chatgptAuthTokens/refresh": {
    params: ChatgptAuthTokensRefreshParams,
    result: ChatgptAuthTokensRefreshResponse,
    accept: withAccountOfIdToken,
  },
  ...itemRequests,
};

/** Params of what the server tells, by method. */
export const serverNotifications: Readonly<Record<string, z.ZodType>> = {
  "account/login/completed": AccountLoginCompletedNotification,
  "account/updated": AccountUpdatedNotification,
  "account/rateLimits/updated": AccountRateLimitsUpdatedNotification,
  ...threadNotifications,
  ...turnNotifications,
  ...itemNotifications,
};
