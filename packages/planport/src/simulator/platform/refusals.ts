/**
 * What OpenAI's plain API refuses, in its own words where they are known (platform.openai.com, "Error codes" and the
 * reference of `POST /v1/responses`).
 * @module
 */
import { isJsonObject, type Item, type JsonObject, type ModelInfo } from "../../protocol/index.ts";
import { checkItems } from "../backend/item-refusals.ts";
import { checkOptions } from "../backend/option-refusals.ts";
import { invalid, type Refusal } from "../backend/refusal.ts";
import { checkChoice, checkFormat, checkTools } from "../backend/refusals.ts";
import type { Seal } from "../backend/seal.ts";
import type { ResponseMemory } from "./memory.ts";

/** What `POST /v1/responses` takes. An allow list, so that a field of another API that a client lets through is noticed. */
const FIELDS: ReadonlySet<string> = new Set([
  "background",
  "context_management",
  "conversation",
  "include",
  "input",
  "instructions",
  "max_output_tokens",
  "max_tool_calls",
  "metadata",
  "model",
  "parallel_tool_calls",
  "previous_response_id",
  "prompt",
  "prompt_cache_key",
  "prompt_cache_retention",
  "reasoning",
  "safety_identifier",
  "service_tier",
  "store",
  "stream",
  "stream_options",
  "temperature",
  "text",
  "tool_choice",
  "tools",
  "top_logprobs",
  "top_p",
  "truncation",
  "user",
]);

/** Fields of the real one that nothing here acts on: better refused than ignored. */
const NOT_SIMULATED: ReadonlySet<string> = new Set(["conversation", "prompt"]);
const BOOLEANS: readonly string[] = ["background", "parallel_tool_calls", "store", "stream"];
const NUMBERS: Readonly<Record<string, readonly [min: number, max: number]>> = {
  temperature: [0, 2],
  top_p: [0, 1],
  top_logprobs: [0, 20],
  max_output_tokens: [16, Number.MAX_SAFE_INTEGER],
  max_tool_calls: [1, Number.MAX_SAFE_INTEGER],
};

/** The refusal of a call without a live key. Null `key`: there was none at all. */
export function keyRefusal(key: string | null): Refusal {
  if (key === null)
    return invalid(
      "You didn't provide an API key. You need to provide your API key in an Authorization header using Bearer auth " +
        "(i.e. Authorization: Bearer YOUR_KEY). You can obtain an API key from " +
        "https://platform.openai.com/account/api-keys.",
      null,
      null,
      401,
    );
  return invalid(
    `Incorrect API key provided: ${masked(key)}. You can find your API key at https://platform.openai.com/account/api-keys.`,
    null,
    "invalid_api_key",
    401,
  );
}

/** As OpenAI shows a key that it does not know: its ends, and stars between them. */
function masked(key: string): string {
  return key.length <= 12 ? "*".repeat(key.length) : `${key.slice(0, 8)}${"*".repeat(key.length - 12)}${key.slice(-4)}`;
}

/** The refusal of a path or method that there is not. */
export function pathRefusal(method: string, path: string, isPath: boolean): Refusal {
  if (isPath)
    return invalid(
      `Not allowed to ${method} on ${path}. (HINT: Perhaps you meant to use a different HTTP method?)`,
      null,
      "method_not_supported",
      405,
    );
  const model = /^\/v1\/models\/(.+)$/.exec(path)?.[1];
  return model === undefined
    ? invalid(`Invalid URL (${method} ${path})`, null, null, 404)
    : invalid(`The model '${model}' does not exist`, "model", "model_not_found", 404);
}

