/**
 * What the backend says about limits, in headers, in `/wham/usage` and on a WebSocket
 * (openai/codex `codex-rs/codex-api/src/rate_limits.rs`).
 * @module
 */
import type { JsonObject } from "../../protocol/index.ts";
import { exhaustedWindow, type SimulatedAccount, type SimulatedWindow, windowResetMs } from "../accounts.ts";

const toSeconds = (ms: number): number => Math.floor(ms / 1000);

/** The rate-limit headers of an answer. */
export function limitHeaders(account: SimulatedAccount, nowMs: number): Record<string, string> {
  const headers: Record<string, string> = { "x-codex-active-limit": "codex", "x-codex-plan-type": account.planType };
  const { credits } = account.usage;
  for (const name of ["primary", "secondary"] as const) {
    const window = account.usage[name];
    if (window === null) continue;
    headers[`x-codex-${name}-used-percent`] = String(window.usedPercent);
    headers[`x-codex-${name}-window-minutes`] = String(window.windowMinutes);
    headers[`x-codex-${name}-reset-at`] = String(toSeconds(windowResetMs(window, nowMs)));
  }
  if (credits !== null) {
    headers["x-codex-credits-has-credits"] = String(credits.hasCredits);
    headers["x-codex-credits-unlimited"] = String(credits.unlimited);
    if (credits.balance !== null) headers["x-codex-credits-balance"] = credits.balance;
  }
  return headers;
}

/** The `codex.rate_limits` event of a WebSocket. */
export function limitEvent(account: SimulatedAccount, nowMs: number): JsonObject {
  const window = (one: SimulatedWindow | null): JsonObject | null =>
    one && {
      used_percent: one.usedPercent,
      window_minutes: one.windowMinutes,
      reset_at: toSeconds(windowResetMs(one, nowMs)),
    };
  const { primary, secondary, credits } = account.usage;
  return {
    type: "codex.rate_limits",
    plan_type: account.planType,
    rate_limits: { primary: window(primary), secondary: window(secondary) },
    credits: credits && { has_credits: credits.hasCredits, unlimited: credits.unlimited, balance: credits.balance },
    metered_limit_name: "codex",
  };
}

/** The body of `/wham/usage`. */
export function usageBody(account: SimulatedAccount, nowMs: number): JsonObject {
  const window = (one: SimulatedWindow | null): JsonObject | null => {
    if (one === null) return null;
    const resetMs = windowResetMs(one, nowMs);
    return {
      used_percent: one.usedPercent,
      limit_window_seconds: one.windowMinutes * 60,
      reset_after_seconds: Math.max(0, Math.ceil((resetMs - nowMs) / 1000)),
      reset_at: toSeconds(resetMs),
    };
  };
  const { primary, secondary, credits } = account.usage;
  const reached = exhaustedWindow(account.usage, nowMs) !== null;
  return {
    plan_type: account.planType,
    user_id: account.userId,
    account_id: account.id,
    email: account.email,
    rate_limit: {
      allowed: !reached,
      limit_reached: reached,
      primary_window: window(primary),
      secondary_window: window(secondary),
    },
    additional_rate_limits: [],
    credits: credits && { has_credits: credits.hasCredits, unlimited: credits.unlimited, balance: credits.balance },
  };
}

/** The refusal of a call whose plan is used up; null while there is something left. */
export function limitRefusal(account: SimulatedAccount, nowMs: number): { status: 429; body: JsonObject } | null {
  const window = exhaustedWindow(account.usage, nowMs);
  if (window === null) return null;
  const resetMs = windowResetMs(window, nowMs);
  const error = {
    type: "usage_limit_reached",
    message: "The usage limit has been reached",
    plan_type: account.planType,
    resets_at: toSeconds(resetMs),
    resets_in_seconds: Math.max(0, Math.ceil((resetMs - nowMs) / 1000)),
  };
  return { status: 429, body: { error } };
}
