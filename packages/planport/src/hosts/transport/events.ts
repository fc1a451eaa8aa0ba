/**
 * What a transport tells while the model answers.
 * @module
 */
import { asString, isJsonObject, type JsonObject } from "../../protocol/json.ts";
import { type CodexEvent, isEvent } from "../../protocol/responses/event.ts";
import { isItem, type Item } from "../../protocol/responses/item.ts";
import type { ResponseObject } from "../../protocol/responses/response.ts";

/** A piece of the answer. */
export interface TextDelta {
  readonly type: "text_delta";
  readonly index: number;
  readonly delta: string;
}

/** A piece of what the model shows of its thinking. */
export interface ReasoningDelta {
  readonly type: "reasoning_delta";
  readonly index: number;
  readonly delta: string;
}

/** The model begins to call a tool. */
export interface ToolUseStart {
  readonly type: "tool_use_start";
  /** The call's place among all that the model puts out. */
  readonly index: number;
  readonly toolUseId: string;
  readonly name: string;
}

/** A piece of what is passed to a tool, as JSON text. */
export interface ToolInputDelta {
  readonly type: "tool_input_delta";
  readonly index: number;
  readonly toolUseId: string;
  readonly partialJson: string;
}

/** Why the model stopped. */
export type StopReason = "end_turn" | "tool_use" | "max_tokens" | "content_filter";

/** What it cost, in tokens. */
export interface Usage {
  readonly inputTokens: number;
  readonly outputTokens: number;
  /** Of the input: what the backend still knew. */
  readonly cachedInputTokens: number;
  /** Of the output: thinking. */
  readonly reasoningTokens: number;
}

/** The answer is whole: the last event, and the only one of its kind. */
export interface IterationEnd {
  readonly type: "iteration_end";
  readonly iteration: number;
  readonly stopReason: StopReason;
  readonly usage: Usage;
  /** The model that answered. */
  readonly model: string;
  /** The model's thinking, sealed: in the next turn's message it goes first, each as a {@link ReasoningBlock}. */
  readonly reasoning: readonly JsonObject[];
}

/** Everything that {@link CodexTransport.stream} tells. */
export type TransportEvent = TextDelta | ReasoningDelta | ToolUseStart | ToolInputDelta | IterationEnd;

interface Call {
  readonly id: string;
  readonly index: number;
  /** What has been told of its input. */
  told: string;
}

/** Makes the events of one answer out of the backend's. Keeps what the end tells. */
export class EventMapper {
  readonly #model: string;
  readonly #calls = new Map<string, Call>();
  readonly #reasoning: JsonObject[] = [];

  /** @param model The model that answers, where the answer does not name it. */
  constructor(model: string) {
    this.#model = model;
  }

  /** What an event of the backend's means; nothing for those that say nothing to a caller. */
  next(event: CodexEvent): TransportEvent[] {
    if (isEvent(event, "response.output_text.delta") || isEvent(event, "response.refusal.delta"))
      return [{ type: "text_delta", index: 0, delta: event.delta }];
    if (isEvent(event, "response.reasoning_summary_text.delta") || isEvent(event, "response.reasoning_text.delta"))
      return [{ type: "reasoning_delta", index: 0, delta: event.delta }];
    if (isEvent(event, "response.output_item.added")) return this.#begun(event.item, event.output_index);
    if (isEvent(event, "response.function_call_arguments.delta")) return [this.#input(event)];
    if (isEvent(event, "response.output_item.done")) return this.#done(event.item, event.output_index);
    if (isEvent(event, "response.completed") || isEvent(event, "response.incomplete"))
      return [this.#end(event.response)];
    return [];
  }

  #begun(item: Item, index: number): TransportEvent[] {
    if (!isItem(item, "function_call")) return [];
    this.#calls.set(item.id ?? item.call_id, { id: item.call_id, index, told: "" });
    return [{ type: "tool_use_start", index, toolUseId: item.call_id, name: item.name }];
  }

  #input(event: { item_id?: string; output_index?: number; delta: string }): ToolInputDelta {
    const itemId = event.item_id ?? "";
    const call = this.#calls.get(itemId) ?? { id: itemId, index: event.output_index ?? 0, told: "" };
    call.told += event.delta;
    return { type: "tool_input_delta", index: call.index, toolUseId: call.id, partialJson: event.delta };
  }

  /** What is done says all: whatever the pieces before it left out is told now. */
  #done(item: Item, index: number): TransportEvent[] {
    if (item.type === "reasoning") this.#reasoning.push(item);
    if (!isItem(item, "function_call")) return [];
    const key = item.id ?? item.call_id;
    const begun = this.#calls.has(key) ? [] : this.#begun(item, index);
    const call = this.#calls.get(key) as Call;
    if (!item.arguments.startsWith(call.told) || item.arguments === call.told) return begun;
    const partialJson = item.arguments.slice(call.told.length);
    call.told = item.arguments;
    return [...begun, { type: "tool_input_delta", index: call.index, toolUseId: call.id, partialJson }];
  }

  #end(response: ResponseObject): IterationEnd {
    const hasCalls = this.#calls.size > 0 || (response.output ?? []).some((item) => item.type === "function_call");
    return {
      type: "iteration_end",
      iteration: 0,
      stopReason: hasCalls && response.status !== "incomplete" ? "tool_use" : stopReasonOf(response),
      usage: usageOf(response),
      model: response.model ?? this.#model,
      reasoning: this.#reasoning,
    };
  }
}

const REASONS: Readonly<Record<string, StopReason>> = {
  max_output_tokens: "max_tokens",
  length: "max_tokens",
  content_filter: "content_filter",
};

function stopReasonOf({ status, incomplete_details: details }: ResponseObject): StopReason {
  const reason = details?.reason ?? asString(status) ?? "";
  return Object.hasOwn(REASONS, reason) ? (REASONS[reason] as StopReason) : "end_turn";
}

function usageOf({ usage }: ResponseObject): Usage {
  const all: JsonObject = isJsonObject(usage) ? usage : {};
  const count = (holder: unknown, field: string): number => {
    const value = isJsonObject(holder) ? holder[field] : undefined;
    return typeof value === "number" ? value : 0;
  };
  return {
    inputTokens: count(all, "input_tokens"),
    outputTokens: count(all, "output_tokens"),
    cachedInputTokens: count(all["input_tokens_details"], "cached_tokens"),
    reasoningTokens: count(all["output_tokens_details"], "reasoning_tokens"),
  };
}
