/**
 * Plan limits: the body of `GET /wham/usage` and the rate-limit headers of an answer.
 * @module
 */
import type { JsonObject } from "./json.ts";

/** One window of a limit, such as five hours or a week. */
export interface UsageWindow {
  readonly usedPercent: number;
  readonly windowMinutes: number | null;
  /** Milliseconds since the epoch. */
  readonly resetsAtMs: number | null;
}

/** Credits beyond the plan. */
export interface UsageCredits {
  readonly hasCredits: boolean;
  readonly unlimited: boolean;
  readonly balance: string | null;
}

/** What is left of a plan, from either source. */
export interface UsageSnapshot {
  readonly limitId: string | null;
  readonly planType: string | null;
  readonly primary: UsageWindow | null;
  readonly secondary: UsageWindow | null;
  readonly credits: UsageCredits | null;
}

/** The body of `GET /wham/usage`, as far as it is read. */
export interface UsageBody extends JsonObject {
  plan_type?: string | null;
  rate_limit?: JsonObject | null;
  credits?: JsonObject | null;
}
