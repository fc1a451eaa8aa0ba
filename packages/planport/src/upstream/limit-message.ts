/**
 * Plan limits in words.
 * @module
 */
import type { UsedWindow } from "../errors.ts";
import type { FailureFacts } from "./failure-body.ts";

/** The line for an end user who has reached a limit of the plan, or whose plan has no Codex. */
export function describeLimit(
  code: "usage_limit_reached" | "usage_not_included",
  facts: Pick<FailureFacts, "planType" | "resetsAtMs"> & { readonly window?: UsedWindow | null },
  nowMs: number,
): string {
  const plan = facts.planType === null ? "ChatGPT plan" : `ChatGPT ${facts.planType} plan`;
  if (code === "usage_not_included") return `This ${plan} does not include Codex; another plan is needed.`;
  const limit = facts.window == null ? "usage limit" : `${facts.window.name} usage limit`;
  if (facts.resetsAtMs === null) return `The ${limit} of this ${plan} is reached; try again later.`;
  const stamp = new Date(facts.resetsAtMs).toISOString().replace(/\.\d{3}Z$/, "Z");
  return `The ${limit} of this ${plan} is reached; it resets in ${duration(facts.resetsAtMs - nowMs)} (${stamp}).`;
}

/** `20 seconds`, `10 minutes`, `3 hours`: rounded up, so that whoever waits as long has waited long enough. */
export function waitInWords(waitMs: number): string {
  const [count, unit] =
    waitMs < 90_000
      ? [Math.ceil(waitMs / 1000), "second"]
      : waitMs < 5_400_000
        ? [Math.ceil(waitMs / 60_000), "minute"]
        : [Math.ceil(waitMs / 3_600_000), "hour"];
  return `${count} ${unit}${count === 1 ? "" : "s"}`;
}

/** `2 d 3 h`, `3 h 20 min`, `5 min`, `less than a minute`. */
function duration(ms: number): string {
  const minutes = Math.ceil(ms / 60_000);
  if (minutes < 1) return "less than a minute";
  const days = Math.floor(minutes / 1440);
  const hours = Math.floor((minutes % 1440) / 60);
  const parts = days > 0 ? [`${days} d`, `${hours} h`] : [`${hours} h`, `${minutes % 60} min`];
  return parts.filter((part) => !part.startsWith("0 ")).join(" ");
}
