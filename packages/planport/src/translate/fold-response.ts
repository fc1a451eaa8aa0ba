/**
 * A stream of events to the one response object that a client without streaming gets.
 * @module
 */
import { type JsonObject, asString, isJsonObject } from "../protocol/json.ts";
import { type CodexEvent, TERMINAL_EVENT_TYPES } from "../protocol/responses/event.ts";
import type { Item } from "../protocol/responses/item.ts";
import type { ResponseErrorBody, ResponseObject } from "../protocol/responses/response.ts";
import { createItemSlots } from "./item-slots.ts";

/** Gathers one answer. */
export interface ResponseFolder {
  /** Takes the next event. Unknown events change nothing. */
  push(event: CodexEvent): void;
  /** True after `response.completed`, `response.failed` or `response.incomplete`. */
  readonly terminated: boolean;
  /**
   * The answer as far as it has come. `output` is the terminal event's own unless that is empty, which is usual for this
   * backend: then it is the finished items in order, and what streamed of unfinished ones. Without a terminal event the
   * status is `failed`, with the stream's `error` event or `stream_interrupted` as its error.
   */
  result(): ResponseObject;
}

/** What is known of one item of the output. */
interface ItemState {
  added: Item | undefined;
  done: Item | undefined;
  text: string;
  refusal: string;
  /** Arguments of a function call, or input of a freeform tool call. */
  input: string;
}

const LIFECYCLE: ReadonlySet<string> = new Set([
  "response.created",
  "response.queued",
  "response.in_progress",
  ...TERMINAL_EVENT_TYPES,
]);

const newItemState = (): ItemState => ({ added: undefined, done: undefined, text: "", refusal: "", input: "" });

/** Makes a folder for one stream. */
export function createResponseFolder(): ResponseFolder {
  const slots = createItemSlots(newItemState);
  let response: JsonObject = {};
  let streamError: ResponseErrorBody | undefined;
  let terminated = false;

  return {
    get terminated() {
      return terminated;
    },
    push(event) {
      if (LIFECYCLE.has(event.type)) {
        response = foldLifecycle(response, event);
        terminated ||= TERMINAL_EVENT_TYPES.has(event.type);
      } else if (event.type === "error") streamError = toErrorObject(event);
      else if (Object.hasOwn(ITEM_EVENTS, event.type)) ITEM_EVENTS[event.type]?.(slots.of(event), event);
    },
    result() {
      const itemStatus = response["status"] === "completed" ? "completed" : "incomplete";
      const rebuilt = slots.inOrder().flatMap((state) => toItem(state, itemStatus) ?? []);
      const own = response["output"];
      const output = Array.isArray(own) && own.length > 0 ? (own as Item[]) : rebuilt;
      const result = { id: "", object: "response", ...response, output } as ResponseObject;
      if (terminated) return result;
      const error = streamError ?? { code: "stream_interrupted", message: "The stream ended before the answer did." };
      return { ...result, status: "failed", error };
    },
  };
}

/** A later event has the later truth, and what it leaves out still holds; except the status, which a terminal event's name tells. */
function foldLifecycle(response: JsonObject, event: CodexEvent): JsonObject {
  const update = isJsonObject(event["response"]) ? event["response"] : {};
  const next = { ...response, ...update };
  if (!TERMINAL_EVENT_TYPES.has(event.type)) return next;
  const status = asString(update["status"]);
  next["status"] = status === undefined || status === "in_progress" ? event.type.slice("response.".length) : status;
  return next;
}

/** How an event of each type adds to its item. */
const ITEM_EVENTS: Readonly<Record<string, (state: ItemState, event: CodexEvent) => void>> = {
  "response.output_item.added": (state, event) => {
    if (isJsonObject(event["item"])) state.added = event["item"] as Item;
  },
  "response.output_item.done": (state, event) => {
    if (isJsonObject(event["item"])) state.done = event["item"] as Item;
  },
  "response.output_text.delta": (state, event) => {
    state.text += asString(event["delta"]) ?? "";
  },
  "response.refusal.delta": (state, event) => {
    state.refusal += asString(event["delta"]) ?? "";
  },
  "response.function_call_arguments.delta": (state, event) => {
    state.input += asString(event["delta"]) ?? "";
  },
  "response.custom_tool_call_input.delta": (state, event) => {
    state.input += asString(event["delta"]) ?? "";
  },
};

function toItem(state: ItemState, status: string): Item | undefined {
  if (state.done !== undefined) return state.done;
  const { added } = state;
  if (added?.type === "function_call")
    return { ...added, arguments: state.input || (added["arguments"] ?? ""), status };
  if (added?.type === "custom_tool_call") return { ...added, input: state.input || (added["input"] ?? ""), status };
  const content: JsonObject[] = [];
  if (state.text !== "") content.push({ type: "output_text", text: state.text, annotations: [] });
  if (state.refusal !== "") content.push({ type: "refusal", refusal: state.refusal });
  if (content.length === 0) return added;
  return { type: "message", role: "assistant", ...added, content, status };
}

/** The two shapes of an `error` event: its fields bare, or within `error`. */
function toErrorObject(event: CodexEvent): ResponseErrorBody {
  const body = isJsonObject(event["error"]) ? event["error"] : event;
  return {
    code: asString(body["code"]) ?? asString(body["type"]) ?? null,
    message: asString(body["message"]) ?? "The backend ended the stream with an error.",
  };
}
