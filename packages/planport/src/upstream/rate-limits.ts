/**
 * What is left of a plan: from the headers of an answer and from the usage endpoint
 * (openai/codex `codex-rs/codex-api/src/rate_limits.rs`).
 * @module
 */
import { type JsonObject, asNumber, asString, isJsonObject } from "../protocol/json.ts";
import type { UsageBody, UsageCredits, UsageSnapshot, UsageWindow } from "../protocol/usage.ts";

type Headers = Readonly<Record<string, string>>;

/** The family of limits whose headers are just `x-codex-…`. */
const DEFAULT_LIMIT = "codex";
const FAMILY_HEADER = /^x-(.+)-primary-used-percent$/;

/**
 * The limit that counted for an answer: the one that `x-codex-active-limit` names, else the default one. Null when the
 * answer has no rate-limit headers.
 * @param headers Names in lower case.
 */
export function usageFromHeaders(headers: Headers): UsageSnapshot | null {
  const active = headers["x-codex-active-limit"]?.trim().replaceAll("-", "_") ?? "";
  const all = allUsageFromHeaders(headers);
  const found = all.find((snapshot) => snapshot.limitId === active);
  if (found !== undefined) return found;
  const usual = all.find((snapshot) => snapshot.limitId === DEFAULT_LIMIT);
  if (usual === undefined) return null;
  return active === "" ? usual : { ...usual, limitId: active };
}

/** Every limit that the headers tell of, the default one first. */
export function allUsageFromHeaders(headers: Headers): UsageSnapshot[] {
  const ids = new Set([DEFAULT_LIMIT]);
  for (const name of Object.keys(headers)) {
    const family = FAMILY_HEADER.exec(name)?.[1];
    if (family !== undefined) ids.add(family);
  }
  const credits = creditsFromHeaders(headers);
  const snapshots: UsageSnapshot[] = [];
  for (const id of ids) {
    const primary = windowFromHeaders(headers, `x-${id}-primary`);
    const secondary = windowFromHeaders(headers, `x-${id}-secondary`);
    const own = id === DEFAULT_LIMIT ? credits : null;
    if (primary === null && secondary === null && own === null) continue;
    snapshots.push({ limitId: id.replaceAll("-", "_"), planType: null, primary, secondary, credits: own });
  }
  return snapshots;
}

/** A window counts only when it says something: used, a length, or a reset. */
function windowFromHeaders(headers: Headers, prefix: string): UsageWindow | null {
  const usedPercent = numberFrom(headers[`${prefix}-used-percent`]);
  if (usedPercent === null) return null;
  const windowMinutes = numberFrom(headers[`${prefix}-window-minutes`]);
  const resetAt = numberFrom(headers[`${prefix}-reset-at`]);
  if (usedPercent === 0 && (windowMinutes ?? 0) === 0 && resetAt === null) return null;
  return { usedPercent, windowMinutes, resetsAtMs: resetAt === null ? null : resetAt * 1000 };
}

function creditsFromHeaders(headers: Headers): UsageCredits | null {
  const hasCredits = flagFrom(headers["x-codex-credits-has-credits"]);
  const unlimited = flagFrom(headers["x-codex-credits-unlimited"]);
  if (hasCredits === null || unlimited === null) return null;
  const balance = headers["x-codex-credits-balance"]?.trim() ?? "";
  return { hasCredits, unlimited, balance: balance === "" ? null : balance };
}

function numberFrom(text: string | undefined): number | null {
  if (text === undefined || text.trim() === "") return null;
  const value = Number(text);
  return Number.isFinite(value) ? value : null;
}

function flagFrom(text: string | undefined): boolean | null {
  if (text === undefined) return null;
  if (/^(true|1)$/i.test(text.trim())) return true;
  return /^(false|0)$/i.test(text.trim()) ? false : null;
}

/** The plan's main limit from the body of the usage endpoint; null when the body has neither windows nor credits. */
export function usageFromBody(body: UsageBody): UsageSnapshot | null {
  const limit = isJsonObject(body.rate_limit) ? body.rate_limit : {};
  const primary = windowFromBody(limit["primary_window"]);
  const secondary = windowFromBody(limit["secondary_window"]);
  const credits = creditsFromBody(body.credits);
  const planType = asString(body.plan_type) ?? null;
  if (primary === null && secondary === null && credits === null && planType === null) return null;
  return { limitId: DEFAULT_LIMIT, planType, primary, secondary, credits };
}

function windowFromBody(value: unknown): UsageWindow | null {
  if (!isJsonObject(value)) return null;
  const usedPercent = asNumber(value["used_percent"]);
  if (usedPercent === undefined) return null;
  const seconds = asNumber(value["limit_window_seconds"]);
  const resetAt = asNumber(value["reset_at"]);
  return {
    usedPercent,
    windowMinutes: seconds === undefined ? null : Math.ceil(seconds / 60),
    resetsAtMs: resetAt === undefined ? null : resetAt * 1000,
  };
}

function creditsFromBody(value: JsonObject | null | undefined): UsageCredits | null {
  if (!isJsonObject(value)) return null;
  const balance = value["balance"];
  return {
    hasCredits: value["has_credits"] === true,
    unlimited: value["unlimited"] === true,
    balance: typeof balance === "number" ? String(balance) : (asString(balance) ?? null),
  };
}
