/**
 * Which tools the model calls next.
 * @module
 */
import type { JsonObject } from "../../protocol/index.ts";
import type { Conversation } from "./conversation.ts";
import { fitSchema } from "./fit.ts";
import { anyText, type Hints, hintFor } from "./hints.ts";
import { findMentions, type Mention } from "./mentions.ts";
import type { ToolDemand, ToolSpec } from "./tools.ts";

/** A call to be made. */
export interface PlannedCall {
  readonly kind: "function_call" | "custom_tool_call";
  readonly name: string;
  readonly namespace: string | null;
  /** Arguments as JSON text, or the raw input of a freeform tool. */
  readonly input: string;
}

const IN_PARALLEL = /\bin parallel\b|\bat the same time\b|\bsimultaneously\b|\bat once\b/i;
const SOME_TOOL = /\b(?:use|using|call|invoke|with)\b[^.!?\n]*\b(?:tools?|functions?)\b/i;

/**
 * The calls of the next answer: none when all that the prompt asked for were made. One at a time, or all at once when the
 * prompt says "in parallel" and `parallel` allows it.
 * @param prompt The part of the prompt that may ask for tools.
 */
export function planCalls(
  conversation: Conversation,
  prompt: string,
  demand: ToolDemand,
  parallel: boolean,
  known: JsonObject,
): PlannedCall[] {
  if (demand.tools.length === 0) return [];
  const mentions = findMentions(prompt, demand.tools);
  const asked = mentions.length > 0 ? mentions : unnamed(prompt, demand);
  const done = conversation.callsMade;
  const rest = asked.slice(done);
  if (rest.length === 0) {
    const again = asked.at(-1)?.tool ?? demand.tools[0];
    if (!demand.required || again === undefined) return [];
    return [callOf({ tool: again, start: 0, end: 0, explicit: null }, prompt.length, prompt, known)];
  }
  const now = parallel && IN_PARALLEL.test(prompt) ? rest : rest.slice(0, 1);
  return now.map((mention, index) => callOf(mention, asked[done + index + 1]?.start ?? prompt.length, prompt, known));
}

/** "Use a tool to …" without a name: the tool that shares most words with the prompt. */
function unnamed(prompt: string, demand: ToolDemand): Mention[] {
  if (!demand.required && !SOME_TOOL.test(prompt)) return [];
  const words = wordsOf(prompt);
  const shared = (tool: ToolSpec): number =>
    [...wordsOf(`${tool.name} ${tool.description}`)].filter((word) => words.has(word)).length;
  let best: ToolSpec | undefined;
  for (const tool of demand.tools) if (best === undefined || shared(tool) > shared(best)) best = tool;
  return best === undefined ? [] : [{ tool: best, start: 0, end: 0, explicit: null }];
}

function wordsOf(text: string): Set<string> {
  return new Set(
    text
      .toLowerCase()
      .split(/[^\p{L}\p{N}]+/u)
      .filter((word) => word.length > 3),
  );
}

function callOf(mention: Mention, clauseEnd: number, prompt: string, known: JsonObject): PlannedCall {
  const { tool } = mention;
  const clause = prompt.slice(mention.end, clauseEnd).trim();
  const hints: Hints = { clause: clause === "" ? prompt : clause, prompt, known };
  const base = { name: tool.name, namespace: tool.namespace };
  if (tool.kind === "custom")
    return { ...base, kind: "custom_tool_call", input: mention.explicit ?? freeform(tool, hints) };
  return { ...base, kind: "function_call", input: mention.explicit ?? JSON.stringify(argumentsFor(tool, hints)) };
}

/** Arguments are an object whatever the schema says: that is all a function call can carry. */
function argumentsFor(tool: ToolSpec, hints: Hints): unknown {
  if (tool.parameters == null) return {};
  const value = fitSchema(tool.parameters, hints);
  return typeof value === "object" && value !== null && !Array.isArray(value) ? value : {};
}

function freeform(tool: ToolSpec, hints: Hints): string {
  return hintFor("command", hints) ?? anyText(tool.name, hints);
}
