/**
 * Options for planport in a call of the AI SDK: `providerOptions.planport`, and those for `openai` that mean the same here.
 * @module
 */
import { isJsonObject, type JsonObject } from "../../protocol/json.ts";
import { PROVIDER } from "./own-metadata.ts";
import type { CallWarning } from "./types.ts";

/** `providerOptions.planport` of a call. The names are those of `@ai-sdk/openai`, whose options are taken as well. */
export interface PlanportCallOptions {
  /** `none`, `minimal`, `low`, `medium`, `high`, `xhigh`, `max`, `ultra`; fitted to the model. */
  readonly reasoningEffort?: string | undefined;
  /** `auto`, `concise`, `detailed`: the model tells what it thinks. */
  readonly reasoningSummary?: string | undefined;
  /** `low`, `medium`, `high`. */
  readonly textVerbosity?: string | undefined;
  /** `auto`, `default`, `fast` (or `priority`), `flex`. */
  readonly serviceTier?: string | undefined;
  /** Goes to the model as its instructions; the system messages follow. */
  readonly instructions?: string | undefined;
  /** The conversation's place in the prompt cache. Default: made from what stays the same in a conversation. */
  readonly promptCacheKey?: string | undefined;
  /** The conversation, as Codex names it to the backend; stands for the prompt cache's key as well. */
  readonly threadId?: string | undefined;
  /** False: one call of a tool at a time. */
  readonly parallelToolCalls?: boolean | undefined;
  /** Whether a schema is kept to the letter. Default: when it is one that can be. */
  readonly strictJsonSchema?: boolean | undefined;
  /** A plan's backend keeps nothing, and true is told of; with an API key it goes out as it is. Default false. */
  readonly store?: boolean | undefined;
  /** What planport itself needs, sealed reasoning, is asked for beside it. */
  readonly include?: string[] | undefined;
  /** The four go out with an API key alone. */
  readonly metadata?: Record<string, string> | undefined;
  readonly user?: string | undefined;
  readonly safetyIdentifier?: string | undefined;
  readonly truncation?: string | undefined;
}

/** The options of the wire that have a field of their own. */
const FIELDS: Readonly<Record<string, string>> = {
  serviceTier: "service_tier",
  promptCacheKey: "prompt_cache_key",
  parallelToolCalls: "parallel_tool_calls",
  store: "store",
  include: "include",
  metadata: "metadata",
  user: "user",
  safetyIdentifier: "safety_identifier",
  truncation: "truncation",
  promptCacheRetention: "prompt_cache_retention",
  previousResponseId: "previous_response_id",
  conversation: "conversation",
};

/** Options that are read by name. */
const READ: ReadonlySet<string> = new Set([
  "reasoningEffort",
  "reasoningSummary",
  "textVerbosity",
  "instructions",
  "threadId",
  "strictJsonSchema",
]);

/** What becomes of changes that the backend's side makes, in the AI SDK's words. */
export const OPTION_NAMES: ReadonlyMap<string, string> = new Map([
  ...Object.entries(FIELDS).map(([name, field]): [string, string] => [field, name]),
  ["reasoning.effort", "reasoningEffort"],
  ["reasoning.summary", "reasoningSummary"],
  ["text.verbosity", "textVerbosity"],
  ["top_p", "topP"],
  ["max_output_tokens", "maxOutputTokens"],
  // Nobody asked for these.
  ["instructions", ""],
  ["stream", ""],
]);

/** The options of a call, read. */
export interface ReadOptions {
  readonly own: PlanportCallOptions;
  /** Fields of the request. */
  readonly fields: JsonObject;
}

/** Reads the options; unknown ones are told of. Those for planport win over those for `openai`. */
export function readOptions(
  given: Readonly<Record<string, unknown>> | undefined,
  warnings: CallWarning[],
): ReadOptions {
  const known: JsonObject = {};
  for (const provider of ["openai", PROVIDER]) {
    const options = given?.[provider];
    if (!isJsonObject(options)) continue;
    for (const [name, value] of Object.entries(options)) {
      if (value === undefined || value === null) continue;
      if (READ.has(name) || Object.hasOwn(FIELDS, name)) known[name] = value;
      else warnings.push({ type: "unsupported", feature: `providerOptions.${provider}.${name}` });
    }
  }
  const fields = Object.entries(known).flatMap(([name, value]): [string, unknown][] => {
    const field = Object.hasOwn(FIELDS, name) ? FIELDS[name] : undefined;
    return field === undefined ? [] : [[field, value]];
  });
  return { own: known, fields: Object.fromEntries(fields) };
}
