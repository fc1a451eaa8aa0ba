/**
 * The simulated model: from a request to what it will say and do. Deterministic, so that a test can know the answer.
 * @module
 */
import { isJsonObject, type Item, type JsonObject } from "../../protocol/index.ts";
import { asString, tryParseJson } from "../../protocol/json.ts";
import { type PlannedCall, planCalls } from "./calls.ts";
import { type Conversation, readConversation } from "./conversation.ts";
import { type PlannedImage, planImage } from "./image.ts";
import { fitSchema } from "./fit.ts";
import { shorten } from "./hints.ts";
import { collectTools, demandOf } from "./tools.ts";
import { type Speaker, splitExact, summaryFor, wordsFor } from "./words.ts";

/** The model's thinking. */
export interface PlannedReasoning {
  /** Readable parts; empty when nobody asked for a summary. */
  readonly summary: readonly string[];
  /** What goes under the seal; null when nobody asked for it sealed. */
  readonly hidden: string | null;
  readonly tokens: number;
}

/** An item of the answer. */
export type PlannedItem =
  | { readonly kind: "message"; readonly text: string }
  | PlannedCall
  | PlannedImage
  /** The summary of a conversation that is to be sealed and carried on in place of it. */
  | { readonly kind: "compaction"; readonly summary: string };

/** An answer, before it is put into events. */
export interface Plan {
  readonly reasoning: PlannedReasoning | null;
  readonly items: readonly PlannedItem[];
}

/** What the model gets. */
export interface ModelInput {
  /** The request's body. */
  readonly body: JsonObject;
  /** The whole history, also when the request held only its end. */
  readonly items: readonly Item[];
  readonly model: string;
  readonly defaultEffort: string;
}

const EFFORT_TOKENS: Readonly<Record<string, number>> = {
  minimal: 16,
  low: 32,
  medium: 64,
  high: 128,
  xhigh: 256,
  max: 512,
  ultra: 512,
};

/** Thinks. */
export function think(input: ModelInput): Plan {
  const { body, items } = input;
  if (items.at(-1)?.type === "compaction_trigger") return compact(items);
  const reasoning = isJsonObject(body["reasoning"]) ? body["reasoning"] : {};
  const effort = asString(reasoning["effort"]) ?? input.defaultEffort;
  const conversation = readConversation(items, asString(body["instructions"]) || null);
  const known = knownValues(conversation);
  const { ask } = splitExact(conversation.prompt);
  const demand = demandOf(body["tool_choice"], collectTools(body, items));
  const calls = planCalls(conversation, ask, demand, body["parallel_tool_calls"] !== false, known);
  const speaker: Speaker = { model: input.model, effort };
  const image = calls.length > 0 ? null : planImage(body, items, ask);
  return {
    reasoning: planReasoning(body, reasoning, effort, conversation, calls),
    items:
      image !== null
        ? [image]
        : calls.length > 0
          ? calls
          : [{ kind: "message", text: sayIt(body, conversation, speaker, known) }],
  };
}

function planReasoning(
  body: JsonObject,
  reasoning: JsonObject,
  effort: string,
  conversation: Conversation,
  calls: readonly PlannedCall[],
): PlannedReasoning | null {
  const wanted = asString(reasoning["summary"]);
  const summary = wanted === undefined || wanted === "none" ? [] : summaryFor(conversation, calls);
  const sealed = Array.isArray(body["include"]) && body["include"].includes("reasoning.encrypted_content");
  if (effort === "none" || (!sealed && summary.length === 0)) return null;
  const hidden = sealed ? shorten(conversation.prompt, 120) : null;
  return { summary, hidden, tokens: EFFORT_TOKENS[effort] ?? 64 };
}

/** Plain words, or JSON where `text.format` asks for it. */
function sayIt(body: JsonObject, conversation: Conversation, speaker: Speaker, known: JsonObject): string {
  const words = wordsFor(conversation, speaker);
  const text = isJsonObject(body["text"]) ? body["text"] : {};
  const format = isJsonObject(text["format"]) ? text["format"] : {};
  const { ask, exact } = splitExact(conversation.prompt);
  if (exact !== null) return exact;
  if (format["type"] === "json_schema")
    return JSON.stringify(fitSchema(format["schema"], { clause: ask, prompt: ask, known }));
  if (format["type"] === "json_object") return JSON.stringify({ answer: words, model: speaker.model });
  return words;
}

/** Fields of JSON objects that tools gave back: an answer in JSON may want them. */
function knownValues(conversation: Conversation): JsonObject {
  const known: JsonObject = {};
  for (const result of conversation.results) {
    const value = tryParseJson(result.text);
    if (isJsonObject(value)) Object.assign(known, value);
  }
  return known;
}

function compact(items: readonly Item[]): Plan {
  const conversation = readConversation(items.slice(0, -1), null);
  const said = [...conversation.earlier, conversation.prompt].map((text) => shorten(text, 200));
  return { reasoning: null, items: [{ kind: "compaction", summary: said.join("\n") }] };
}
