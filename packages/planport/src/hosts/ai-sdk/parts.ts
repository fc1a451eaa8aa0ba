/**
 * What the backend tells while the model answers, as the parts of the AI SDK.
 * @module
 */
import { asNumber, asString, isJsonObject, type JsonObject } from "../../protocol/json.ts";
import { type CodexEvent, isEvent } from "../../protocol/responses/event.ts";
import {
  type CustomToolCallItem,
  type FunctionCallItem,
  isItem,
  type Item,
  type MessageItem,
  type ReasoningItem,
} from "../../protocol/responses/item.ts";
import type { ResponseObject } from "../../protocol/responses/response.ts";
import { ownMetadata } from "./own-metadata.ts";
import type { AnswerFacts, JsonValue, StreamPart } from "./types.ts";
import { finishReasonOf, usageOf } from "./usage.ts";

/** What a mapper must know of the call. */
export interface MapperOptions {
  /** The model that answers, where the answer does not name it. */
  readonly model: string | null;
  /** The program's names of the backend's tools, by their types on the wire. */
  readonly named: ReadonlyMap<string, string>;
  /** Names of tools that were shortened, by the short ones. */
  readonly originals: ReadonlyMap<string, string>;
  /** Each event goes along as it came. */
  readonly raw: boolean;
}

/** A text, or a call's input, that is being written. */
interface Open {
  readonly id: string;
  told: string;
}

/** An item of thinking, told in one part for each part of its summary. */
interface OpenReasoning {
  readonly itemId: string;
  /** The part that is open. */
  part: number;
  told: string;
}

type CallItem = FunctionCallItem | CustomToolCallItem;

/** Makes the parts of one answer, up to and with `finish`. */
export class PartMapper {
  readonly #options: MapperOptions;
  readonly #texts = new Map<string, Open>();
  readonly #inputs = new Map<string, Open>();
  #reasoning: OpenReasoning | null = null;
  #hasFacts = false;
  #hasCalls = false;
  #sources = 0;

  constructor(options: MapperOptions) {
    this.#options = options;
  }

  /** What an event means; nothing for those that say nothing to a caller. */
  next(event: CodexEvent): StreamPart[] {
    const parts = this.#meaning(event);
    return this.#options.raw ? [{ type: "raw", rawValue: event }, ...parts] : parts;
  }

