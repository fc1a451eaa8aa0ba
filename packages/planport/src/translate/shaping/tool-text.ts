/**
 * Tool calls as text (`tool_text_format`), for clients that read nothing but text: each call of an answer becomes a message
 * of the assistant in its place. It is done on the events of the Responses API, before any dialect sees them.
 * @module
 */
import type { ToolTextFormat } from "../../protocol/capabilities.ts";
import { type JsonObject, asNumber, asString, isJsonObject, tryParseJson } from "../../protocol/json.ts";
import { type CodexEvent, TERMINAL_EVENT_TYPES } from "../../protocol/responses/event.ts";
import { escapeXml } from "./environment.ts";

/** A format in which calls are text. */
export type TextFormat = Exclude<ToolTextFormat, "none">;

/** What came in to what goes on, event by event. */
export interface ToolTextStream {
  /** The events to go on with, in order; none for one that is left out. The argument is not altered. */
  push(event: CodexEvent): CodexEvent[];
}

const CALLS: ReadonlySet<unknown> = new Set(["function_call", "custom_tool_call"]);
/** Pieces of a call: it is written out once it is whole. */
const PIECES: ReadonlySet<string> = new Set([
  "response.function_call_arguments.delta",
  "response.function_call_arguments.done",
  "response.custom_tool_call_input.delta",
  "response.custom_tool_call_input.done",
]);
const SUMMARY_CHARS = 80;

/**
 * Makes the translation of one stream.
 * @param names Name on the wire to name of the client, for tools whose names were shortened.
 */
export function createToolTextStream(format: TextFormat, names: ReadonlyMap<string, string>): ToolTextStream {
  return new Stream(format, names);
}

class Stream implements ToolTextStream {
  readonly #format: TextFormat;
  readonly #names: ReadonlyMap<string, string>;
  readonly #rendered = new Map<unknown, JsonObject>();
  /** Something was said before, so that the next call begins a paragraph. */
  #hasText = false;
  #number: number | null = null;

  constructor(format: TextFormat, names: ReadonlyMap<string, string>) {
    this.#format = format;
    this.#names = names;
  }

  push(event: CodexEvent): CodexEvent[] {
    return this.#events(event).map((next) => this.#numbered(next, event));
  }

  #events(event: CodexEvent): CodexEvent[] {
    const { type } = event;
    if (type === "response.output_text.delta") this.#hasText = true;
    if (PIECES.has(type)) return [];
    const item = event["item"];
    if (isJsonObject(item) && CALLS.has(item["type"])) {
      if (type === "response.output_item.added") return [];
      if (type === "response.output_item.done") return this.#messageEvents(this.#render(item), event);
    }
    const response = event["response"];
    if (!TERMINAL_EVENT_TYPES.has(type) || !isJsonObject(response)) return [event];
    const output: unknown[] = Array.isArray(response["output"]) ? response["output"] : [];
    const before: CodexEvent[] = [];
    const rendered = output.map((each, index) => {
      if (!isJsonObject(each) || !CALLS.has(each["type"])) return each;
      const known = this.#rendered.get(each["call_id"]);
      if (known !== undefined) return known;
      const message = this.#render(each);
      before.push(...this.#messageEvents(message, { output_index: index }));
      return message;
    });
    return [...before, { ...event, response: { ...response, output: rendered } }];
  }

  #render(call: JsonObject): JsonObject {
    const text = (this.#hasText ? "\n\n" : "") + toolCallText(call, this.#format, this.#names);
    this.#hasText = true;
    const message = {
      id: `msg_${asString(call["call_id"]) ?? ""}`,
      type: "message",
      status: "completed",
      role: "assistant",
      content: [{ type: "output_text", text, annotations: [] }],
    };
    this.#rendered.set(call["call_id"], message);
    return message;
  }

  /** The events by which the backend would have told of this message. */
  #messageEvents(message: JsonObject, { output_index: index }: JsonObject): CodexEvent[] {
    const [part] = message["content"] as [JsonObject];
    const place = { ...(index !== undefined && { output_index: index }) };
    const inItem = { item_id: message["id"], ...place, content_index: 0 };
    const { text } = part;
    return [
      { type: "response.output_item.added", ...place, item: { ...message, status: "in_progress", content: [] } },
      { type: "response.content_part.added", ...inItem, part: { ...part, text: "" } },
      { type: "response.output_text.delta", ...inItem, delta: text },
      { type: "response.output_text.done", ...inItem, text },
      { type: "response.content_part.done", ...inItem, part },
      { type: "response.output_item.done", ...place, item: message },
    ];
  }

  /** Some events are left out and others added, so all of them are counted anew. */
  #numbered(next: CodexEvent, event: CodexEvent): CodexEvent {
    const given = asNumber(event["sequence_number"]);
    if (given === undefined) return next;
    this.#number = this.#number === null ? given : this.#number + 1;
    return { ...next, sequence_number: this.#number };
  }
}

/** One call as text. Its name and arguments are whole in it, but for the format `summary`. */
function toolCallText(call: JsonObject, format: TextFormat, names: ReadonlyMap<string, string>): string {
  const sent = asString(call["name"]) ?? "";
  const name = names.get(sent) ?? sent;
  const input = call["type"] === "custom_tool_call" ? (asString(call["input"]) ?? "") : null;
  const json = asString(call["arguments"]) ?? "";
  if (format === "markdown") return toMarkdown(name, input ?? json, input === null ? "json" : "");
  const values = argumentsOf(input, json);
  return format === "xml" ? toXml(name, values) : toSummary(name, values);
}

/** Arguments by name. Text that is no JSON object, as a freeform tool's is, has the name `input`. */
function argumentsOf(input: string | null, json: string): JsonObject {
  if (input !== null) return { input };
  const value = tryParseJson(json);
  if (isJsonObject(value)) return value;
  return json.trim() === "" ? {} : { input: json };
}

function asText(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

function toXml(name: string, values: JsonObject): string {
  const lines = Object.entries(values).map(([key, value]) => element(key, escapeXml(asText(value)), "argument"));
  return element(name, lines.length === 0 ? "" : `\n${lines.join("\n")}\n`, "tool");
}

/** What cannot be the name of an element stands in an attribute of one that is called after its kind. */
function element(name: string, content: string, kind: string): string {
  if (/^[A-Za-z_][\w.-]*$/.test(name)) return `<${name}>${content}</${name}>`;
  return `<${kind} name="${escapeXml(name).replaceAll('"', "&quot;")}">${content}</${kind}>`;
}

function toMarkdown(name: string, content: string, language: string): string {
  // A fence is longer than any within it (CommonMark §4.5).
  const longest = Math.max(2, ...[...content.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = "`".repeat(longest + 1);
  return `**${name.replaceAll(/[\\*_`]/g, "\\$&")}**\n\n${fence}${language}\n${content}\n${fence}`;
}

function toSummary(name: string, values: JsonObject): string {
  const shown = Object.entries(values).map(([key, value]) => {
    const line = asText(value).replaceAll(/\s+/g, " ");
    const chars = Array.from(line);
    return `${key}: ${chars.length > SUMMARY_CHARS ? `${chars.slice(0, SUMMARY_CHARS - 1).join("")}…` : line}`;
  });
  return `[${[name, shown.join(", ")].filter((text) => text !== "").join(" ")}]`;
}
