import { describe, expect, it } from "vitest";
import { allUsageFromHeaders, usageFromBody, usageFromHeaders } from "../../src/upstream/rate-limits.ts";

const headers = {
  "x-codex-primary-used-percent": "12.5",
  "x-codex-primary-window-minutes": "300",
  "x-codex-primary-reset-at": "1700000000",
  "x-codex-secondary-used-percent": "0",
  "x-codex-secondary-window-minutes": "10080",
  "x-codex-credits-has-credits": "True",
  "x-codex-credits-unlimited": "0",
  "x-codex-credits-balance": "12.5",
};

describe("limits in headers", () => {
  it("are read with their units", () => {
    expect(usageFromHeaders(headers)).toEqual({
      limitId: "codex",
      planType: null,
      primary: { usedPercent: 12.5, windowMinutes: 300, resetsAtMs: 1_700_000_000_000 },
      secondary: { usedPercent: 0, windowMinutes: 10080, resetsAtMs: null },
      credits: { hasCredits: true, unlimited: false, balance: "12.5" },
    });
  });

  it("are null when there are none, or when they say nothing", () => {
    expect(usageFromHeaders({ "content-type": "text/event-stream" })).toBeNull();
    expect(usageFromHeaders({ "x-codex-primary-used-percent": "0", "x-codex-primary-window-minutes": "0" })).toBeNull();
    expect(usageFromHeaders({ "x-codex-primary-used-percent": "lots" })).toBeNull();
  });

  it("of other families are found by their suffix", () => {
    const all = allUsageFromHeaders({ ...headers, "x-codex-bengalfox-primary-used-percent": "40" });
    expect(all.map((one) => [one.limitId, one.primary?.usedPercent])).toEqual([
      ["codex", 12.5],
      ["codex_bengalfox", 40],
    ]);
  });

  it("follow the active limit, by its own headers where it has some", () => {
    const family = { ...headers, "x-premium-primary-used-percent": "70" };
    expect(usageFromHeaders({ ...family, "x-codex-active-limit": "premium" })).toMatchObject({
      limitId: "premium",
      primary: { usedPercent: 70 },
    });
    expect(usageFromHeaders({ ...headers, "x-codex-active-limit": "premium" })).toMatchObject({
      limitId: "premium",
      primary: { usedPercent: 12.5 },
    });
  });
});

describe("limits in the usage body", () => {
  it("are read with their units", () => {
    const body = {
      plan_type: "pro",
      rate_limit: {
        allowed: true,
        primary_window: {
          used_percent: 8,
          limit_window_seconds: 18_000,
          reset_after_seconds: 6625,
          reset_at: 1_761_548_349,
        },
        secondary_window: null,
      },
      credits: { has_credits: true, unlimited: false, balance: 3 },
    };
    expect(usageFromBody(body)).toEqual({
      limitId: "codex",
      planType: "pro",
      primary: { usedPercent: 8, windowMinutes: 300, resetsAtMs: 1_761_548_349_000 },
      secondary: null,
      credits: { hasCredits: true, unlimited: false, balance: "3" },
    });
  });

  it("are null for a body that holds none", () => {
    expect(usageFromBody({})).toBeNull();
    expect(usageFromBody({ rate_limit: null, credits: null, plan_type: null })).toBeNull();
  });
});
