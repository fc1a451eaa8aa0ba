/**
 * The account: who is signed in, how to sign in and out, limits.
 * @module
 */
import * as z from "zod";
import { int, json, mapOf, maybe, namesFor } from "./vocabulary.ts";

const named = namesFor("account");

/** Kinds of sign-in that the protocol knows; planport has the first three of them, and personal access tokens. */
const authModes = [
  "apikey",
  "chatgpt",
  "chatgptAuthTokens",
  "headers",
  "agentIdentity",
  "personalAccessToken",
  "bedrockApiKey",
  "bedrockAccessKeys",
] as const;

/** Plans that the protocol can name; every other one is `unknown` to it. */
export const PLAN_TYPES: readonly string[] = (
  "free go plus pro prolite promax team self_serve_business_prolite self_serve_business_usage_based business ent26 " +
  "enterprise_cbp_automation enterprise_cbp_usage_based enterprise edu edu_plus edu_pro sci sci_plus unknown"
).split(" ");

const AuthMode = named("AuthMode", z.enum(authModes));
const PlanType = named("PlanType", z.enum(PLAN_TYPES));

const ClientInfo = named("ClientInfo", z.object({ name: z.string(), title: maybe(z.string()), version: z.string() }));
const InitializeCapabilities = named(
  "InitializeCapabilities",
  z.object({
    experimentalApi: z.boolean().optional(),
    requestAttestation: z.boolean().optional(),
    requiredHumanApproval: z.boolean().optional(),
    explicitGatewayOauth: z.boolean().optional(),
    mcpServerOpenaiFormElicitation: z.boolean().optional(),
    optOutNotificationMethods: maybe(z.array(z.string())),
    extensions: maybe(mapOf(json)),
  }),
);

/** Params of `initialize`. */
export const InitializeParams: z.ZodType = named(
  "InitializeParams",
  z.object({ clientInfo: ClientInfo, capabilities: maybe(InitializeCapabilities) }),
);
/** Result of `initialize`. */
export const InitializeResponse: z.ZodType = named(
  "InitializeResponse",
  z.object({ userAgent: z.string(), codexHome: z.string(), platformFamily: z.string(), platformOs: z.string() }),
);

const Account = named(
  "Account",
  z.discriminatedUnion("type", [
    z.object({ type: z.literal("apiKey") }),
    z.object({
      type: z.literal("chatgpt"),
      email: z.nullable(z.string()),
      planType: PlanType,
      workspaceName: z.nullable(z.string()),
    }),
  ]),
);
const WorkspaceRouting = named(
  "WorkspaceRouting",
  z.object({
    chatgptAccountId: z.string(),
    backendOrigin: z.string(),
    accountRoutingOverride: z.enum(["NO_CONSTRAINT", "us", "us_cr"]),
  }),
);

/** Params of `account/read`. */
export const GetAccountParams: z.ZodType = named(
  "GetAccountParams",
  z.object({ refreshToken: z.boolean().optional() }),
);
/** Result of `account/read`. */
export const GetAccountResponse: z.ZodType = named(
  "GetAccountResponse",
  z.object({
    account: z.nullable(Account),
    userId: z.nullable(z.string()),
    requiresOpenaiAuth: z.boolean(),
    workspaceRouting: z.nullable(WorkspaceRouting),
  }),
);

/** Params of `account/login/start`. */
export const LoginAccountParams: z.ZodType = named(
  "LoginAccountParams",
  z.discriminatedUnion("type", [
    z.object({ type: z.literal("apiKey"), apiKey: z.string() }),
    z.object({
      type: z.literal("chatgpt"),
      codexStreamlinedLogin: z.boolean().optional(),
      useHostedLoginSuccessPage: z.boolean().optional(),
      appBrand: maybe(z.enum(["codex", "chatgpt"])),
    }),
    z.object({ type: z.literal("chatgptDeviceCode") }),
    z.object({
      type: z.literal("chatgptAuthTokens"),
      accessToken: z.string(),
      chatgptAccountId: z.string(),
      chatgptPlanType: maybe(z.string()),
    }),
  ]),
);
/** Result of `account/login/start`. */
export const LoginAccountResponse: z.ZodType = named(
  "LoginAccountResponse",
  z.discriminatedUnion("type", [
    z.object({ type: z.literal("apiKey") }),
    z.object({ type: z.literal("chatgpt"), loginId: z.string(), authUrl: z.string() }),
    z.object({
      type: z.literal("chatgptDeviceCode"),
      loginId: z.string(),
      verificationUrl: z.string(),
      userCode: z.string(),
    }),
    z.object({ type: z.literal("chatgptAuthTokens") }),
  ]),
);
/** Params of `account/login/cancel`. */
export const CancelLoginAccountParams: z.ZodType = named("CancelLoginAccountParams", z.object({ loginId: z.string() }));
/** Result of `account/login/cancel`. */
export const CancelLoginAccountResponse: z.ZodType = named(
  "CancelLoginAccountResponse",
  z.object({ status: z.enum(["canceled", "notFound"]) }),
);
/** Result of `account/logout`. */
export const LogoutAccountResponse: z.ZodType = named("LogoutAccountResponse", z.object({}));

