/**
 * `GET /v1/usage`: how much of the plan is used, and what blocks it.
 * @module
 */
import { planUsage, toUsageDocument } from "../../upstream/plan-limits.ts";
import type { Exchange } from "../exchange.ts";
import { type GatewayContext, sendJson } from "./context.ts";

/**
 * The plan's windows by their lengths, the one that blocks, and credits; what the backend said of it all stands in `raw`.
 * @throws {RequestError} `not_supported` for an API key, which has no plan.
 */
export async function usage(exchange: Exchange, context: GatewayContext): Promise<void> {
  const raw = await context.client.usage({ signal: exchange.signal });
  const nowMs = context.now();
  sendJson(exchange, { ...toUsageDocument(planUsage(raw, nowMs), nowMs), raw }, { "cache-control": "no-store" });
}
