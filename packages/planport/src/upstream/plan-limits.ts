/**
 * What a plan's limits mean: which windows there are, which of them blocks, and until when.
 * @module
 */
import { type JsonObject, asString, isJsonObject } from "../protocol/json.ts";
import type { UsageBody, UsageCredits, UsageSnapshot, UsageWindow } from "../protocol/usage.ts";
import { usageFromBody } from "./rate-limits.ts";

/** One window of a limit. */
export interface PlanWindow {
  /** `5-hour`, `weekly`, or by its length: `daily`, `monthly`, `3-day`, `90-minute`; `primary` or `secondary` when that is unknown. */
  readonly name: string;
  readonly minutes: number | null;
  readonly usedPercent: number;
  /** Milliseconds since the epoch. */
  readonly resetsAtMs: number | null;
  /** It is used up, and has not been reset since. */
  readonly blocks: boolean;
}

/** One limit with its windows. */
export interface PlanLimit {
  /** `codex` is the plan's main one. */
  readonly id: string;
  readonly windows: readonly PlanWindow[];
  /** The window that keeps calls from being answered: of several the one that is reset last. Null: none does. */
  readonly blockedBy: PlanWindow | null;
}

/** All limits of a plan. */
export interface PlanUsage {
  readonly planType: string | null;
  /** The main limit first. */
  readonly limits: readonly PlanLimit[];
  readonly credits: UsageCredits | null;
  /** Whether the plan answers calls now: as the backend says, else by what its windows and credits say. */
  readonly allowed: boolean;
}

const FIVE_HOURS = 300;
const DAY = 1440;
const WEEK = 10_080;
const MONTH = 43_200;
const NAMED: readonly (readonly [minutes: number, name: string])[] = [
  [FIVE_HOURS, "5-hour"],
  [DAY, "daily"],
  [WEEK, "weekly"],
  [MONTH, "monthly"],
];
/** The backend rounds lengths now and then: 299 minutes are five hours, too. */
const TOLERANCE_MINUTES = 3;

/** What a window is called, by its length in minutes; null when that is unknown. */
export function windowName(minutes: number | null): string | null {
  if (minutes === null || !(minutes > 0)) return null;
  const known = NAMED.find(([length]) => Math.abs(length - minutes) <= TOLERANCE_MINUTES);
  if (known !== undefined) return known[1];
  if (minutes % DAY === 0) return `${minutes / DAY}-day`;
  return minutes % 60 === 0 ? `${minutes / 60}-hour` : `${Math.round(minutes)}-minute`;
}

/**
 * Reads one limit.
 * @param nowMs Milliseconds since the epoch: a window whose reset is past does not block.
 * @param reached True when the backend says that the limit is reached: then the window that is used most blocks, even below 100 %.
 */
export function planLimit(snapshot: UsageSnapshot, nowMs: number, reached = false): PlanLimit {
  const read = (window: UsageWindow | null, place: string): PlanWindow[] =>
    window === null
      ? []
      : [
          {
            name: windowName(window.windowMinutes) ?? place,
            minutes: window.windowMinutes,
            usedPercent: window.usedPercent,
            resetsAtMs: window.resetsAtMs,
            blocks: window.usedPercent >= 100 && (window.resetsAtMs === null || window.resetsAtMs > nowMs),
          },
        ];
  const windows = [...read(snapshot.primary, "primary"), ...read(snapshot.secondary, "secondary")];
  if (reached && !windows.some((window) => window.blocks)) markMostUsed(windows);
  const blocking = windows.filter((window) => window.blocks);
  const blockedBy = blocking.toSorted((a, b) => resetOf(b) - resetOf(a))[0] ?? null;
  return { id: snapshot.limitId ?? "codex", windows, blockedBy };
}

function markMostUsed(windows: PlanWindow[]): void {
  const most = Math.max(...windows.map((window) => window.usedPercent));
  const index = windows.findIndex((window) => window.usedPercent === most);
  const found = windows[index];
  if (found !== undefined) windows[index] = { ...found, blocks: true };
}

