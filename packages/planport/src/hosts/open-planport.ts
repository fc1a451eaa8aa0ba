/**
 * A planport for a library that tries again by itself.
 * @module
 */
import type { Planport, PlanportOptions } from "../planport.ts";

/** Opens one, with the few quick retries of a gateway unless `options` say otherwise. Loads what connects only now. */
export async function openPlanport(options: PlanportOptions): Promise<Planport> {
  const { createPlanport } = await import("../planport.ts");
  const { GENTLE_RETRY_POLICY } = await import("../upstream/retry.ts");
  // The library tries again by itself, and has a time limit: what does not pass within seconds is for it to know.
  return createPlanport({ ...options, retry: { ...GENTLE_RETRY_POLICY, ...options.retry } });
}
