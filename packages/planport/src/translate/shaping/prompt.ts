/**
 * Whose instructions a request goes out with (`prompt_mode`).
 * @module
 */
import type { PromptMode } from "../../protocol/capabilities.ts";
import { type JsonObject, asString, isJsonObject } from "../../protocol/json.ts";
import type { ModelInfo } from "../../protocol/models.ts";
import type { Item } from "../../protocol/responses/item.ts";
import type { CodexRequest } from "../../protocol/responses/request.ts";
import type { Change } from "../change.ts";

/** Sent where there are no instructions at all, since the backend wants some. */
export const DEFAULT_INSTRUCTIONS = "You are a helpful assistant.";

/**
 * Settles `request.instructions`, in place. In none of the modes is a text of the client's altered.
 * @param model The model's catalogue entry; only a live list has instructions in it.
 */
export function shapePrompt(request: CodexRequest, model: ModelInfo | null, mode: PromptMode, changes: Change[]): void {
  if (request.instructions == null) delete request.instructions;
  const own = request.instructions;
  const brings = own !== undefined || request.input.some(isInstruction);
  const base = mode === "codex_default" || mode === "merge_custom" ? baseInstructions(model) : null;
  if (mode === "passthrough" || (brings && (mode !== "merge_custom" || base === null))) return;
  if (!brings) {
    request.instructions = base ?? DEFAULT_INSTRUCTIONS;
    const what = base === null ? "a neutral line was sent" : "the model's own were sent";
    changes.push({ path: "instructions", action: "mapped", note: `The Codex backend wants some; ${what}.` });
    return;
  }
  // A conversation that was shaped before, or that Codex made, has them already.
  if (base === null || own?.startsWith(base) === true || request.input.some((item) => says(item, base))) return;
  request.instructions = own === undefined || own === "" ? base : `${base}\n\n${own}`;
  changes.push({ path: "instructions", action: "mapped", note: "The model's own went in front of the request's." });
}

function isInstruction(item: Item): boolean {
  return item.type === "message" && (item["role"] === "developer" || item["role"] === "system");
}

function says(item: Item, base: string): boolean {
  if (!isInstruction(item)) return false;
  const content = item["content"];
  if (typeof content === "string") return content.startsWith(base);
  const [part] = Array.isArray(content) ? (content as unknown[]) : [];
  return isJsonObject(part) && asString(part["text"])?.startsWith(base) === true;
}

/**
 * The model's own instructions, by its catalogue entry: a template with variables, or a text (openai/codex
 * `codex-rs/protocol/src/openai_models.rs`). Null when the list does not have them.
 */
function baseInstructions(model: ModelInfo | null): string | null {
  const messages = model?.["model_messages"];
  const template = isJsonObject(messages) ? asString(messages["instructions_template"]) : undefined;
  const text =
    template === undefined || !isJsonObject(messages)
      ? asString(model?.base_instructions)
      : fill(template, messages["instructions_variables"]);
  return text === undefined || text.trim() === "" ? null : text;
}

/** `{{ personality }}` becomes the variable `personality_default`, else `personality`, else nothing; what no variable is named after stays. */
function fill(template: string, variables: unknown): string {
  const known: JsonObject = { personality: "", ...(isJsonObject(variables) && variables) };
  return template.replaceAll(/\{\{ *(\w+) *\}\}/g, (whole, name: string) => {
    const key = [`${name}_default`, name].find((candidate) => Object.hasOwn(known, candidate));
    return key === undefined ? whole : (asString(known[key]) ?? "");
  });
}
