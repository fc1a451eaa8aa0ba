/**
 * The backend's addresses, under both bases that Codex knows.
 * @module
 */
import type { JsonObject } from "../../protocol/index.ts";
import type { SimulatedAccount } from "../accounts.ts";
import { authenticate, type Exchange, type Handler, type Route } from "../http/exchange.ts";
import { sendDetail, sendJson } from "../http/reply.ts";
import { limitHeaders, usageBody } from "./headers.ts";
import { imagePath } from "./images.ts";
import { handleResponses } from "./responses.ts";

/** Where the model calls live. */
export const CODEX_BASES: readonly string[] = ["/backend-api/codex", "/api/codex"];
const ACCOUNT_BASES: readonly string[] = ["/backend-api/wham", "/api/codex"];

/** All routes of the backend. */
export const backendRoutes: readonly Route[] = [
  ...CODEX_BASES.flatMap((base): Route[] => [
    { method: "POST", path: `${base}/responses`, target: "responses", handle: handleResponses },
    { method: "POST", path: `${base}/images/generations`, target: "images", handle: imagePath("generations") },
    { method: "POST", path: `${base}/images/edits`, target: "images", handle: imagePath("edits") },
    { method: "GET", path: `${base}/models`, target: "models", handle: withAccount(handleModels) },
  ]),
  ...ACCOUNT_BASES.flatMap((base): Route[] => [
    {
      method: "GET",
      path: `${base}/accounts/check`,
      target: "accountsCheck",
      handle: withAccount(handleAccountsCheck),
    },
    { method: "GET", path: `${base}/usage`, target: "usage", handle: withAccount(handleUsage) },
    { method: "GET", path: `${base}/config/bundle`, target: "configBundle", handle: withAccount(handleBundle) },
    { method: "GET", path: `${base}/rate-limit-reset-credits`, target: null, handle: withAccount(handleResetCredits) },
  ]),
];

type AccountHandler = (exchange: Exchange, account: SimulatedAccount) => void;

function withAccount(handle: AccountHandler): Handler {
  return (exchange) => {
    const account = authenticate(exchange.world, exchange.req);
    if (account === null) return sendDetail(exchange.res, 401, "Unauthorized");
    handle(exchange, account);
  };
}

function handleModels({ world, res }: Exchange, account: SimulatedAccount): void {
  const { catalogue } = world;
  sendJson(res, 200, { models: catalogue.models }, { etag: catalogue.etag, ...limitHeaders(account, world.nowMs()) });
}

function handleAccountsCheck({ world, res }: Exchange, account: SimulatedAccount): void {
  const entry: JsonObject = {
    id: account.id,
    name: null,
    plan_type: account.planType,
    structure: "personal",
    workspace_backend_origin: account.backendOrigin,
    account_routing_override: account.routingOverride,
  };
  sendJson(
    res,
    200,
    { accounts: [entry], account_ordering: [account.id], default_account_id: account.id },
    limitHeaders(account, world.nowMs()),
  );
}

function handleUsage({ world, res }: Exchange, account: SimulatedAccount): void {
  sendJson(res, 200, usageBody(account, world.nowMs()));
}

function handleBundle({ res }: Exchange): void {
  sendJson(res, 200, {});
}

function handleResetCredits({ res }: Exchange): void {
  sendJson(res, 200, { available_count: 0, credits: [] });
}
