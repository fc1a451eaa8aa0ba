/**
 * A sign-in that the server works with, whatever its kind.
 * @module
 */
import type { Grant, TokenSource } from "../../auth/token-source.ts";
import type { AuthMode, PlanType } from "../protocol/types/account.ts";
import { PLAN_TYPES } from "../protocol/account.ts";

/** One sign-in. */
export interface Auth {
  readonly mode: Extract<AuthMode, "apikey" | "chatgpt" | "chatgptAuthTokens" | "personalAccessToken">;
  /**
   * Its bearers. `recover` takes one step for each call with the grant that the last one gave, and is null when there is
   * no other: then the next request begins anew.
   */
  readonly source: TokenSource;
  /** Refreshes because a client asked for it; true when that brought something. Kinds that cannot lack it. */
  renew?(): Promise<boolean>;
  /** True once only a new sign-in helps. */
  isOver?(): boolean;
}

/** The plan in the words of the protocol. */
export function planOf(grant: Pick<Grant, "planType">): PlanType {
  const { planType } = grant;
  return (planType !== null && PLAN_TYPES.includes(planType) ? planType : "unknown") as PlanType;
}
