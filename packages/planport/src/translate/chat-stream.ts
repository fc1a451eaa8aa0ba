/**
 * The state of one streamed chat answer, and what each family of events makes of it. Shared by the chunker, which
 * makes objects, and the encoder, which for text makes none.
 * @module
 */
import type { ChatDelta } from "../protocol/chat/chunk.ts";
import { type JsonObject, asNumber, asString, isJsonObject } from "../protocol/json.ts";
import type { CodexEvent } from "../protocol/responses/event.ts";
import { toChatExtras } from "./chat-extras.ts";
import { toChatAnnotations } from "./chat-usage.ts";
import { type ItemSlots, createItemSlots } from "./item-slots.ts";

/** What one item of the output has given to the client so far. */
interface ItemState {
  /** Parts of which pieces were sent, by family and index: `text:0`. */
  readonly sent: Set<string>;
  /** Index of the tool call in the answer; undefined until its name was sent. */
  callIndex: number | undefined;
  /** Arguments that came before the name. */
  pending: string;
  closed: boolean;
}

/** The families of parts within an item. */
type Family = "text" | "refusal" | "summary" | "reasoning" | "arguments";

/** Pieces of an answer. */
export interface ChatStream {
  /** What an event adds to the message: nothing for unknown events and events of no concern. */
  deltas(event: CodexEvent): ChatDelta[];
  /** Like `deltas` for a text delta, but gives the text alone. */
  text(event: JsonObject): string;
  /**
   * What the last text delta named: its `item_id`, `output_index` and `content_index` as JSON members, such as
   * `,"item_id":"msg_1","output_index":0`. A further delta of the same place changes nothing here but for its text. Null
   * when there was none, or when another event came after it.
   */
  readonly textPlace: string | null;
  /** How many tool calls there are so far. */
  readonly calls: number;
}

/** Options of {@link createChatStream}. */
export interface ChatStreamOptions {
  readonly toolNames?: ReadonlyMap<string, string> | undefined;
  readonly legacyFunctions?: boolean | undefined;
}

interface Answer extends ChatStreamOptions {
  readonly slots: ItemSlots<ItemState>;
  calls: number;
  /** A finished item has come. */
  anyDone: boolean;
  /** The item and part that last gave reasoning: another one begins after a blank line. */
  reasoning: { item: ItemState; part: string } | undefined;
}

const NO_PLACE = '{"":0';

const newItemState = (): ItemState => ({ sent: new Set(), callIndex: undefined, pending: "", closed: false });

/** Starts an answer. */
export function createChatStream(options: ChatStreamOptions): ChatStream {
  const answer: Answer = {
    ...options,
    slots: createItemSlots(newItemState),
    calls: 0,
    anyDone: false,
    reasoning: undefined,
  };
  // What the last text delta named; null when the last event was none, so that unnamed items are not taken for one.
  let lastText: { item_id: unknown; output_index: unknown; content_index: unknown } | null = null;
  let textPlace: string | null = null;
  return {
    get calls() {
      return answer.calls;
    },
    get textPlace() {
      return textPlace;
    },
    deltas(event) {
      lastText = textPlace = null;
      if (event.type === "response.completed" || event.type === "response.incomplete") return rest(answer, event);
      const family = Object.hasOwn(FAMILIES, event.type) ? FAMILIES[event.type] : undefined;
      return family === undefined ? [] : family(answer, answer.slots.of(event), event);
    },
    text(event) {
      const delta = asString(event["delta"]) ?? "";
      const { item_id, output_index, content_index } = event;
      const same =
        lastText !== null &&
        lastText.item_id === item_id &&
        lastText.output_index === output_index &&
        lastText.content_index === content_index;
      if (same || delta === "") return delta;
      answer.slots.of(event).sent.add(partKey("text", content_index));
      lastText = { item_id, output_index, content_index };
      textPlace = JSON.stringify({ "": 0, ...lastText }).slice(NO_PLACE.length, -1);
      return delta;
    },
  };
}

