/**
 * The limits of the plan, in the shape of the protocol.
 * @module
 */
import { STATUS_CODES } from "node:http";
import type { Grant } from "../../auth/token-source.ts";
import { ConfigError, isPlanportError } from "../../errors.ts";
import type { HttpClient } from "../../net/types.ts";
import { asNumber, asString, isJsonObject, type JsonObject, tryParseJson } from "../../protocol/json.ts";
import { redactText } from "../../redact.ts";
import { accountHeaders, type CallerFacts } from "../../upstream/headers.ts";
import type { GetAccountRateLimitsResponse, RateLimitSnapshot } from "../protocol/types/account.ts";
import { planOf } from "./auth.ts";

/** Options of {@link readRateLimits}. */
export interface RateLimitsOptions {
  readonly http: HttpClient;
  readonly caller: CallerFacts;
  /** Base of what is about the account, without a slash at its end. */
  readonly accountBase: string;
}

const TIMEOUT_MS = 15_000;
const REACHED = new Set([
  "rate_limit_reached",
  "workspace_owner_credits_depleted",
  "workspace_member_credits_depleted",
  "workspace_owner_usage_limit_reached",
  "workspace_member_usage_limit_reached",
]);

/**
 * Asks the backend for the limits of a grant's plan, and how often they may be reset.
 * @throws {ConfigError} `internal` with address, status and body of an answer that is no success.
 */
export async function readRateLimits(
  options: RateLimitsOptions,
  grant: Grant,
  withResetCredits: boolean,
): Promise<GetAccountRateLimitsResponse> {
  const [credits, usage] = await Promise.all([
    withResetCredits ? countResets(options, grant) : null,
    getJson(options, grant, `${options.accountBase}/usage`),
  ]);
  const main = snapshotOf(usage, "codex", null, isJsonObject(usage["rate_limit"]) ? usage["rate_limit"] : null);
  const all: Record<string, RateLimitSnapshot> = { codex: main };
  for (const more of listOf(usage["additional_rate_limits"])) {
    const id = asString(more["metered_feature"]);
    if (id === undefined) continue;
    const limit = isJsonObject(more["rate_limit"]) ? more["rate_limit"] : null;
    all[id] = { ...snapshotOf({ plan_type: usage["plan_type"] }, id, asString(more["limit_name"]) ?? null, limit) };
  }
  const accountId = asString(usage["account_id"]) ?? null;
  const allowed = isJsonObject(usage["rate_limit"]) ? usage["rate_limit"]["allowed"] : undefined;
  return {
    // Only of the very account: an answer that names none, or another, says nothing of it.
    ordinaryUsageAllowed: accountId === grant.accountId && typeof allowed === "boolean" ? allowed : null,
    rateLimits: main,
    rateLimitsByLimitId: all,
    rateLimitResetCredits: credits ?? inlineResets(usage),
    accountId,
    rateLimitUpsell: null,
  };
}

function snapshotOf(
  usage: JsonObject,
  limitId: string,
  limitName: string | null,
  limit: JsonObject | null,
): RateLimitSnapshot {
  const plan = asString(usage["plan_type"]);
  const credits = isJsonObject(usage["credits"]) ? usage["credits"] : null;
  const spend = isJsonObject(usage["spend_control"]) ? usage["spend_control"]["reached"] : undefined;
  const reached = isJsonObject(usage["rate_limit_reached_type"])
    ? asString(usage["rate_limit_reached_type"]["type"])
    : undefined;
  return {
    limitId,
    limitName,
    normalModelSlug: null,
    primary: windowOf(limit?.["primary_window"]),
    secondary: windowOf(limit?.["secondary_window"]),
    credits:
      credits === null
        ? null
        : {
            hasCredits: credits["has_credits"] === true,
            unlimited: credits["unlimited"] === true,
            balance: asString(credits["balance"]) ?? null,
          },
    individualLimit: null,
    spendControlReached: typeof spend === "boolean" ? spend : null,
    planType: plan === undefined ? null : planOf({ planType: plan }),
    rateLimitReachedType: reached !== undefined && REACHED.has(reached) ? (reached as Reached) : null,
  };
}

type Reached = NonNullable<RateLimitSnapshot["rateLimitReachedType"]>;

function windowOf(value: unknown): RateLimitSnapshot["primary"] {
  if (!isJsonObject(value)) return null;
  const seconds = asNumber(value["limit_window_seconds"]);
  const resetsAt = asNumber(value["reset_at"]);
  return {
    usedPercent: Math.round(asNumber(value["used_percent"]) ?? 0),
    windowDurationMins: seconds === undefined ? null : Math.ceil(seconds / 60),
    resetsAt: resetsAt === undefined ? null : Math.trunc(resetsAt),
  };
}

function listOf(value: unknown): JsonObject[] {
  return Array.isArray(value) ? value.filter(isJsonObject) : [];
}

type Resets = GetAccountRateLimitsResponse["rateLimitResetCredits"];

/** Backends without such a thing say 404: that is no failure. */
async function countResets(options: RateLimitsOptions, grant: Grant): Promise<Resets> {
  try {
    const body = await getJson(options, grant, `${options.accountBase}/rate-limit-reset-credits`);
    const count = asNumber(body["available_count"]);
    if (count === undefined) return null;
    // What such a credit is made of nobody here has seen: that there are none is all that can be told of them.
    const none = Array.isArray(body["credits"]) && body["credits"].length === 0 ? [] : null;
    return { availableCount: Math.trunc(count), credits: none };
  } catch (error) {
    if (!isPlanportError(error)) throw error;
    return null;
  }
}

function inlineResets(usage: JsonObject): Resets {
  const inline = usage["rate_limit_reset_credits"];
  const count = isJsonObject(inline) ? asNumber(inline["available_count"]) : undefined;
  return count === undefined ? null : { availableCount: Math.trunc(count), credits: null };
}

/**
 * Fetches a JSON object about the account. A 401 is no reason to look for another bearer: Codex does not, either.
 * @throws {ConfigError} `internal` with address, status and body of an answer that is no success.
 */
export async function getJson(
  options: RateLimitsOptions,
  grant: Grant,
  url: string,
  what = "codex rate limits",
): Promise<JsonObject> {
  const fail = (why: string): ConfigError<"internal"> => new ConfigError("internal", `failed to fetch ${what}: ${why}`);
  let status: number;
  let type: string;
  let text: string;
  try {
    const answer = await options.http.fetch(url, {
      headers: accountHeaders(grant, options.caller),
      timeoutMs: TIMEOUT_MS,
    });
    status = answer.status;
    type = answer.headers.get("content-type") ?? "";
    text = await answer.text();
  } catch (error) {
    if (!isPlanportError(error)) throw error;
    throw fail(`error sending request for url (${url})`);
  }
  if (status < 200 || status > 299) {
    const reason = `${status} ${STATUS_CODES[status] ?? ""}`.trimEnd();
    throw fail(`GET ${url} failed: ${reason}; content-type=${type}; body=${redactText(text.slice(0, 2000))}`);
  }
  const body = tryParseJson(text);
  if (!isJsonObject(body)) throw fail(`GET ${url} failed: the answer is no JSON object`);
  return body;
}
