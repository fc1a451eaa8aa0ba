/**
 * The methods of the account.
 * @module
 */
import type { Grant } from "../../auth/token-source.ts";
import { isPlanportError } from "../../errors.ts";
import type { Client, Handlers, RequestContext } from "../handlers.ts";
import type { GetAccountResponse, LoginAccountParams, LoginAccountResponse } from "../protocol/types/account.ts";
import { invalidRequest } from "../rpc-errors.ts";
import type { Account } from "./account.ts";
import { planOf } from "./auth.ts";
import type { AskForTokens } from "./external.ts";
import { type RateLimitsOptions, readRateLimits } from "./rate-limits.ts";
import { readTokenUsage } from "./token-usage.ts";

/** Where a browser is sent at the end of a sign-in, when the client wants no page of this machine. */
const HOSTED_SUCCESS_URL = "https://chatgpt.com/codex/open-app?source=login&app_brand=";
const UUID = /^[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}$/i;

/** Serves the methods whose names begin with `account/`, and `getAuthStatus`. */
export function accountHandlers(account: Account, limits: RateLimitsOptions): Handlers {
  return {
    "account/read": async ({ refreshToken }) => {
      if (refreshToken === true) await account.renew();
      return readAccount(account);
    },
    getAuthStatus: async ({ includeToken, refreshToken }) => {
      const { requiresOpenaiAuth } = account;
      if (refreshToken === true) await account.renew();
      const auth = account.current();
      if (auth === null || !requiresOpenaiAuth) return { authMethod: null, authToken: null, requiresOpenaiAuth };
      return {
        authMethod: auth.mode,
        authToken: includeToken === true ? await tokenOf(account) : null,
        requiresOpenaiAuth,
      };
    },
    "account/login/start": (params, context) => startLogin(account, params, context),
    "account/login/cancel": ({ loginId }) => {
      if (!UUID.test(loginId)) throw invalidRequest(`invalid login id: ${loginId}`);
      return { status: account.signIns.cancel(loginId) ? "canceled" : "notFound" };
    },
    "account/logout": async (_params, { afterAnswer }) => {
      const updated = await account.logout();
      afterAnswer(() => account.tell(updated));
      return {};
    },
    "account/rateLimits/read": async (params) => {
      const grant = await planGrant(account, "read rate limits");
      return readRateLimits(limits, grant, params?.excludeResetCreditDetails !== true);
    },
    "account/usage/read": async () => readTokenUsage(limits, await planGrant(account, "read token usage")),
  };
}

async function planGrant(account: Account, doing: string): Promise<Grant> {
  const auth = account.current();
  if (auth === null) throw invalidRequest(`codex account authentication required to ${doing}`);
  if (auth.mode === "apikey") throw invalidRequest(`chatgpt authentication required to ${doing}`);
  return auth.source.get();
}

async function readAccount(account: Account): Promise<GetAccountResponse> {
  const { requiresOpenaiAuth } = account;
  const nobody = { account: null, userId: null, requiresOpenaiAuth, workspaceRouting: null };
  const auth = account.current();
  if (auth === null || !requiresOpenaiAuth || auth.isOver?.() === true) return nobody;
  if (auth.mode === "apikey") return { ...nobody, account: { type: "apiKey" } };
  const { grant, workspace } = await account.workspace();
  return {
    account: { type: "chatgpt", email: grant.email, planType: planOf(grant), workspaceName: workspace?.name ?? null },
    userId: grant.userId,
    requiresOpenaiAuth,
    workspaceRouting: workspace?.routing ?? null,
  };
}

/** A personal access token is nobody's business but the server's. */
async function tokenOf(account: Account): Promise<string | null> {
  const auth = account.current();
  if (auth === null || auth.mode === "personalAccessToken" || auth.isOver?.() === true) return null;
  try {
    return (await auth.source.get()).bearer.reveal();
  } catch (error) {
    if (!isPlanportError(error)) throw error;
    return null;
  }
}

async function startLogin(
  account: Account,
  params: LoginAccountParams,
  context: RequestContext,
): Promise<LoginAccountResponse> {
  if (params.type === "apiKey" || params.type === "chatgptAuthTokens") {
    account.assertMay(params.type === "apiKey" ? "api" : "external");
    if (params.type === "apiKey") await account.storeApiKey(params.apiKey);
    else await account.push(params, askerOf(context.client));
    context.afterAnswer(() => account.announce(null));
    return { type: params.type };
  }
  account.assertMay("chatgpt");
  if (params.type === "chatgptDeviceCode") return { type: params.type, ...(await account.signIns.device()) };
  const successUrl =
    params.useHostedLoginSuccessPage === true ? HOSTED_SUCCESS_URL + (params.appBrand ?? "codex") : undefined;
  return { type: params.type, ...(await account.signIns.browser({ successUrl })) };
}

/** The client that pushed the tokens is the one that is asked for others. */
function askerOf(client: Client): AskForTokens {
  return (previousAccountId, options) =>
    client.request("account/chatgptAuthTokens/refresh", { reason: "unauthorized", previousAccountId }, options);
}