  #meaning(event: CodexEvent): StreamPart[] {
    if (isEvent(event, "response.created") || isEvent(event, "response.in_progress"))
      return this.#facts(event.response);
    if (isEvent(event, "response.output_item.added")) return this.#begun(event.item);
    if (isEvent(event, "response.output_text.delta") || isEvent(event, "response.refusal.delta"))
      return this.#text(keyOf(event), event.delta);
    if (isEvent(event, "response.reasoning_summary_text.delta"))
      return this.#thought(event.item_id ?? "", event.summary_index ?? 0, event.delta);
    if (isEvent(event, "response.reasoning_text.delta")) return this.#thought(event.item_id ?? "", 0, event.delta);
    if (
      isEvent(event, "response.function_call_arguments.delta") ||
      isEvent(event, "response.custom_tool_call_input.delta")
    )
      return this.#input(event.item_id ?? asString(event["call_id"]) ?? "", event.delta);
    if (isEvent(event, "response.output_item.done")) return this.#done(event.item);
    if (isEvent(event, "response.completed") || isEvent(event, "response.incomplete")) return this.#end(event.response);
    return event.type === "response.output_text.annotation.added" ? this.#source(event["annotation"]) : [];
  }

  #facts(response: ResponseObject): StreamPart[] {
    if (this.#hasFacts) return [];
    this.#hasFacts = true;
    return [{ type: "response-metadata", ...factsOf(response, this.#options.model) }];
  }

  #begun(item: Item): StreamPart[] {
    if (isItem(item, "reasoning")) return this.#thought(item.id ?? "", 0, "");
    if (isItem(item, "function_call") || isItem(item, "custom_tool_call")) return this.#called(item);
    return [];
  }

  #called(item: CallItem): StreamPart[] {
    const { call_id: id } = item;
    this.#inputs.set(item.id ?? id, { id, told: "" });
    const encoding = item.type === "custom_tool_call" ? { inputEncoding: "text" as const } : {};
    return [{ type: "tool-input-start", id, toolName: this.#nameOf(item), ...encoding }];
  }

  #nameOf({ name }: CallItem): string {
    return this.#options.originals.get(name) ?? name;
  }

  #text(key: string, delta: string): StreamPart[] {
    const open = this.#texts.get(key);
    if (open !== undefined) {
      open.told += delta;
      return delta === "" ? [] : [{ type: "text-delta", id: open.id, delta }];
    }
    this.#texts.set(key, { id: key, told: delta });
    const start: StreamPart = { type: "text-start", id: key };
    return delta === "" ? [start] : [start, { type: "text-delta", id: key, delta }];
  }

  #thought(itemId: string, part: number, delta: string): StreamPart[] {
    const parts: StreamPart[] = [];
    const last = this.#reasoning;
    if (last !== null && (last.itemId !== itemId || last.part !== part)) parts.push(endOf(last));
    if (last === null || last.itemId !== itemId || last.part !== part) {
      this.#reasoning = { itemId, part, told: "" };
      parts.push({ type: "reasoning-start", id: partId(this.#reasoning), ...ownMetadata({ itemId }) });
    }
    const open = this.#reasoning as OpenReasoning;
    open.told += delta;
    if (delta !== "") parts.push({ type: "reasoning-delta", id: partId(open), delta });
    return parts;
  }

  #input(key: string, delta: string): StreamPart[] {
    const open = this.#inputs.get(key);
    if (open === undefined) return []; // Its item is told whole when it is done.
    open.told += delta;
    return [{ type: "tool-input-delta", id: open.id, delta }];
  }

  /** What is done says all: whatever the pieces before it left out is told now. */
  #done(item: Item): StreamPart[] {
    if (isItem(item, "message")) return this.#saidWhole(item);
    if (isItem(item, "reasoning")) return this.#thoughtWhole(item);
    if (isItem(item, "function_call") || isItem(item, "custom_tool_call")) return this.#calledWhole(item);
    if (item.type === "web_search_call" || item.type === "image_generation_call") return this.#ownCall(item);
    return [];
  }

  #saidWhole(item: MessageItem): StreamPart[] {
    const { id, phase } = item;
    const key = this.#texts.has(id ?? "") ? (id as string) : ([...this.#texts.keys()].at(-1) ?? id ?? "0");
    const whole = textOf(item);
    const told = this.#texts.get(key)?.told ?? "";
    const rest = whole.startsWith(told) ? whole.slice(told.length) : "";
    const parts = rest !== "" || !this.#texts.has(key) ? this.#text(key, rest) : [];
    this.#texts.delete(key);
    return [...parts, { type: "text-end", id: key, ...ownMetadata({ itemId: id, phase }) }];
  }

  #thoughtWhole({ id: itemId = "", summary, encrypted_content: encryptedContent }: ReasoningItem): StreamPart[] {
    const parts: StreamPart[] = [];
    const from = this.#reasoning?.itemId === itemId ? this.#reasoning.part : 0;
    for (const [index, part] of [...objectsIn(summary).entries()].slice(from)) {
      const text = asString(part["text"]) ?? "";
      const open = this.#reasoning;
      const told = open?.itemId === itemId && open.part === index ? open.told : "";
      parts.push(...this.#thought(itemId, index, text.startsWith(told) ? text.slice(told.length) : ""));
    }
    if (this.#reasoning?.itemId !== itemId) parts.push(...this.#thought(itemId, 0, ""));
    parts.push(endOf(this.#reasoning as OpenReasoning, encryptedContent ?? undefined));
    this.#reasoning = null;
    return parts;
  }

  #calledWhole(item: CallItem): StreamPart[] {
    const key = item.id ?? item.call_id;
    const parts = this.#inputs.has(key) ? [] : this.#called(item);
    const open = this.#inputs.get(key) as Open;
    const isFreeform = item.type === "custom_tool_call";
    // Where the whole is missing, the pieces are all that there is.
    const whole = asString(isFreeform ? item.input : item.arguments) ?? open.told;
    const rest = whole.startsWith(open.told) ? whole.slice(open.told.length) : "";
    if (rest !== "") parts.push({ type: "tool-input-delta", id: open.id, delta: rest });
    this.#inputs.delete(key);
    this.#hasCalls = true;
    return [
      ...parts,
      { type: "tool-input-end", id: open.id },
      {
        type: "tool-call",
        toolCallId: open.id,
        toolName: this.#nameOf(item),
        input: isFreeform ? JSON.stringify(whole) : whole || "{}",
        ...ownMetadata({ itemId: item.id }),
      },
    ];
  }

  /** The backend has called a tool of its own, and run it. The item goes back with the conversation, but for its picture. */
  #ownCall(item: Item): StreamPart[] {
    const { result, ...call } = item;
    const type = item.type.replace(/_call$/, "");
    const about = { toolCallId: asString(item["id"]) ?? type, toolName: this.#options.named.get(type) ?? type };
    const action = isJsonObject(item["action"]) ? item["action"] : {};
    const given = type === "web_search" ? { action } : { result: result ?? "" };
    return [
      { type: "tool-call", ...about, input: "{}", providerExecuted: true, ...ownMetadata({ item: call }) },
      { type: "tool-result", ...about, result: given as { [key: string]: JsonValue } },
    ];
  }

  #source(annotation: unknown): StreamPart[] {
    if (!isJsonObject(annotation) || annotation["type"] !== "url_citation") return [];
    const url = asString(annotation["url"]);
    if (url === undefined) return [];
    const title = asString(annotation["title"]);
    this.#sources += 1;
    return [
      { type: "source", sourceType: "url", id: `source-${this.#sources}`, url, ...(title !== undefined && { title }) },
    ];
  }

  #end(response: ResponseObject): StreamPart[] {
    const left: StreamPart[] = [...this.#texts.keys()].map((id) => ({ type: "text-end", id }));
    if (this.#reasoning !== null) left.push(endOf(this.#reasoning));
    return [
      ...this.#facts(response),
      ...left,
      {
        type: "finish",
        usage: usageOf(response.usage),
        finishReason: finishReasonOf(response, this.#hasCalls),
        ...ownMetadata({ responseId: response.id, serviceTier: response.service_tier }),
      },
    ];
  }
}

function factsOf({ id, created_at: createdAt, model }: ResponseObject, asked: string | null): AnswerFacts {
  const modelId = model ?? asked;
  const seconds = asNumber(createdAt);
  return {
    id,
    ...(seconds !== undefined && { timestamp: new Date(seconds * 1000) }),
    ...(modelId !== null && { modelId }),
  };
}

function partId({ itemId, part }: OpenReasoning): string {
  return `${itemId}:${part}`;
}

function endOf(open: OpenReasoning, encryptedContent?: string): StreamPart {
  const { itemId } = open;
  return { type: "reasoning-end", id: partId(open), ...ownMetadata({ itemId, encryptedContent }) };
}

/** Which text a piece belongs to. */
function keyOf({ item_id: itemId, output_index: index }: { item_id?: string; output_index?: number }): string {
  return itemId ?? String(index ?? 0);
}

function textOf({ content }: MessageItem): string {
  if (typeof content === "string") return content;
  return objectsIn(content)
    .map((part) => asString(part["text"]) ?? asString(part["refusal"]) ?? "")
    .join("");
}

/** Items come unchecked off the wire: a list that is missing there is an empty one. */
function objectsIn(list: unknown): readonly JsonObject[] {
  return Array.isArray(list) ? list.filter(isJsonObject) : [];
}
