/**
 * What every route is given.
 * @module
 */
import type { Memory } from "../../memory/index.ts";
import type { Logger } from "../../observe/index.ts";
import type { Secret } from "../../secret.ts";
import type { Change } from "../../translate/index.ts";
import type { CodexClient, CodexResponse } from "../../upstream/types.ts";
import type { Exchange } from "../exchange.ts";
import type { GatewayProfiles } from "../profiles.ts";

/** The gateway's settings, defaults filled in. */
export interface GatewayContext {
  readonly client: CodexClient;
  /** Null when nothing is remembered. */
  readonly memory: Memory | null;
  readonly version: string;
  /** Whose credential goes with calls that are passed on. */
  readonly credentials: "own" | "passthrough";
  /** What is set about requests now: it may change between two of them. */
  readonly profiles: () => GatewayProfiles;
  /** Null without one. For keeping it out of what is passed on; comparing is the admission's. */
  readonly gatewayKey: Secret | null;
  readonly maxBodyBytes: number;
  readonly logger: Logger;
  readonly onChanges?: ((changes: readonly Change[]) => void) | undefined;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly newId: () => string;
  readonly keepAliveMs: number;
  readonly commitAfterMs: number;
  readonly unreadLimitMs: number;
  /** Milliseconds since the epoch. */
  readonly startedAtMs: number;
}

/** Answers one request, or throws what the gateway then answers with. */
export type Route = (exchange: Exchange, context: GatewayContext, params: Readonly<Record<string, string>>) => unknown;

/** A whole JSON answer. */
export function sendJson(exchange: Exchange, value: unknown, headers: Readonly<Record<string, string>> = {}): void {
  exchange.reply.send(200, { "content-type": "application/json; charset=utf-8", ...headers }, JSON.stringify(value));
}

/** Remembers for the access log who served. */
export function noteAnswer(exchange: Exchange, response: CodexResponse): void {
  if (response.requestId !== null) exchange.notes.upstreamRequestId = response.requestId;
  if (response.servedModel !== null) exchange.notes.servedModel = response.servedModel;
}

const SANE_THREAD = /^[\w.:-]{1,128}$/;

/** The conversation a client says it is in, by the headers that Codex uses: turns of one conversation share a cache. */
export function threadIdOf(exchange: Exchange): string | undefined {
  const { headers } = exchange;
  const id = headers["thread-id"] ?? headers["session-id"] ?? headers["session_id"];
  return id !== undefined && SANE_THREAD.test(id) ? id : undefined;
}
