/**
 * Names of models as llm-interactive-proxy's clients write them: `openai-codex:gpt-5.5?reasoning_effort=high&verbosity=low`.
 * @module
 */
import { RequestError } from "../../errors.ts";
import type { ResponsesRequest } from "../../protocol/responses/request.ts";
import type { Change } from "../change.ts";

/** A name taken apart. */
export interface ModelName {
  /** What the backend knows the model by. */
  readonly slug: string;
  /** What the name asks for beside the model, by its name in the query. */
  readonly options: ModelNameOptions;
}

/** Options of a name. */
export interface ModelNameOptions {
  readonly reasoning_effort?: string;
  readonly verbosity?: string;
}

/** In front of a slug: which of several backends is meant. Here there is one. */
const PREFIX = "openai-codex:";

const OPTIONS: Readonly<Record<string, { readonly test: RegExp; readonly expected: string }>> = {
  // Which efforts there are is told by the model's catalogue entry.
  reasoning_effort: { test: /^[a-z]{1,16}$/, expected: "an effort such as low, medium or high" },
  verbosity: { test: /^(?:low|medium|high)$/, expected: "low, medium or high" },
};

/**
 * Takes a name apart. A name without prefix and query is its own slug.
 * @throws {RequestError} `request_invalid` naming the option, for one that is unknown, without a sound value, or there twice.
 */
export function parseModelName(name: string): ModelName {
  if (!name.startsWith(PREFIX) && !name.includes("?")) return { slug: name, options: {} };
  const bare = name.startsWith(PREFIX) ? name.slice(PREFIX.length) : name;
  const at = bare.indexOf("?");
  const slug = at === -1 ? bare : bare.slice(0, at);
  if (slug === "") throw refusal("there is no model in this name");
  return { slug, options: at === -1 ? {} : parseOptions(bare.slice(at + 1)) };
}

function parseOptions(query: string): ModelNameOptions {
  const options: Record<string, string> = {};
  for (const [key, value] of new URLSearchParams(query)) {
    const spec = Object.hasOwn(OPTIONS, key) ? OPTIONS[key] : undefined;
    if (spec === undefined)
      throw refusal(`"${shown(key)}" cannot be set in a model's name; ${Object.keys(OPTIONS).join(" and ")} can`);
    if (Object.hasOwn(options, key)) throw refusal(`${key} stands twice in the name`);
    if (!spec.test.test(value)) throw refusal(`${key} must be ${spec.expected}, not "${shown(value)}"`);
    options[key] = value;
  }
  return options;
}

function shown(text: string): string {
  return text.slice(0, 40).replaceAll(/[^\w.:-]/g, "?");
}

function refusal(problem: string): RequestError<"request_invalid"> {
  return new RequestError("request_invalid", `model: ${problem}.`, { cause: { param: "model" } });
}

/**
 * A request with what its model's name asks for. That goes before the request's own fields: many clients fill those by
 * themselves, while somebody has written the name. The argument is not altered.
 */
export function withModelOptions(
  request: ResponsesRequest,
  { reasoning_effort: effort, verbosity }: ModelNameOptions,
  changes: Change[],
): ResponsesRequest {
  const result = { ...request };
  if (effort !== undefined) {
    const asked = request.reasoning?.effort;
    result.reasoning = { ...request.reasoning, effort };
    if (asked != null && asked !== effort) changes.push(overruled("reasoning.effort", effort));
  }
  if (verbosity !== undefined) {
    const asked = request.text?.verbosity;
    result.text = { ...request.text, verbosity };
    if (asked != null && asked !== verbosity) changes.push(overruled("text.verbosity", verbosity));
  }
  return result;
}

function overruled(path: string, value: string): Change {
  return { path, action: "mapped", note: `The name of the model says ${value}.` };
}
