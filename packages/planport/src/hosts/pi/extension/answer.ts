/**
 * What the backend streams, as pi's events and pi's message.
 * @module
 */
import { asNumber, asString, isJsonObject, type JsonObject, tryParseJson } from "../../../protocol/json.ts";
import { type CodexEvent, isEvent } from "../../../protocol/responses/event.ts";
import { type FunctionCallItem, isItem, type Item, type ReasoningItem } from "../../../protocol/responses/item.ts";
import type { ResponseObject } from "../../../protocol/responses/response.ts";
import type { PiModelCost } from "../model.ts";
import { incompleteText } from "./failure-text.ts";
import type { PiAssistantMessage, PiEvent, PiListedModel, PiText, PiThinking, PiToolCall, PiUsage } from "./host.ts";
import { readPartialJson } from "./partial-json.ts";

/** Why an answer is cut that grew too long; one that is cut without a reason is taken for that, too. */
const TOO_LONG: ReadonlySet<string> = new Set(["max_output_tokens", "max_tokens"]);

/** An empty message of a model's. */
export function emptyMessage(model: PiListedModel, nowMs: number): PiAssistantMessage {
  return {
    role: "assistant",
    content: [],
    api: model.api,
    provider: model.provider,
    model: model.id,
    usage: usageOf({}, model.cost),
    stopReason: "stop",
    timestamp: nowMs,
  };
}

interface Open {
  readonly index: number;
  readonly block: PiText | PiThinking | PiToolCall;
  /** Of a call's arguments: what has come. */
  json: string;
  /** Its next reading is worth while at this length. */
  readAgainAt: number;
}

/** Builds up a message, and says of each step what pi is to be told. */
export class AnswerBuilder {
  readonly #message: PiAssistantMessage;
  readonly #cost: PiModelCost;
  readonly #push: (event: PiEvent) => void;
  /** By the place among all that the model puts out. */
  readonly #open = new Map<number, Open>();

  constructor(message: PiAssistantMessage, cost: PiModelCost, push: (event: PiEvent) => void) {
    this.#message = message;
    this.#cost = cost;
    this.#push = push;
  }

  /** Takes an event of the backend's; those that say nothing to pi are passed over. */
  take(event: CodexEvent): void {
    if (isEvent(event, "response.output_item.added")) this.#begin(event.item, event.output_index);
    else if (isEvent(event, "response.output_item.done")) this.#end(event.item, event.output_index);
    else if (isEvent(event, "response.output_text.delta") || isEvent(event, "response.refusal.delta"))
      this.#grow(event.output_index ?? 0, "text", event.delta);
    else if (isEvent(event, "response.reasoning_summary_part.added")) {
      if ((event.summary_index ?? 0) > 0) this.#grow(event.output_index ?? 0, "thinking", "\n\n");
    } else if (isEvent(event, "response.reasoning_summary_text.delta"))
      this.#grow(event.output_index ?? 0, "thinking", event.delta);
    else if (isEvent(event, "response.reasoning_text.delta"))
      this.#grow(asNumber((event as JsonObject)["output_index"]) ?? 0, "thinking", event.delta);
    else if (isEvent(event, "response.function_call_arguments.delta"))
      this.#grow(event.output_index ?? 0, "toolCall", event.delta);
    else if (isEvent(event, "response.completed") || isEvent(event, "response.incomplete"))
      this.#finish(event.response);
  }

  /** True when the model wants tools to be used. */
  get hasCalls(): boolean {
    return this.#message.content.some((block) => block.type === "toolCall");
  }

  #begin(item: Item, at: number): Open | null {
    const block = blockOf(item);
    if (block === null || this.#open.has(at)) return this.#open.get(at) ?? null;
    const open: Open = { index: this.#message.content.length, block, json: "", readAgainAt: 0 };
    this.#message.content.push(block);
    this.#open.set(at, open);
    this.#push({ type: `${eventName(block)}_start`, contentIndex: open.index, partial: this.#message });
    return open;
  }

  #grow(at: number, type: "text" | "thinking" | "toolCall", delta: string): void {
    const open = this.#open.get(at) ?? this.#begin(stubOf(type), at);
    if (open === null || open.block.type !== type || delta === "") return;
    const { block } = open;
    if (block.type === "text") block.text += delta;
    else if (block.type === "thinking") block.thinking += delta;
    else this.#growCall(open, block, delta);
    this.#push({ type: `${eventName(block)}_delta`, contentIndex: open.index, delta, partial: this.#message });
  }

