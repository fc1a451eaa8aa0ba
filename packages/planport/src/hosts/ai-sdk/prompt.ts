/**
 * A conversation of the AI SDK as the items of the Responses API.
 * @module
 */
import { isJsonObject, type JsonObject } from "../../protocol/json.ts";
import type { ContentPart, Item, ReasoningItem } from "../../protocol/responses/item.ts";
import { toFilePart, toOutputPart } from "./files.ts";
import { itemIdOf, readOwn } from "./own-metadata.ts";
import type { CallWarning, PromptMessage, ReasoningPart, TextPart, ToolCallPart, ToolResultPart } from "./types.ts";

/** A prompt, taken apart. */
export interface TranslatedPrompt {
  /** The system messages that it begins with. */
  readonly system: readonly string[];
  readonly items: readonly Item[];
}

type AssistantPart = Extract<PromptMessage, { role: "assistant" }>["content"][number];
type ToolPart = Extract<PromptMessage, { role: "tool" }>["content"][number];

/**
 * Translates a prompt: same order, nothing merged but the parts of one item.
 * @param customTools Names of freeform tools, whose calls and results are items of another type.
 * @param warnings Gets what could not be sent on.
 * @throws {RequestError} `request_invalid` naming the part.
 */
export function toItems(
  prompt: readonly PromptMessage[],
  customTools: ReadonlySet<string>,
  warnings: CallWarning[],
): TranslatedPrompt {
  const first = prompt.findIndex(({ role }) => role !== "system");
  const leading = first === -1 ? prompt.length : first;
  const walk = new Walk(customTools, warnings);
  prompt.slice(leading).forEach((message, index) => walk.message(message, `prompt[${leading + index}]`));
  return {
    system: prompt.slice(0, leading).flatMap((message) => (message.role === "system" ? [message.content] : [])),
    items: walk.items,
  };
}

class Walk {
  readonly items: Item[] = [];
  readonly #customTools: ReadonlySet<string>;
  readonly #warnings: CallWarning[];
  /** Of the backend's own tools: where a call's item is, for the result that belongs into it. */
  readonly #ownCalls = new Map<string, Item>();

  constructor(customTools: ReadonlySet<string>, warnings: CallWarning[]) {
    this.#customTools = customTools;
    this.#warnings = warnings;
  }

  message(message: PromptMessage, path: string): void {
    switch (message.role) {
      case "system":
        this.#push("developer", [{ type: "input_text", text: message.content }]);
        break;
      case "user":
        this.#push(
          "user",
          message.content.map((part, index) =>
            part.type === "text"
              ? { type: "input_text", text: part.text }
              : toFilePart(part, `${path}.content[${index}]`),
          ),
        );
        break;
      case "assistant":
        message.content.forEach((part, index) => this.#said(part, `${path}.content[${index}]`));
        break;
      case "tool":
        message.content.forEach((part, index) => this.#given(part, `${path}.content[${index}]`));
        break;
    }
  }

  #push(role: "developer" | "user", content: ContentPart[]): void {
    if (content.length > 0) this.items.push({ type: "message", role, content });
  }

  #said(part: AssistantPart, path: string): void {
    if (part.type === "text") this.#text(part);
    else if (part.type === "reasoning") this.#reasoning(part);
    else if (part.type === "tool-call") this.#call(part);
    else if (part.type === "tool-result") this.#ownResult(part);
    else this.#drop(part.type === "file" ? "files of the assistant" : part.type, path);
  }

  #given(part: ToolPart, path: string): void {
    if (part.type === "tool-result") this.#result(part, path);
    else this.#drop(part.type, path);
  }

  #text({ text, providerOptions }: TextPart): void {
    const own = readOwn(providerOptions);
    const id = itemIdOf(own);
    const part: ContentPart = { type: "output_text", text };
    const last = this.items.at(-1);
    if (id !== undefined && last?.type === "message" && last["id"] === id) {
      (last["content"] as ContentPart[]).push(part);
      return;
    }
    if (text === "" && id === undefined) return;
    const phase = typeof own["phase"] === "string" ? { phase: own["phase"] } : {};
    this.items.push({ type: "message", ...withId(id), role: "assistant", content: [part], ...phase });
  }

  /** The parts of a summary, and the sealed thinking that comes with the last of them, make one item. */
  #reasoning({ text, providerOptions }: ReasoningPart): void {
    const own = readOwn(providerOptions);
    const id = itemIdOf(own);
    if (id === undefined) {
      this.#warnings.push({
        type: "other",
        message: "Reasoning that did not come from planport cannot be handed back to the model; it was left out.",
      });
      return;
    }
    const last = this.items.at(-1);
    const isSame = last?.type === "reasoning" && last["id"] === id;
    const item = isSame ? (last as ReasoningItem) : ({ type: "reasoning", id, summary: [] } satisfies ReasoningItem);
    if (!isSame) this.items.push(item);
    if (text !== "") item.summary.push({ type: "summary_text", text });
    const sealed = own["encryptedContent"];
    if (typeof sealed === "string") item["encrypted_content"] = sealed;
  }

  #call({ toolCallId, toolName, input, providerExecuted, providerOptions }: ToolCallPart): void {
    const own = readOwn(providerOptions);
    if (providerExecuted === true) {
      if (!isJsonObject(own["item"])) return this.#drop(`the call of ${toolName}, which another provider ran`);
      const item: Item = { ...own["item"], type: String(own["item"]["type"]) };
      this.#ownCalls.set(toolCallId, item);
      this.items.push(item);
      return;
    }
    const common = { ...withId(itemIdOf(own)), call_id: toolCallId, name: toolName };
    const text = typeof input === "string" ? input : JSON.stringify(input ?? {});
    this.items.push(
      this.#customTools.has(toolName)
        ? { type: "custom_tool_call", ...common, input: text }
        : { type: "function_call", ...common, arguments: text, status: "completed" },
    );
  }

  /** Only a picture is kept apart from its call: it is big, and the AI SDK has it in the result. */
  #ownResult({ toolCallId, output }: ToolResultPart): void {
    const item = this.#ownCalls.get(toolCallId);
    const value: JsonObject = output.type === "json" && isJsonObject(output.value) ? output.value : {};
    if (item?.type === "image_generation_call") item["result"] = value["result"];
  }

  #result({ toolCallId, toolName, output }: ToolResultPart, path: string): void {
    const type = this.#customTools.has(toolName) ? "custom_tool_call_output" : "function_call_output";
    this.items.push({ type, call_id: toolCallId, output: outputOf(output, `${path}.output`) });
  }

  #drop(what: string, path?: string): void {
    this.#warnings.push({
      type: "unsupported",
      feature: what,
      ...(path !== undefined && { details: `${path} was not sent.` }),
    });
  }
}

function withId(id: string | undefined): { readonly id?: string } {
  return id === undefined ? {} : { id };
}

function outputOf(output: ToolResultPart["output"], path: string): string | ContentPart[] {
  if (output.type === "content")
    return output.value.map((part, index) => toOutputPart(part, `${path}.value[${index}]`));
  if (output.type === "execution-denied") return output.reason ?? "The person did not allow this tool to be run.";
  if (output.type === "text" || output.type === "error-text") return output.value;
  return JSON.stringify(output.value ?? null);
}
