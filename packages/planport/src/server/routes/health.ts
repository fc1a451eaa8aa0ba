/**
 * `GET /healthz`: that the gateway is up. Asks nobody else.
 * @module
 */
import { type GatewayContext, sendJson } from "./context.ts";
import type { Exchange } from "../exchange.ts";

/** Answers `{status, version, uptimeSeconds}`. */
export function health(exchange: Exchange, context: GatewayContext): void {
  const uptimeSeconds = Math.max(0, Math.floor((context.now() - context.startedAtMs) / 1000));
  sendJson(exchange, { status: "ok", version: context.version, uptimeSeconds }, { "cache-control": "no-store" });
}
