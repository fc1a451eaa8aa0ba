/**
 * What a model can see in a request: the prompt it is to act on, and what happened around it.
 * @module
 */
import { isJsonObject, type Item, type JsonObject } from "../../protocol/index.ts";
import { asString } from "../../protocol/json.ts";

/** A tool's result since the prompt. */
export interface ToolResult {
  readonly name: string;
  readonly text: string;
}

/** A request as the model reads it. */
export interface Conversation {
  /** Text of the newest user message that is not context put there by a program. */
  readonly prompt: string;
  /** Texts of the user messages before it. */
  readonly earlier: readonly string[];
  /** How many messages there are, of all roles. */
  readonly messages: number;
  readonly images: number;
  readonly files: number;
  /** `instructions`, or the first developer or system message. */
  readonly instructions: string;
  /** How many tool calls were made since the prompt. */
  readonly callsMade: number;
  /** What they gave back, in order. */
  readonly results: readonly ToolResult[];
}

interface Part {
  readonly kind: "text" | "image" | "file" | "other";
  readonly text: string;
}

const CALL_TYPES: ReadonlySet<string> = new Set(["function_call", "custom_tool_call"]);
const OUTPUT_TYPES: ReadonlySet<string> = new Set(["function_call_output", "custom_tool_call_output"]);

/** Reads the items of a request. */
export function readConversation(items: readonly Item[], instructions: string | null): Conversation {
  const promptIndex = findPrompt(items);
  let messages = 0;
  let images = 0;
  let files = 0;
  let developer: string | null = null;
  const earlier: string[] = [];
  for (const [index, item] of items.entries()) {
    if (!isMessage(item)) continue;
    messages += 1;
    const parts = partsOf(item["content"]);
    images += parts.filter((part) => part.kind === "image").length;
    files += parts.filter((part) => part.kind === "file").length;
    if (item["role"] === "developer" || item["role"] === "system") developer ??= textOf(parts);
    else if (item["role"] === "user" && index < promptIndex && !isContext(textOf(parts))) earlier.push(textOf(parts));
  }
  const since = items.slice(promptIndex + 1);
  const prompt = items[promptIndex];
  return {
    prompt: prompt === undefined ? "" : promptText(prompt),
    earlier,
    messages,
    images,
    files,
    instructions: instructions ?? developer ?? "",
    callsMade: since.filter((item) => CALL_TYPES.has(item.type)).length,
    results: readResults(since),
  };
}

/** The parts of a message's content, or of a tool's output, as text. */
function contentText(content: unknown): string {
  return textOf(partsOf(content));
}

function isMessage(item: JsonObject): boolean {
  // "message" is the default type of an input item that has a role.
  return item["type"] === "message" || (item["type"] === undefined && item["role"] !== undefined);
}

/** Index of the prompt; the newest user message of any kind when all are context; -1 when there is none. */
function findPrompt(items: readonly Item[]): number {
  const isUser = (item: Item): boolean => isMessage(item) && item["role"] === "user";
  const real = items.findLastIndex((item) => isUser(item) && !isContext(contentText(item["content"])));
  return real === -1 ? items.findLastIndex(isUser) : real;
}

/**
 * Programs put context into user messages as one XML-like element or under an AGENTS.md heading
 * (openai/codex codex-rs/core/src/contextual_user_message.rs); nobody asks anything in those.
 */
function isContext(text: string): boolean {
  const trimmed = text.trim();
  return (
    /^<([a-z]+[_-][\w-]*|[A-Z_]{3,}|skill)\b[^>]*>[\s\S]*<\/\1>$/.test(trimmed) || trimmed.startsWith("# AGENTS.md")
  );
}

/** Without the parts that are context, unless there is nothing else. */
function promptText(item: Item): string {
  const texts = partsOf(item["content"])
    .filter((part) => part.kind === "text")
    .map((part) => part.text);
  const asked = texts.filter((text) => !isContext(text));
  return (asked.length > 0 ? asked : texts).join("\n").trim();
}

function partsOf(content: unknown): Part[] {
  if (typeof content === "string") return [{ kind: "text", text: content }];
  if (!Array.isArray(content)) return [];
  return content.filter(isJsonObject).map((part) => {
    const text = asString(part["text"]) ?? "";
    switch (part["type"]) {
      case "input_text":
      case "output_text":
      case "text":
        return { kind: "text", text };
      case "input_image":
        return { kind: "image", text: "" };
      case "input_file":
        return { kind: "file", text: "" };
      default:
        return { kind: "other", text };
    }
  });
}

function textOf(parts: readonly Part[]): string {
  return parts
    .filter((part) => part.kind === "text")
    .map((part) => part.text)
    .join("\n");
}

function readResults(since: readonly Item[]): ToolResult[] {
  const names = new Map<unknown, string>();
  const results: ToolResult[] = [];
  for (const item of since) {
    if (CALL_TYPES.has(item.type)) names.set(item["call_id"], asString(item["name"]) ?? "tool");
    if (OUTPUT_TYPES.has(item.type))
      results.push({ name: names.get(item["call_id"]) ?? "tool", text: contentText(item["output"]).trim() });
  }
  return results;
}
