/**
 * The headers of every call to the backend (openai/codex `codex-rs/core/src/client.rs`, `codex-rs/codex-api/src`).
 * @module
 */
import type { Grant } from "../auth/token-source.ts";
import { type ClientIdentity, headerSafe } from "./identity.ts";

/** Values of `x-openai-account-routing-override`. */
export type RoutingOverride = "us" | "us_cr";

/** What {@link accountHeaders} needs. */
export interface CallerFacts {
  readonly identity: ClientIdentity;
  readonly clientVersion: string;
}

/** What a model call's headers say beyond who calls. */
export interface ResponsesHeaderFacts extends CallerFacts {
  readonly routingOverride: RoutingOverride | null;
  /** Of the conversation. */
  readonly threadId: string;
  readonly model: string;
  readonly serviceTier: string | null;
  /** The request is in Responses-Lite shape. */
  readonly lite: boolean;
  /** `x-codex-turn-state` of an earlier answer of the same turn; null when there was none. */
  readonly turnState: string | null;
}

const MAX_ID_CHARS = 200;

/**
 * Headers that say who calls. OpenAI's plain API is told nothing of what only the Codex backend knows.
 * @param grant Null for a call without a credential.
 */
export function accountHeaders(grant: Grant | null, facts: CallerFacts): Record<string, string> {
  if (grant?.kind === "apiKey")
    return {
      authorization: `Bearer ${grant.bearer.reveal()}`,
      "user-agent": facts.identity.userAgent,
      accept: "application/json",
    };
  const headers: Record<string, string> = {
    ...(grant !== null && { authorization: `Bearer ${grant.bearer.reveal()}` }),
    originator: facts.identity.originator,
    "user-agent": facts.identity.userAgent,
    version: facts.clientVersion,
    accept: "application/json",
  };
  if (grant !== null && grant.accountId !== null) headers["chatgpt-account-id"] = headerSafe(grant.accountId);
  if (grant?.fedramp === true) headers["x-openai-fedramp"] = "true";
  return headers;
}

/** Headers of `POST /responses`. */
export function responsesHeaders(grant: Grant | null, facts: ResponsesHeaderFacts): Record<string, string> {
  const headers = accountHeaders(grant, facts);
  const threadId = headerSafe(facts.threadId).slice(0, MAX_ID_CHARS);
  headers["accept"] = "text/event-stream";
  // Compressing would hold text back until there is enough of it, and nothing here undoes it.
  headers["accept-encoding"] = "identity";
  headers["content-type"] = "application/json";
  headers["x-client-request-id"] = threadId;
  if (grant?.kind === "apiKey") return headers;
  headers["session-id"] = threadId;
  headers["thread-id"] = threadId;
  headers["x-codex-routing-hint"] = routingHint(facts);
  if (facts.lite) headers["x-openai-internal-codex-responses-lite"] = "true";
  if (facts.routingOverride !== null) headers["x-openai-account-routing-override"] = facts.routingOverride;
  if (facts.turnState !== null) headers["x-codex-turn-state"] = headerSafe(facts.turnState);
  return headers;
}

function routingHint(facts: ResponsesHeaderFacts): string {
  const tier = facts.serviceTier === null ? "" : `;tier=${facts.serviceTier}`;
  return headerSafe(`model=${facts.model}${tier}`).slice(0, MAX_ID_CHARS);
}
