/**
 * Types of the protocol (account), made from the protocol's schemas by `npm run protocol`.
 * @module
 */

/** `AuthMode` of the protocol. */
export type AuthMode =
  | "apikey"
  | "chatgpt"
  | "chatgptAuthTokens"
  | "headers"
  | "agentIdentity"
  | "personalAccessToken"
  | "bedrockApiKey"
  | "bedrockAccessKeys";

/** `PlanType` of the protocol. */
export type PlanType =
  | "free"
  | "go"
  | "plus"
  | "pro"
  | "prolite"
  | "promax"
  | "team"
  | "self_serve_business_prolite"
  | "self_serve_business_usage_based"
  | "business"
  | "ent26"
  | "enterprise_cbp_automation"
  | "enterprise_cbp_usage_based"
  | "enterprise"
  | "edu"
  | "edu_plus"
  | "edu_pro"
  | "sci"
  | "sci_plus"
  | "unknown";

/** `ClientInfo` of the protocol. */
export type ClientInfo = {
  readonly name: string;
  readonly title?: string | null | undefined;
  readonly version: string;
};

/** `InitializeCapabilities` of the protocol. */
export type InitializeCapabilities = {
  readonly experimentalApi?: boolean | undefined;
  readonly requestAttestation?: boolean | undefined;
  readonly requiredHumanApproval?: boolean | undefined;
  readonly explicitGatewayOauth?: boolean | undefined;
  readonly mcpServerOpenaiFormElicitation?: boolean | undefined;
  readonly optOutNotificationMethods?: readonly string[] | null | undefined;
  readonly extensions?: Readonly<Record<string, unknown>> | null | undefined;
};

/** `InitializeParams` of the protocol. */
export type InitializeParams = {
  readonly clientInfo: ClientInfo;
  readonly capabilities?: InitializeCapabilities | null | undefined;
};

/** `InitializeResponse` of the protocol. */
export type InitializeResponse = {
  readonly userAgent: string;
  readonly codexHome: string;
  readonly platformFamily: string;
  readonly platformOs: string;
};

/** `Account` of the protocol. */
export type Account =
  | {
      readonly type: "apiKey";
    }
  | {
      readonly type: "chatgpt";
      readonly email: string | null;
      readonly planType: PlanType;
      readonly workspaceName: string | null;
    };

/** `WorkspaceRouting` of the protocol. */
export type WorkspaceRouting = {
  readonly chatgptAccountId: string;
  readonly backendOrigin: string;
  readonly accountRoutingOverride: "NO_CONSTRAINT" | "us" | "us_cr";
};

/** `GetAccountParams` of the protocol. */
export type GetAccountParams = {
  readonly refreshToken?: boolean | undefined;
};

/** `GetAccountResponse` of the protocol. */
export type GetAccountResponse = {
  readonly account: Account | null;
  readonly userId: string | null;
  readonly requiresOpenaiAuth: boolean;
  readonly workspaceRouting: WorkspaceRouting | null;
};

/** `LoginAccountParams` of the protocol. */
export type LoginAccountParams =
  | {
      readonly type: "apiKey";
      readonly apiKey: string;
    }
  | {
      readonly type: "chatgpt";
      readonly codexStreamlinedLogin?: boolean | undefined;
      readonly useHostedLoginSuccessPage?: boolean | undefined;
      readonly appBrand?: "codex" | "chatgpt" | null | undefined;
    }
  | {
      readonly type: "chatgptDeviceCode";
    }
  | {
      readonly type: "chatgptAuthTokens";
      readonly accessToken: string;
      readonly chatgptAccountId: string;
      readonly chatgptPlanType?: string | null | undefined;
    };

/** `LoginAccountResponse` of the protocol. */
export type LoginAccountResponse =
  | {
      readonly type: "apiKey";
    }
  | {
      readonly type: "chatgpt";
      readonly loginId: string;
      readonly authUrl: string;
    }
  | {
      readonly type: "chatgptDeviceCode";
      readonly loginId: string;
      readonly verificationUrl: string;
      readonly userCode: string;
    }
  | {
      readonly type: "chatgptAuthTokens";
    };

/** `CancelLoginAccountParams` of the protocol. */
export type CancelLoginAccountParams = {
  readonly loginId: string;
};

/** `CancelLoginAccountResponse` of the protocol. */
export type CancelLoginAccountResponse = {
  readonly status: "canceled" | "notFound";
};

