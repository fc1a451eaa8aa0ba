/**
 * How many tokens the account has used, in the shape of the protocol.
 * @module
 */
import type { Grant } from "../../auth/token-source.ts";
import { asNumber, asString, isJsonObject } from "../../protocol/json.ts";
import type { GetAccountTokenUsageResponse } from "../protocol/types/account.ts";
import { getJson, type RateLimitsOptions } from "./rate-limits.ts";

/**
 * Asks the backend for the account's profile.
 * @throws {ConfigError} `internal`, as {@link getJson}.
 */
export async function readTokenUsage(options: RateLimitsOptions, grant: Grant): Promise<GetAccountTokenUsageResponse> {
  const body = await getJson(options, grant, `${options.accountBase}/profiles/me`, "token usage profile");
  const stats = isJsonObject(body["stats"]) ? body["stats"] : {};
  const count = (key: string): number | null => {
    const value = asNumber(stats[key]);
    return value === undefined ? null : Math.trunc(value);
  };
  const buckets = stats["daily_usage_buckets"];
  return {
    summary: {
      lifetimeTokens: count("lifetime_tokens"),
      peakDailyTokens: count("peak_daily_tokens"),
      longestRunningTurnSec: count("longest_running_turn_sec"),
      currentStreakDays: count("current_streak_days"),
      longestStreakDays: count("longest_streak_days"),
    },
    dailyUsageBuckets: Array.isArray(buckets)
      ? buckets.filter(isJsonObject).map((bucket) => ({
          startDate: asString(bucket["start_date"]) ?? "",
          tokens: Math.trunc(asNumber(bucket["tokens"]) ?? 0),
        }))
      : null,
  };
}