/** Params of `account/login/completed`. */
export const AccountLoginCompletedNotification: z.ZodType = named(
  "AccountLoginCompletedNotification",
  z.object({
    loginId: z.nullable(z.string()),
    success: z.boolean(),
    error: z.nullable(z.string()),
    onboardingEntrypoint: z.null(),
  }),
);
/** Params of `account/updated`. */
export const AccountUpdatedNotification: z.ZodType = named(
  "AccountUpdatedNotification",
  z.object({ authMode: z.nullable(AuthMode), planType: z.nullable(PlanType) }),
);

/** Params of the server's request for new tokens. */
export const ChatgptAuthTokensRefreshParams: z.ZodType = named(
  "ChatgptAuthTokensRefreshParams",
  z.object({ reason: z.enum(["unauthorized"]), previousAccountId: maybe(z.string()) }),
);
/** The client's answer to it. */
export const ChatgptAuthTokensRefreshResponse: z.ZodType = named(
  "ChatgptAuthTokensRefreshResponse",
  z.object({ accessToken: z.string(), chatgptAccountId: z.string(), chatgptPlanType: maybe(z.string()) }),
);

/** Params of `getAuthStatus`. */
export const GetAuthStatusParams: z.ZodType = named(
  "GetAuthStatusParams",
  z.object({ includeToken: maybe(z.boolean()), refreshToken: maybe(z.boolean()) }),
);
/** Result of `getAuthStatus`. */
export const GetAuthStatusResponse: z.ZodType = named(
  "GetAuthStatusResponse",
  z.object({
    authMethod: z.nullable(AuthMode),
    authToken: z.nullable(z.string()),
    requiresOpenaiAuth: z.nullable(z.boolean()),
  }),
);

const RateLimitWindow = named(
  "RateLimitWindow",
  z.object({ usedPercent: int, windowDurationMins: z.nullable(z.int()), resetsAt: z.nullable(z.int()) }),
);
const CreditsSnapshot = named(
  "CreditsSnapshot",
  z.object({ hasCredits: z.boolean(), unlimited: z.boolean(), balance: z.nullable(z.string()) }),
);
const RateLimitReachedType = named(
  "RateLimitReachedType",
  z.enum([
    "rate_limit_reached",
    "workspace_owner_credits_depleted",
    "workspace_member_credits_depleted",
    "workspace_owner_usage_limit_reached",
    "workspace_member_usage_limit_reached",
  ]),
);
const RateLimitSnapshot = named(
  "RateLimitSnapshot",
  z.object({
    limitId: z.nullable(z.string()),
    limitName: z.nullable(z.string()),
    normalModelSlug: z.nullable(z.string()),
    primary: z.nullable(RateLimitWindow),
    secondary: z.nullable(RateLimitWindow),
    credits: z.nullable(CreditsSnapshot),
    individualLimit: z.null(),
    spendControlReached: z.nullable(z.boolean()),
    planType: z.nullable(PlanType),
    rateLimitReachedType: z.nullable(RateLimitReachedType),
  }),
);
const RateLimitResetCreditsSummary = named(
  "RateLimitResetCreditsSummary",
  z.object({ availableCount: int, credits: z.nullable(z.array(json)) }),
);
/** Params of `account/rateLimits/read`. */
export const GetAccountRateLimitsParams: z.ZodType = named(
  "GetAccountRateLimitsParams",
  z.object({
    supportsLunaReserve: z.boolean().optional(),
    excludeResetCreditDetails: z.boolean().optional(),
  }),
);
/** Result of `account/rateLimits/read`. */
export const GetAccountRateLimitsResponse: z.ZodType = named(
  "GetAccountRateLimitsResponse",
  z.object({
    ordinaryUsageAllowed: z.nullable(z.boolean()),
    rateLimits: RateLimitSnapshot,
    rateLimitsByLimitId: z.nullable(mapOf(RateLimitSnapshot)),
    rateLimitResetCredits: z.nullable(RateLimitResetCreditsSummary),
    accountId: z.nullable(z.string()),
    rateLimitUpsell: z.null(),
  }),
);
/** Params of `account/rateLimits/updated`. */
export const AccountRateLimitsUpdatedNotification: z.ZodType = named(
  "AccountRateLimitsUpdatedNotification",
  z.object({ rateLimits: RateLimitSnapshot }),
);

const count = z.nullable(z.int());
/** Params of `account/usage/read`. */
export const GetAccountTokenUsageParams: z.ZodType = named("GetAccountTokenUsageParams", z.object({}));
/** Result of `account/usage/read`. */
export const GetAccountTokenUsageResponse: z.ZodType = named(
  "GetAccountTokenUsageResponse",
  z.object({
    summary: z.object({
      lifetimeTokens: count,
      peakDailyTokens: count,
      longestRunningTurnSec: count,
      currentStreakDays: count,
      longestStreakDays: count,
    }),
    dailyUsageBuckets: z.nullable(z.array(z.object({ startDate: z.string(), tokens: int }))),
  }),
);