/** `LogoutAccountResponse` of the protocol. */
export type LogoutAccountResponse = Readonly<Record<string, never>>;

/** `AccountLoginCompletedNotification` of the protocol. */
export type AccountLoginCompletedNotification = {
  readonly loginId: string | null;
  readonly success: boolean;
  readonly error: string | null;
  readonly onboardingEntrypoint: null;
};

/** `AccountUpdatedNotification` of the protocol. */
export type AccountUpdatedNotification = {
  readonly authMode: AuthMode | null;
  readonly planType: PlanType | null;
};

/** `ChatgptAuthTokensRefreshParams` of the protocol. */
export type ChatgptAuthTokensRefreshParams = {
  readonly reason: "unauthorized";
  readonly previousAccountId?: string | null | undefined;
};

/** `ChatgptAuthTokensRefreshResponse` of the protocol. */
export type ChatgptAuthTokensRefreshResponse = {
  readonly accessToken: string;
  readonly chatgptAccountId: string;
  readonly chatgptPlanType?: string | null | undefined;
};

/** `GetAuthStatusParams` of the protocol. */
export type GetAuthStatusParams = {
  readonly includeToken?: boolean | null | undefined;
  readonly refreshToken?: boolean | null | undefined;
};

/** `GetAuthStatusResponse` of the protocol. */
export type GetAuthStatusResponse = {
  readonly authMethod: AuthMode | null;
  readonly authToken: string | null;
  readonly requiresOpenaiAuth: boolean | null;
};

/** `RateLimitWindow` of the protocol. */
export type RateLimitWindow = {
  readonly usedPercent: number;
  readonly windowDurationMins: number | null;
  readonly resetsAt: number | null;
};

/** `CreditsSnapshot` of the protocol. */
export type CreditsSnapshot = {
  readonly hasCredits: boolean;
  readonly unlimited: boolean;
  readonly balance: string | null;
};

/** `RateLimitReachedType` of the protocol. */
export type RateLimitReachedType =
  | "rate_limit_reached"
  | "workspace_owner_credits_depleted"
  | "workspace_member_credits_depleted"
  | "workspace_owner_usage_limit_reached"
  | "workspace_member_usage_limit_reached";

/** `RateLimitSnapshot` of the protocol. */
export type RateLimitSnapshot = {
  readonly limitId: string | null;
  readonly limitName: string | null;
  readonly normalModelSlug: string | null;
  readonly primary: RateLimitWindow | null;
  readonly secondary: RateLimitWindow | null;
  readonly credits: CreditsSnapshot | null;
  readonly individualLimit: null;
  readonly spendControlReached: boolean | null;
  readonly planType: PlanType | null;
  readonly rateLimitReachedType: RateLimitReachedType | null;
};

/** `RateLimitResetCreditsSummary` of the protocol. */
export type RateLimitResetCreditsSummary = {
  readonly availableCount: number;
  readonly credits: readonly unknown[] | null;
};

/** `GetAccountRateLimitsParams` of the protocol. */
export type GetAccountRateLimitsParams = {
  readonly supportsLunaReserve?: boolean | undefined;
  readonly excludeResetCreditDetails?: boolean | undefined;
};

/** `GetAccountRateLimitsResponse` of the protocol. */
export type GetAccountRateLimitsResponse = {
  readonly ordinaryUsageAllowed: boolean | null;
  readonly rateLimits: RateLimitSnapshot;
  readonly rateLimitsByLimitId: Readonly<Record<string, RateLimitSnapshot>> | null;
  readonly rateLimitResetCredits: RateLimitResetCreditsSummary | null;
  readonly accountId: string | null;
  readonly rateLimitUpsell: null;
};

/** `AccountRateLimitsUpdatedNotification` of the protocol. */
export type AccountRateLimitsUpdatedNotification = {
  readonly rateLimits: RateLimitSnapshot;
};

/** `GetAccountTokenUsageParams` of the protocol. */
export type GetAccountTokenUsageParams = Readonly<Record<string, never>>;

/** `GetAccountTokenUsageResponse` of the protocol. */
export type GetAccountTokenUsageResponse = {
  readonly summary: {
    readonly lifetimeTokens: number | null;
    readonly peakDailyTokens: number | null;
    readonly longestRunningTurnSec: number | null;
    readonly currentStreakDays: number | null;
    readonly longestStreakDays: number | null;
  };
  readonly dailyUsageBuckets:
    | readonly {
        readonly startDate: string;
        readonly tokens: number;
      }[]
    | null;
};