/** A window of which nobody knows when it is reset may hold longest. */
function resetOf(window: PlanWindow): number {
  return window.resetsAtMs ?? Number.POSITIVE_INFINITY;
}

/** Reads the body of the usage endpoint. */
export function planUsage(body: UsageBody, nowMs: number): PlanUsage {
  const main = isJsonObject(body.rate_limit) ? body.rate_limit : {};
  const snapshot = usageFromBody(body);
  const credits = snapshot?.credits ?? null;
  const limits = snapshot === null ? [] : [planLimit(snapshot, nowMs, main["limit_reached"] === true)];
  const others = Array.isArray(body["additional_rate_limits"]) ? body["additional_rate_limits"] : [];
  for (const other of others.filter(isJsonObject)) limits.push(...additionalLimit(other, nowMs));
  const hasCredits = credits !== null && (credits.unlimited || (credits.hasCredits && Number(credits.balance) !== 0));
  const blocked = (limits[0]?.blockedBy ?? null) !== null;
  const allowed = typeof main["allowed"] === "boolean" ? main["allowed"] : !blocked || hasCredits;
  return { planType: asString(body.plan_type) ?? null, limits, credits, allowed };
}

function additionalLimit(limit: JsonObject, nowMs: number): PlanLimit[] {
  const own = isJsonObject(limit["rate_limit"]) ? limit["rate_limit"] : {};
  const snapshot = usageFromBody({ rate_limit: own });
  if (snapshot === null) return [];
  const id = asString(limit["metered_feature"]) ?? asString(limit["limit_name"]) ?? "other";
  return [planLimit({ ...snapshot, limitId: id }, nowMs, own["limit_reached"] === true)];
}

/** {@link planUsage} as a JSON document: times in Unix seconds, as the backend has them. */
export function toUsageDocument(usage: PlanUsage, nowMs: number): JsonObject {
  const seconds = (timeMs: number | null): number | null => (timeMs === null ? null : Math.floor(timeMs / 1000));
  const toWindow = (window: PlanWindow): JsonObject => ({
    name: window.name,
    window_minutes: window.minutes,
    used_percent: window.usedPercent,
    remaining_percent: Math.min(100, Math.max(0, 100 - window.usedPercent)),
    resets_at: seconds(window.resetsAtMs),
    resets_in_seconds: window.resetsAtMs === null ? null : Math.max(0, Math.ceil((window.resetsAtMs - nowMs) / 1000)),
    blocks: window.blocks,
  });
  const blockedBy = usage.limits[0]?.blockedBy ?? null;
  return {
    object: "usage",
    plan_type: usage.planType,
    allowed: usage.allowed,
    blocked_by: blockedBy === null ? null : toWindow(blockedBy),
    limits: usage.limits.map(({ id, windows, blockedBy: own }) => ({
      id,
      windows: windows.map(toWindow),
      blocked_by: own?.name ?? null,
    })),
    credits:
      usage.credits === null
        ? null
        : {
            has_credits: usage.credits.hasCredits,
            unlimited: usage.credits.unlimited,
            balance: usage.credits.balance,
          },
  };
}

/**
 * A limit as headers: `x-planport-limit-5-hour-used-percent`, `x-planport-limit-5-hour-reset-at` (Unix seconds), the same for
 * each other window, and `x-planport-limit-blocked-by` with the name of the window that blocks.
 */
export function limitHeaders({ windows, blockedBy }: PlanLimit): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const { name, usedPercent, resetsAtMs } of windows) {
    headers[`x-planport-limit-${name}-used-percent`] = String(usedPercent);
    if (resetsAtMs !== null) headers[`x-planport-limit-${name}-reset-at`] = String(Math.floor(resetsAtMs / 1000));
  }
  if (blockedBy !== null) headers["x-planport-limit-blocked-by"] = blockedBy.name;
  return headers;
}