type EventFamily = (answer: Answer, item: ItemState, event: CodexEvent) => ChatDelta[];

const FAMILIES: Readonly<Record<string, EventFamily>> = {
  "response.output_item.added": (answer, item, event) => beginItem(answer, item, event["item"]),
  "response.output_item.done": (answer, item, event) => {
    answer.anyDone = true;
    return isJsonObject(event["item"]) ? endItem(answer, item, event["item"]) : [];
  },
  "response.output_text.delta": (_answer, item, event) => {
    const delta = piece(item, "text", event["content_index"], event["delta"]);
    return delta === "" ? [] : [{ content: delta }];
  },
  "response.refusal.delta": (_answer, item, event) => {
    const delta = piece(item, "refusal", event["content_index"], event["delta"]);
    return delta === "" ? [] : [{ refusal: delta }];
  },
  "response.reasoning_summary_text.delta": (answer, item, event) =>
    reasoning(
      answer,
      item,
      "summary",
      event["summary_index"],
      piece(item, "summary", event["summary_index"], event["delta"]),
    ),
  "response.reasoning_summary_part.added": (answer) => {
    // Servers that do not number the parts still say where one begins.
    if (answer.reasoning !== undefined) answer.reasoning.part = "";
    return [];
  },
  "response.reasoning_text.delta": (answer, item, event) =>
    reasoning(
      answer,
      item,
      "reasoning",
      event["content_index"],
      piece(item, "reasoning", event["content_index"], event["delta"]),
    ),
  "response.function_call_arguments.delta": (answer, item, event) => input(answer, item, event["delta"], false),
  "response.custom_tool_call_input.delta": (answer, item, event) => input(answer, item, event["delta"], true),
};

function partKey(family: Family, index: unknown): string {
  return `${family}:${asNumber(index) ?? "all"}`;
}

/** Marks a piece as sent and gives its text. */
function piece(item: ItemState, family: Family, index: unknown, delta: unknown): string {
  const text = asString(delta) ?? "";
  if (text !== "") item.sent.add(partKey(family, index));
  return text;
}

/** The text of a finished part, unless pieces of it were sent. */
function unsent(item: ItemState, family: Family, index: number, text: unknown): string {
  if (item.sent.has(partKey(family, index)) || item.sent.has(partKey(family, undefined))) return "";
  return asString(text) ?? "";
}

function reasoning(answer: Answer, item: ItemState, family: Family, index: unknown, text: string): ChatDelta[] {
  if (text === "") return [];
  const part = partKey(family, index);
  const before = answer.reasoning;
  answer.reasoning = { item, part };
  const begins = before !== undefined && (before.item !== item || before.part !== part);
  return [{ reasoning_content: begins ? `\n\n${text}` : text }];
}

function input(answer: Answer, item: ItemState, delta: unknown, custom: boolean): ChatDelta[] {
  const text = asString(delta) ?? "";
  if (text === "") return [];
  if (item.callIndex === undefined) {
    item.pending += text;
    return [];
  }
  return callPiece(answer, item, item.callIndex, text, custom);
}

function callPiece(answer: Answer, item: ItemState, index: number, text: string, custom: boolean): ChatDelta[] {
  item.sent.add(partKey("arguments", undefined));
  if (custom) return [{ tool_calls: [{ index, custom: { input: text } }] }];
  if (answer.legacyFunctions === true) return [{ function_call: { arguments: text } }];
  return [{ tool_calls: [{ index, function: { arguments: text } }] }];
}

function beginItem(answer: Answer, state: ItemState, item: unknown): ChatDelta[] {
  if (!isJsonObject(item)) return [];
  const begun = beginCall(answer, state, item);
  if (state.pending === "" || state.callIndex === undefined) return begun;
  const { pending } = state;
  state.pending = "";
  return [...begun, ...callPiece(answer, state, state.callIndex, pending, item["type"] === "custom_tool_call")];
}

