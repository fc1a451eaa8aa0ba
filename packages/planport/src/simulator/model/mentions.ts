/**
 * Where a prompt asks for a tool, and with what.
 * @module
 */
import type { ToolSpec } from "./tools.ts";

/** One place of the prompt that asks for a tool. */
export interface Mention {
  readonly tool: ToolSpec;
  readonly start: number;
  readonly end: number;
  /** Arguments that the prompt spells out, as written; null when it does not. */
  readonly explicit: string | null;
}

const DO =
  /\b(?:call|use|using|invoke|invoking|run|running|calling|try|then|and)(?:\s+(?:the|a|an|your|my))?(?:\s+(?:tool|function))?[\s"'`“]*$/i;
const DO_NOT = /\b(?:do not|don't|don’t|never|without|not)\s+(?:\w+\s+){0,2}["'`“]?$/i;
const LEAD_IN =
  /^["'`”)]*\s*(?:(?:tool|function)\b)?\s*(?:\b(?:with|using)\b)?\s*(?:\bthe\b)?\s*(?:\b(?:arguments?|args|inputs?|parameters|params)\b)?\s*[:=(]?\s*/i;

/**
 * All requests for a tool, in the order of the text. A bare name counts once, and again after a word such as "call";
 * `NAME with {…}` (JSON) and `NAME with <<<…>>>` (any text) count each time.
 */
export function findMentions(prompt: string, tools: readonly ToolSpec[]): Mention[] {
  const found: Mention[] = [];
  const seen = new Set<ToolSpec>();
  let free = 0;
  for (const { tool, start, nameEnd } of namesIn(prompt, tools)) {
    // Names inside the arguments of an earlier call ask for nothing.
    if (start < free) continue;
    const before = prompt.slice(Math.max(0, start - 60), start);
    const given = explicitArguments(prompt, nameEnd);
    if (given === null && (DO_NOT.test(before) || (seen.has(tool) && !DO.test(before)))) continue;
    seen.add(tool);
    const end = given === null ? nameEnd : given.end;
    found.push({ tool, start, end, explicit: given === null ? null : given.text });
    free = end;
  }
  return found;
}

interface NameHit {
  readonly tool: ToolSpec;
  readonly start: number;
  readonly nameEnd: number;
}

function namesIn(prompt: string, tools: readonly ToolSpec[]): NameHit[] {
  const hits: NameHit[] = [];
  const taken = new Set<string>();
  for (const tool of tools) {
    // Two namespaces may have a tool of the same name; the first one stands for it.
    if (taken.has(tool.name)) continue;
    taken.add(tool.name);
    const escaped = tool.name.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);
    for (const match of prompt.matchAll(new RegExp(String.raw`(?<![\w-])${escaped}(?![\w-])`, "gi")))
      hits.push({ tool, start: match.index, nameEnd: match.index + match[0].length });
  }
  return hits.sort((a, b) => a.start - b.start || b.nameEnd - a.nameEnd);
}

function explicitArguments(prompt: string, from: number): { text: string; end: number } | null {
  const lead = LEAD_IN.exec(prompt.slice(from))?.[0].length ?? 0;
  const at = from + lead;
  if (prompt.startsWith("<<<", at)) {
    const close = prompt.indexOf(">>>", at + 3);
    return close === -1 ? null : { text: prompt.slice(at + 3, close), end: close + 3 };
  }
  const text = prompt[at] === "{" ? balancedJson(prompt, at) : null;
  return text === null ? null : { text, end: at + text.length };
}

/** The JSON object that begins at `at`, as written; null when there is none. */
function balancedJson(text: string, at: number): string | null {
  let depth = 0;
  let inString = false;
  for (let index = at; index < text.length; index += 1) {
    const char = text[index];
    if (inString) {
      if (char === "\\") index += 1;
      else if (char === '"') inString = false;
    } else if (char === '"') inString = true;
    else if (char === "{") depth += 1;
    else if (char === "}" && --depth === 0) return parses(text.slice(at, index + 1));
  }
  return null;
}

function parses(json: string): string | null {
  try {
    JSON.parse(json);
    return json;
  } catch {
    return null; // Braces that are no JSON: the prompt just talks.
  }
}