/** Judges the fields of a request. Null: nothing to object to. */
export function checkPlatformRequest(
  body: JsonObject,
  findModel: (slug: string) => ModelInfo | undefined,
): Refusal | null {
  for (const name of Object.keys(body)) {
    if (!FIELDS.has(name)) return invalid(`Unknown parameter: '${name}'.`, name, "unknown_parameter");
    if (NOT_SIMULATED.has(name) && body[name] !== null)
      return invalid(`The simulator does not support '${name}'.`, name, "unsupported_parameter");
  }
  const { model, input } = body;
  if (typeof model !== "string" || model === "")
    return invalid("Missing required parameter: 'model'.", "model", "missing_required_parameter");
  const info = findModel(model);
  if (info === undefined) return invalid(`The requested model '${model}' does not exist.`, "model", "model_not_found");
  if (input === undefined || input === null)
    return invalid("Missing required parameter: 'input'.", "input", "missing_required_parameter");
  if (typeof input !== "string" && !Array.isArray(input))
    return wrongType("input", "one of an array of objects or string", input);
  if (Array.isArray(input)) {
    const odd = input.findIndex((item) => !isJsonObject(item));
    if (odd !== -1) return wrongType(`input[${odd}]`, "an object", input[odd]);
  }
  return checkTypes(body) ?? checkOptions(body, info, false) ?? checkTools(body["tools"]) ?? checkFormat(body["text"]);
}

function checkTypes(body: JsonObject): Refusal | null {
  for (const name of BOOLEANS) {
    const value = body[name];
    if (value != null && typeof value !== "boolean") return wrongType(name, "a boolean", value);
  }
  if (body["background"] === true)
    return invalid("The simulator does not support 'background'.", "background", "unsupported_value");
  for (const [name, [min, max]] of Object.entries(NUMBERS)) {
    const value = body[name];
    if (value == null) continue;
    const kind = name === "top_p" || name === "temperature" ? "decimal" : "integer";
    if (typeof value !== "number") return wrongType(name, kind === "integer" ? "an integer" : "a decimal", value);
    if (value < min)
      return invalid(
        `Invalid '${name}': ${kind} below minimum value. Expected a value >= ${min}, but got ${value} instead.`,
        name,
        `${kind}_below_min_value`,
      );
    if (value > max)
      return invalid(
        `Invalid '${name}': ${kind} above maximum value. Expected a value <= ${max}, but got ${value} instead.`,
        name,
        `${kind}_above_max_value`,
      );
  }
  return null;
}

function wrongType(param: string, expected: string, value: unknown): Refusal {
  const got = value === null ? "null" : Array.isArray(value) ? "an array" : `a ${typeof value}`;
  const article = got === "a object" ? "an object" : got;
  return invalid(
    `Invalid type for '${param}': expected ${expected}, but got ${article} instead.`,
    param,
    "invalid_type",
  );
}

/** What {@link readHistory} works with. */
export interface HistoryFacts {
  readonly body: JsonObject;
  readonly memory: ResponseMemory;
  readonly seal: Seal;
}

/** Puts the whole history of a checked request together: what is kept, then what came. */
export function readHistory({ body, memory, seal }: HistoryFacts): Refusal | { readonly items: readonly Item[] } {
  const previous = body["previous_response_id"];
  const before = typeof previous === "string" ? memory.find(previous) : [];
  if (before === undefined)
    return invalid(
      `Previous response with id '${String(previous)}' not found.`,
      "previous_response_id",
      "previous_response_not_found",
    );
  const input = body["input"];
  const came: Item[] =
    typeof input === "string" ? [{ type: "message", role: "user", content: input }] : (input as Item[]).map(withType);
  const items = [...before, ...came].map((item) => resolve(item, memory));
  // What is kept here needs no seal to come back: it is known.
  const unknown = items.filter(
    (item) => item.type !== "reasoning" || memory.findItem(String(item["id"])) === undefined,
  );
  return checkItems(unknown, seal) ?? checkChoice(body, items) ?? { items };
}

function withType(item: Item): Item {
  return item.type === undefined && typeof item["role"] === "string" ? { ...item, type: "message" } : item;
}

function resolve(item: Item, memory: ResponseMemory): Item {
  return item.type === "item_reference" ? (memory.findItem(String(item["id"])) ?? item) : item;
}