/** The first piece of a tool call: its id and name. Nothing when it was sent, or when the item is no call or not nameable yet. */
function beginCall(answer: Answer, state: ItemState, item: JsonObject): ChatDelta[] {
  const custom = item["type"] === "custom_tool_call";
  const [id, sent] = [asString(item["call_id"]), asString(item["name"])];
  if ((!custom && item["type"] !== "function_call") || state.callIndex !== undefined) return [];
  if (id === undefined || sent === undefined) return [];
  const name = answer.toolNames?.get(sent) ?? sent;
  const index = answer.calls;
  state.callIndex = index;
  answer.calls += 1;
  if (custom) return [{ tool_calls: [{ index, id, type: "custom", custom: { name, input: "" } }] }];
  if (answer.legacyFunctions === true) return [{ function_call: { name, arguments: "" } }];
  return [{ tool_calls: [{ index, id, type: "function", function: { name, arguments: "" } }] }];
}

/** The finished item is the truth; what of it was not streamed is sent now, once. */
function endItem(answer: Answer, state: ItemState, item: JsonObject): ChatDelta[] {
  if (state.closed) return [];
  state.closed = true;
  switch (item["type"]) {
    case "message":
      return endMessage(state, item);
    case "reasoning":
      return endReasoning(answer, state, item);
    case "function_call":
      return endCall(answer, state, item, item["arguments"], false);
    case "custom_tool_call":
      return endCall(answer, state, item, item["input"], true);
    default:
      return [toChatExtras(item)];
  }
}

function endMessage(state: ItemState, item: JsonObject): ChatDelta[] {
  const content = item["content"];
  const parts = typeof content === "string" ? [{ type: "output_text", text: content }] : content;
  return objectsIn(parts).flatMap((part, index) => {
    const deltas: ChatDelta[] = [];
    const text = part["type"] === "output_text" ? unsent(state, "text", index, part["text"]) : "";
    if (text !== "") deltas.push({ content: text });
    const refusal = part["type"] === "refusal" ? unsent(state, "refusal", index, part["refusal"]) : "";
    if (refusal !== "") deltas.push({ refusal });
    const annotations = toChatAnnotations(part["annotations"]);
    if (annotations.length > 0) deltas.push({ annotations });
    return deltas;
  });
}

function endReasoning(answer: Answer, state: ItemState, item: JsonObject): ChatDelta[] {
  const of = (family: "summary" | "reasoning", parts: unknown): ChatDelta[] =>
    objectsIn(parts).flatMap((part, index) =>
      reasoning(answer, state, family, index, unsent(state, family, index, part["text"])),
    );
  return [...of("summary", item["summary"]), ...of("reasoning", item["content"])];
}

function endCall(answer: Answer, state: ItemState, item: JsonObject, full: unknown, custom: boolean): ChatDelta[] {
  const begun = beginCall(answer, state, item);
  const text = unsent(state, "arguments", 0, full);
  if (state.callIndex === undefined || text === "") return begun;
  return [...begun, ...callPiece(answer, state, state.callIndex, text, custom)];
}

/**
 * Items that only the terminal event brings: some servers send no item events. One that finished any item has finished
 * all, and its final list is not looked at: places in it need not be the `output_index` of the events.
 */
function rest(answer: Answer, event: CodexEvent): ChatDelta[] {
  if (answer.anyDone) return [];
  const output = isJsonObject(event["response"]) ? event["response"]["output"] : undefined;
  return objectsIn(output).flatMap((item, index) => {
    const done = { type: "response.output_item.done", output_index: index, item };
    return endItem(answer, answer.slots.of(done), item);
  });
}

function objectsIn(value: unknown): JsonObject[] {
  return Array.isArray(value) ? value.filter((entry) => isJsonObject(entry)) : [];
}
