/**
 * The items of one answer, made of the events of its stream as they come.
 * @module
 */
import { type JsonObject, asNumber, asString, isJsonObject } from "../../protocol/json.ts";
import type { CodexEvent } from "../../protocol/responses/event.ts";
import { type Item, isItem } from "../../protocol/responses/item.ts";
import type { AgentMessageItem, ReasoningThreadItem } from "../items.ts";
import type { TurnScope } from "./scope.ts";

type Building = AgentMessageItem | ReasoningThreadItem;

/** Where finished things go. */
export interface AnswerSink {
  /** An item of the Responses API is whole: it belongs to the conversation. */
  onOutput(item: Item): void;
  /** The model's message is whole. */
  onMessage(item: AgentMessageItem): void;
}

/** Takes the events of one stream. An answer that breaks off leaves its unfinished items unfinished. */
export class AnswerItems {
  readonly #scope: TurnScope;
  readonly #sink: AnswerSink;
  readonly #building = new Map<string, Building>();
  /** By place in the output, for events that name no item. */
  readonly #idAt = new Map<number, string>();

  constructor(scope: TurnScope, sink: AnswerSink) {
    this.#scope = scope;
    this.#sink = sink;
  }

  onEvent(event: CodexEvent): void {
    switch (event.type) {
      case "response.output_item.added":
        this.#begin(event);
        break;
      case "response.output_text.delta":
      case "response.refusal.delta":
        this.#delta(event, "agentMessage");
        break;
      case "response.reasoning_summary_part.added":
        this.#summaryPart(event);
        break;
      case "response.reasoning_summary_text.delta":
      case "response.reasoning_text.delta":
        this.#delta(event, "reasoning");
        break;
      case "response.output_item.done":
        this.#end(event);
        break;
      default:
    }
  }

  #begin(event: CodexEvent): void {
    const { item } = event;
    if (!isJsonObject(item)) return;
    const id = this.#idOf(event, asString(item["id"]));
    if (item["type"] === "message" || item["type"] === "reasoning") this.#open(id, item["type"], item);
  }

  #open(id: string, type: unknown, raw: JsonObject): Building {
    const known = this.#building.get(id);
    if (known !== undefined) return known;
    const times = { startedAtMs: this.#scope.now(), completedAtMs: null };
    const item: Building =
      type === "message"
        ? { type: "agentMessage", id, text: "", phase: asString(raw["phase"]) ?? null, ...NO_EXTRAS, ...times }
        : { type: "reasoning", id, summary: [], content: [], ...times };
    this.#building.set(id, item);
    this.#scope.started(item);
    return item;
  }

  #delta(event: CodexEvent, type: Building["type"]): void {
    const delta = asString(event["delta"]);
    if (delta === undefined || delta === "") return;
    const id = this.#idOf(event, asString(event["item_id"]));
    const item = this.#open(id, type === "agentMessage" ? "message" : "reasoning", {});
    const fields = { itemId: item.id, delta };
    if (type === "agentMessage") this.#scope.emit("item/agentMessage/delta", fields);
    else if (event.type === "response.reasoning_summary_text.delta")
      this.#scope.emit("item/reasoning/summaryTextDelta", {
        ...fields,
        summaryIndex: asNumber(event["summary_index"]) ?? 0,
      });
    else
      this.#scope.emit("item/reasoning/textDelta", { ...fields, contentIndex: asNumber(event["content_index"]) ?? 0 });
  }

  #summaryPart(event: CodexEvent): void {
    const item = this.#open(this.#idOf(event, asString(event["item_id"])), "reasoning", {});
    const summaryIndex = asNumber(event["summary_index"]) ?? 0;
    this.#scope.emit("item/reasoning/summaryPartAdded", { itemId: item.id, summaryIndex });
  }

  #end(event: CodexEvent): void {
    const { item: raw } = event;
    if (!isJsonObject(raw) || typeof raw["type"] !== "string") return;
    const done = raw as Item;
    const id = this.#idOf(event, asString(done["id"]));
    if (isItem(done, "message")) {
      const item = this.#open(id, "message", done) as AgentMessageItem;
      const whole: AgentMessageItem = { ...item, text: textOf(done.content), phase: done.phase ?? item.phase };
      this.#building.delete(id);
      this.#sink.onMessage(this.#scope.completed(whole) as AgentMessageItem);
    } else if (isItem(done, "reasoning")) {
      const item = this.#open(id, "reasoning", done) as ReasoningThreadItem;
      this.#building.delete(id);
      const summary = done.summary.map(({ text }) => text);
      this.#scope.completed({ ...item, summary, content: (done.content ?? []).map(({ text }) => text) });
    }
    this.#sink.onOutput(done);
  }

  #idOf(event: CodexEvent, named: string | undefined): string {
    const place = asNumber(event["output_index"]);
    const known = place === undefined ? undefined : this.#idAt.get(place);
    const id = known ?? (named === undefined || named === "" ? this.#scope.newId() : named);
    if (place !== undefined) this.#idAt.set(place, id);
    return id;
  }
}

const NO_EXTRAS = { delivery: null, memoryCitation: null, moderation: null, questions: null } as const;

function textOf(content: unknown): string {
  if (typeof content === "string") return content;
  if (!Array.isArray(content)) return "";
  return (content as unknown[])
    .filter(isJsonObject)
    .map((part) => asString(part["text"]) ?? asString(part["refusal"]) ?? "")
    .join("");
}
