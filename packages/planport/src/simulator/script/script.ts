/**
 * Which call meets which effect: a queue that is used up, and rules that stay.
 * @module
 */
import type { Effect } from "./effect.ts";

/**
 * What can be made to fail. `responses` is each model call over either transport, `prewarm` a WebSocket's call with
 * `generate: false` (Codex begins with one), `websocket` the upgrade.
 */
export const TARGETS = [
  "responses",
  "prewarm",
  "websocket",
  "images",
  "models",
  "usage",
  "accountsCheck",
  "configBundle",
  "authorize",
  "token",
  "revoke",
  "apiKeyExchange",
  "deviceUserCode",
  "deviceToken",
  "whoami",
  "discovery",
  "jwks",
] as const;

/** See {@link TARGETS}. */
export type Target = (typeof TARGETS)[number];

/** Which calls an entry is for. Fields left out match anything. */
export interface Match {
  readonly target: Target;
  /** Of `token`: `authorization_code`, `refresh_token`. */
  readonly grantType?: string;
  /** Of `responses`. */
  readonly model?: string;
  readonly transport?: "http" | "websocket";
}

/** What a call is, for matching. */
export interface CallFacts {
  readonly target: Target;
  readonly transport: "http" | "websocket";
  readonly grantType?: string | undefined;
  readonly model?: string | undefined;
}

/** The failures a simulator is to show. The oldest matching entry of the queue comes before any rule. */
export interface Script {
  /** The next matching call meets the effects. */
  push(match: Target | Match, ...effects: Effect[]): void;
  /** Every matching call meets the effects until the returned function is called. */
  always(match: Target | Match, ...effects: Effect[]): () => void;
  /** Forgets everything. */
  clear(): void;
  /** How many entries of the queue no call has met yet. */
  readonly pending: number;
}

/** A script as the server uses it. */
export interface ScriptQueue extends Script {
  /** What this call meets; an entry of the queue is used up by it. */
  take(call: CallFacts): readonly Effect[];
}

interface Entry {
  readonly match: Match;
  readonly effects: readonly Effect[];
}

const NOTHING: readonly Effect[] = [];

/** Makes an empty script. */
export function createScript(): ScriptQueue {
  const queue: Entry[] = [];
  const rules: Entry[] = [];
  const entryOf = (match: Target | Match, effects: readonly Effect[]): Entry => ({
    match: typeof match === "string" ? { target: match } : match,
    effects,
  });
  return {
    push(match, ...effects) {
      queue.push(entryOf(match, effects));
    },
    always(match, ...effects) {
      const entry = entryOf(match, effects);
      rules.push(entry);
      return () => {
        const index = rules.indexOf(entry);
        if (index !== -1) rules.splice(index, 1);
      };
    },
    clear() {
      queue.length = 0;
      rules.length = 0;
    },
    get pending() {
      return queue.length;
    },
    take(call) {
      const index = queue.findIndex((entry) => matches(entry.match, call));
      if (index !== -1) return queue.splice(index, 1)[0]?.effects ?? NOTHING;
      return rules.find((entry) => matches(entry.match, call))?.effects ?? NOTHING;
    },
  };
}

function matches(match: Match, call: CallFacts): boolean {
  return (
    match.target === call.target &&
    (match.grantType === undefined || match.grantType === call.grantType) &&
    (match.model === undefined || match.model === call.model) &&
    (match.transport === undefined || match.transport === call.transport)
  );
}