  /** What has come of the arguments is shown while the rest is on its way, but not read anew at every piece. */
  #growCall(open: Open, block: PiToolCall, delta: string): void {
    open.json += delta;
    if (open.json.length < open.readAgainAt) return;
    block.arguments = readPartialJson(open.json) ?? block.arguments;
    open.readAgainAt = open.json.length + Math.max(16, open.json.length / 8);
  }

  /** A finished item says all; whatever the pieces before it left out is told now. */
  #end(item: Item, at: number): void {
    const open = this.#open.get(at) ?? this.#begin(item, at);
    if (open === null) return;
    const { block, index } = open;
    this.#open.delete(at);
    const partial = this.#message;
    if (block.type === "toolCall" && isItem(item, "function_call")) {
      block.id = idOf(item);
      block.name = item.name;
      const value = tryParseJson(item.arguments);
      block.arguments = isJsonObject(value) ? value : {};
      return this.#push({ type: "toolcall_end", contentIndex: index, toolCall: block, partial });
    }
    const told = block.type === "text" ? block.text : block.type === "thinking" ? block.thinking : "";
    const content = wholeText(item) || told;
    const rest = content.startsWith(told) ? content.slice(told.length) : "";
    if (block.type === "text") {
      block.text = content;
      block.textSignature = JSON.stringify({ v: 1, id: item["id"] ?? "", phase: item["phase"] });
    } else if (block.type === "thinking") {
      block.thinking = content;
      block.thinkingSignature = JSON.stringify(item);
    } else return;
    const name = block.type;
    if (rest !== "") this.#push({ type: `${name}_delta`, contentIndex: index, delta: rest, partial });
    this.#push({ type: `${name}_end`, contentIndex: index, content, partial });
  }

  #finish(response: ResponseObject): void {
    const message = this.#message;
    message.usage = usageOf(response, this.#cost);
    if (typeof response.id === "string") message.responseId = response.id;
    const isCut = response.status === "incomplete";
    message.stopReason = isCut ? "length" : this.hasCalls ? "toolUse" : "stop";
    const reason = asString(response.incomplete_details?.reason);
    if (!isCut || reason === undefined || TOO_LONG.has(reason)) return;
    message.stopReason = "error";
    message.errorMessage = incompleteText(reason);
  }
}

function eventName({ type }: Open["block"]): "text" | "thinking" | "toolcall" {
  return type === "toolCall" ? "toolcall" : type;
}

function blockOf(item: Item): Open["block"] | null {
  if (item.type === "message") return { type: "text", text: "" };
  if (item.type === "reasoning") return { type: "thinking", thinking: "" };
  if (!isItem(item, "function_call")) return null;
  return { type: "toolCall", id: idOf(item), name: item.name, arguments: {} };
}

/** Stands for an item whose beginning was not told. */
function stubOf(type: "text" | "thinking" | "toolCall"): Item {
  if (type === "toolCall") return { type: "function_call", call_id: "", name: "", arguments: "" };
  return { type: type === "text" ? "message" : "reasoning" };
}

function idOf(item: FunctionCallItem): string {
  return item.id === undefined ? item.call_id : `${item.call_id}|${item.id}`;
}

function wholeText(item: Item): string {
  if (isItem(item, "reasoning")) return thoughtsOf(item);
  const content = Array.isArray(item["content"]) ? item["content"] : [];
  return content
    .map((part: unknown) => (isJsonObject(part) ? (asString(part["text"]) ?? asString(part["refusal"]) ?? "") : ""))
    .join("");
}

function thoughtsOf({ summary, content }: ReasoningItem): string {
  const texts = Array.isArray(summary) && summary.length > 0 ? summary : (content ?? []);
  return texts.map(({ text }) => text).join("\n\n");
}

function usageOf({ usage }: Pick<ResponseObject, "usage">, cost: PiModelCost): PiUsage {
  const all: JsonObject = isJsonObject(usage) ? usage : {};
  const count = (holder: unknown, field: string): number => (isJsonObject(holder) ? (asNumber(holder[field]) ?? 0) : 0);
  const cacheRead = count(all["input_tokens_details"], "cached_tokens");
  const cacheWrite = count(all["input_tokens_details"], "cache_write_tokens");
  const input = Math.max(0, count(all, "input_tokens") - cacheRead - cacheWrite);
  const output = count(all, "output_tokens");
  const price = (tokens: number, dollars: number): number => (tokens * dollars) / 1_000_000;
  const costs = {
    input: price(input, cost.input),
    output: price(output, cost.output),
    cacheRead: price(cacheRead, cost.cacheRead),
    cacheWrite: price(cacheWrite, cost.cacheWrite),
  };
  return {
    input,
    output,
    cacheRead,
    cacheWrite,
    reasoning: count(all["output_tokens_details"], "reasoning_tokens"),
    totalTokens: input + output + cacheRead + cacheWrite,
    cost: { ...costs, total: costs.input + costs.output + costs.cacheRead + costs.cacheWrite },
  };
}
