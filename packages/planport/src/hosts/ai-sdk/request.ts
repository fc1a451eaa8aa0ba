/**
 * A call of the AI SDK as a Responses request.
 * @module
 */
import type { JsonObject } from "../../protocol/json.ts";
import type { ResponsesRequest } from "../../protocol/responses/request.ts";
import { type Change, inClientWords } from "../../translate/change.ts";
import { OPTION_NAMES, readOptions } from "./options.ts";
import { toItems } from "./prompt.ts";
import { isStrictSchema } from "./schema.ts";
import { toToolChoice, toTools, type TranslatedTools } from "./tools.ts";
import type { CallOptions, CallWarning } from "./types.ts";

/** A call, translated. */
export interface TranslatedCall {
  readonly request: ResponsesRequest;
  /** The conversation, where the caller names one. */
  readonly threadId: string | undefined;
  readonly tools: TranslatedTools;
  readonly warnings: CallWarning[];
}

/**
 * Translates a call. `temperature`, `topP` and `maxOutputTokens` go along: an API key's backend takes them, and a plan's leaves
 * them out and says so.
 * @throws {RequestError} `request_invalid` naming the part of the prompt that cannot be sent.
 */
export function toRequest(modelId: string, options: CallOptions): TranslatedCall {
  const warnings = droppedSettings(options);
  const { own, fields } = readOptions(options.providerOptions, warnings);
  const tools = toTools(options.tools, warnings);
  const { system, items } = toItems(options.prompt, tools.custom, warnings);
  const texts = own.instructions === undefined ? system : [own.instructions, ...system];
  const effort = own.reasoningEffort ?? usualEffort(options.reasoning);
  const choice = tools.tools.length === 0 ? undefined : toToolChoice(options.toolChoice, tools);
  return {
    request: withoutUndefined({
      model: modelId,
      input: [...items],
      store: false,
      instructions: texts.length === 0 ? undefined : texts.join("\n\n"),
      tools: tools.tools.length === 0 ? undefined : tools.tools,
      tool_choice: choice,
      reasoning: some({ effort, summary: own.reasoningSummary }),
      text: some({ verbosity: own.textVerbosity, format: formatOf(options.responseFormat, own.strictJsonSchema) }),
      temperature: options.temperature,
      top_p: options.topP,
      max_output_tokens: options.maxOutputTokens,
      ...fields,
    }) as unknown as ResponsesRequest,
    threadId: own.threadId,
    tools,
    warnings,
  };
}

/** Settings for which the Responses API has no field at all. */
function droppedSettings(options: CallOptions): CallWarning[] {
  const { stopSequences, topK, seed, presencePenalty, frequencyPenalty, headers = {} } = options;
  const dropped = {
    stopSequences: stopSequences !== undefined && stopSequences.length > 0,
    topK: topK !== undefined,
    seed: seed !== undefined,
    // Zero asks for what happens anyway.
    presencePenalty: (presencePenalty ?? 0) !== 0,
    frequencyPenalty: (frequencyPenalty ?? 0) !== 0,
    headers: Object.keys(headers).some((name) => name.toLowerCase() !== "user-agent" && headers[name] !== undefined),
  };
  return Object.entries(dropped).flatMap(([feature, isDropped]): CallWarning[] =>
    isDropped ? [{ type: "unsupported", feature, details: `The backend does not take ${feature}.` }] : [],
  );
}

function usualEffort(reasoning: string | undefined): string | undefined {
  return reasoning === "provider-default" ? undefined : reasoning;
}

function formatOf(format: CallOptions["responseFormat"], strict: boolean | undefined): JsonObject | undefined {
  if (format?.type !== "json") return undefined;
  const { schema, name = "response", description } = format;
  if (schema === undefined) return { type: "json_object" };
  return {
    type: "json_schema",
    name,
    ...(description !== undefined && { description }),
    schema,
    strict: strict ?? isStrictSchema(schema),
  };
}

function some(fields: JsonObject): JsonObject | undefined {
  const known = withoutUndefined(fields);
  return Object.keys(known).length === 0 ? undefined : known;
}

function withoutUndefined(fields: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}

/** Told by other names on the way: nothing is lost by it. */
const QUIET: ReadonlySet<string> = new Set(["serviceTier", "tools"]);

/** What the backend's side left out or altered, as warnings of the AI SDK. */
export function changeWarnings(changes: readonly Change[]): CallWarning[] {
  return inClientWords(changes, OPTION_NAMES).flatMap(({ path, action, note }): CallWarning[] => {
    if (action === "dropped") return [{ type: "unsupported", feature: path, details: note }];
    if (action !== "mapped" || QUIET.has(path.split("[")[0] ?? "")) return [];
    return [{ type: "compatibility", feature: path, details: note }];
  });
}
