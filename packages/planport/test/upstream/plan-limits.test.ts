import { describe, expect, it } from "vitest";
import type { UsageSnapshot } from "../../src/protocol/usage.ts";
import { limitHeaders, planLimit, planUsage, toUsageDocument, windowName } from "../../src/upstream/plan-limits.ts";

const NOW = 1_000_000_000_000;
const HOUR = 3_600_000;
const snapshot = (
  first: number,
  second: number,
  resets: [number | null, number | null] = [HOUR, 5 * HOUR],
): UsageSnapshot => ({
  limitId: "codex",
  planType: null,
  credits: null,
  primary: { usedPercent: first, windowMinutes: 300, resetsAtMs: resets[0] === null ? null : NOW + resets[0] },
  secondary: { usedPercent: second, windowMinutes: 10_080, resetsAtMs: resets[1] === null ? null : NOW + resets[1] },
});
const body = (fields: Record<string, unknown> = {}) => ({
  plan_type: "pro",
  rate_limit: {
    primary_window: { used_percent: 8, limit_window_seconds: 18_000, reset_at: NOW / 1000 + 3600 },
    secondary_window: { used_percent: 100, limit_window_seconds: 604_800, reset_at: NOW / 1000 + 7200 },
    ...fields,
  },
});

describe("a window", () => {
  it("is known by its minutes: 300 are the 5-hour one, 10080 the weekly one, others go by their length", () => {
    expect([300, 299, 10_080, 10_079, 1440, 43_200, 4320, 120, 45].map(windowName)).toEqual([
      "5-hour",
      "5-hour",
      "weekly",
      "weekly",
      "daily",
      "monthly",
      "3-day",
      "2-hour",
      "45-minute",
    ]);
    expect([null, 0, -1, Number.NaN].map(windowName)).toEqual([null, null, null, null]);
  });

  it("is known by its minutes whichever place it stands in, and by its place when nobody tells them", () => {
    const { primary, secondary } = snapshot(1, 2);
    const swapped = planLimit({ ...snapshot(1, 2), primary: secondary, secondary: primary }, NOW);
    expect(swapped.windows.map((window) => window.name)).toEqual(["weekly", "5-hour"]);
    const bare = { usedPercent: 5, windowMinutes: null, resetsAtMs: null };
    const nameless = planLimit({ ...snapshot(1, 2), primary: bare, secondary: bare }, NOW);
    expect(nameless.windows.map((window) => window.name)).toEqual(["primary", "secondary"]);
  });

  it("blocks when it is used up, until its reset", () => {
    expect(planLimit(snapshot(100, 40), NOW).blockedBy?.name).toBe("5-hour");
    expect(planLimit(snapshot(40, 101), NOW).blockedBy?.name).toBe("weekly");
    expect(planLimit(snapshot(99, 99), NOW).blockedBy).toBeNull();
    expect(planLimit(snapshot(100, 40), NOW + HOUR).blockedBy).toBeNull();
  });

  it("that is reset last is the one that blocks, of two that are used up", () => {
    expect(planLimit(snapshot(100, 100), NOW).blockedBy?.name).toBe("weekly");
    expect(planLimit(snapshot(100, 100, [6 * HOUR, HOUR]), NOW).blockedBy?.name).toBe("5-hour");
    expect(planLimit(snapshot(100, 100, [null, HOUR]), NOW).blockedBy?.name).toBe("5-hour");
  });

  it("that is used most blocks when the backend says that the limit is reached below 100 %", () => {
    expect(planLimit(snapshot(97, 60), NOW, true).blockedBy?.name).toBe("5-hour");
    expect(planLimit({ ...snapshot(1, 1), primary: null, secondary: null }, NOW, true).blockedBy).toBeNull();
  });
});

describe("a plan's usage", () => {
  it("names the windows, the one that blocks, and when it is reset", () => {
    const usage = planUsage(body(), NOW);
    expect(usage.allowed).toBe(false);
    expect(usage.limits[0]?.blockedBy).toEqual({
      name: "weekly",
      minutes: 10_080,
      usedPercent: 100,
      resetsAtMs: NOW + 2 * HOUR,
      blocks: true,
    });
  });

  it("goes by what the backend says is allowed, else by windows and credits", () => {
    expect(planUsage(body({ allowed: true }), NOW).allowed).toBe(true);
    const paid = (credits: Record<string, unknown>) => planUsage({ ...body(), credits }, NOW).allowed;
    expect(paid({ has_credits: true, unlimited: false, balance: "12.5" })).toBe(true);
    expect(paid({ has_credits: true, unlimited: false, balance: "0" })).toBe(false);
    expect(paid({ has_credits: false, unlimited: true })).toBe(true);
    expect(planUsage(body({ secondary_window: null }), NOW).allowed).toBe(true);
  });

  it("holds further limits by their own names", () => {
    const extra = { limit_name: "Fox", metered_feature: "codex_bengalfox", rate_limit: { ...body().rate_limit } };
    const { limits } = planUsage({ ...body(), additional_rate_limits: [extra, "?", {}] }, NOW);
    expect(limits.map((limit) => [limit.id, limit.blockedBy?.name])).toEqual([
      ["codex", "weekly"],
      ["codex_bengalfox", "weekly"],
    ]);
  });

  it("is a document of plain numbers, and empty for an empty body", () => {
    expect(toUsageDocument(planUsage(body(), NOW), NOW)).toMatchObject({
      object: "usage",
      plan_type: "pro",
      allowed: false,
      blocked_by: { name: "weekly", window_minutes: 10_080, resets_at: 1_000_007_200, resets_in_seconds: 7200 },
      limits: [{ id: "codex", blocked_by: "weekly", windows: [{ name: "5-hour", remaining_percent: 92 }, {}] }],
    });
    expect(toUsageDocument(planUsage({}, NOW), NOW)).toEqual({
      object: "usage",
      plan_type: null,
      allowed: true,
      blocked_by: null,
      limits: [],
      credits: null,
    });
  });
});

describe("the headers of a limit", () => {
  it("name each window with what is used and when it is reset, and the one that blocks", () => {
    expect(limitHeaders(planLimit(snapshot(8.5, 100), NOW))).toEqual({
      "x-planport-limit-5-hour-used-percent": "8.5",
      "x-planport-limit-5-hour-reset-at": "1000003600",
      "x-planport-limit-weekly-used-percent": "100",
      "x-planport-limit-weekly-reset-at": "1000018000",
      "x-planport-limit-blocked-by": "weekly",
    });
    expect(limitHeaders(planLimit(snapshot(1, 1, [null, null]), NOW))).toEqual({
      "x-planport-limit-5-hour-used-percent": "1",
      "x-planport-limit-weekly-used-percent": "1",
    });
  });
});
