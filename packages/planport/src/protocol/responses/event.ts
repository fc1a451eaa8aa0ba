/**
 * The events of a Responses stream. The union lists what this product acts on; every other event is an
 * {@link UnknownEvent} and passes through.
 * @module
 */
import type { JsonObject } from "../json.ts";
import type { Item } from "./item.ts";
import type { ResponseErrorBody, ResponseObject } from "./response.ts";

interface Base<T extends string> extends JsonObject {
  type: T;
  sequence_number?: number;
}

/** The response as a whole began, went on, or came to an end. */
export interface LifecycleEvent extends Base<
  "response.created" | "response.in_progress" | "response.completed" | "response.failed" | "response.incomplete"
> {
  response: ResponseObject;
}

/** An item began or is complete. `done` is the only source of final content. */
export interface OutputItemEvent extends Base<"response.output_item.added" | "response.output_item.done"> {
  output_index: number;
  item: Item;
}

/** A piece of the answer's text. */
export interface TextDeltaEvent extends Base<"response.output_text.delta"> {
  item_id?: string;
  output_index?: number;
  content_index?: number;
  delta: string;
}

/** A piece of the model's refusal. */
export interface RefusalDeltaEvent extends Base<"response.refusal.delta"> {
  item_id?: string;
  output_index?: number;
  delta: string;
}

/** A piece of the readable reasoning summary. */
export interface ReasoningSummaryDeltaEvent extends Base<"response.reasoning_summary_text.delta"> {
  item_id?: string;
  output_index?: number;
  summary_index?: number;
  delta: string;
}

/** A new part of the reasoning summary begins. */
export interface ReasoningSummaryPartEvent extends Base<"response.reasoning_summary_part.added"> {
  item_id?: string;
  output_index?: number;
  summary_index?: number;
}

/** A piece of raw reasoning text (models that show it). */
export interface ReasoningTextDeltaEvent extends Base<"response.reasoning_text.delta"> {
  item_id?: string;
  content_index?: number;
  delta: string;
}

/** A piece of a function call's arguments. */
export interface FunctionArgumentsDeltaEvent extends Base<"response.function_call_arguments.delta"> {
  item_id?: string;
  output_index?: number;
  delta: string;
}

/** A piece of a freeform tool call's input. */
export interface CustomInputDeltaEvent extends Base<"response.custom_tool_call_input.delta"> {
  item_id?: string;
  call_id?: string;
  output_index?: number;
  delta: string;
}

/** An error in the midst of a stream, as a bare event. */
export interface ErrorEvent extends Base<"error"> {
  code?: string | null;
  message?: string | null;
  param?: string | null;
  error?: ResponseErrorBody;
}

/** The events this product acts on. */
export type KnownEvent =
  | LifecycleEvent
  | OutputItemEvent
  | TextDeltaEvent
  | RefusalDeltaEvent
  | ReasoningSummaryDeltaEvent
  | ReasoningSummaryPartEvent
  | ReasoningTextDeltaEvent
  | FunctionArgumentsDeltaEvent
  | CustomInputDeltaEvent
  | ErrorEvent;

/** Any other event: newer than this planport, or of no concern to it. */
export interface UnknownEvent extends JsonObject {
  type: string;
}

/** What streams back from the backend. Narrow with {@link isEvent}. */
export type CodexEvent = KnownEvent | UnknownEvent;

/** The event of a type. Not `Extract`: an event that stands for several types would be lost in it. */
export type EventOf<T extends KnownEvent["type"], E extends KnownEvent = KnownEvent> = E extends KnownEvent
  ? T extends E["type"]
    ? E
    : never
  : never;

/** Narrows an event by its type. */
export function isEvent<T extends KnownEvent["type"]>(event: CodexEvent, type: T): event is EventOf<T> {
  return event.type === type;
}

/** The types after which a stream is over. */
export const TERMINAL_EVENT_TYPES: ReadonlySet<string> = new Set([
  "response.completed",
  "response.failed",
  "response.incomplete",
]);
