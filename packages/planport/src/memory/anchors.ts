/**
 * By what an assistant turn is known again when a client sends it back: the ids of its tool calls, and for turns without
 * any a SHA-256 of its text.
 *
 * Short texts come twice ("Done."), so a turn of text has two anchors: a strong one, of the text and of what stood before it,
 * and a weak one of the text alone, for clients that have changed what stood before. A weak anchor that two turns share
 * leads to neither.
 * @module
 */
import { hash } from "node:crypto";
import { asString, isJsonObject, type JsonObject } from "../protocol/json.ts";
import type { Item } from "../protocol/responses/item.ts";
import type { RecalledTurn } from "./types.ts";

/** An assistant turn within the items of a request. */
export interface Turn {
  /** Index of its first item. */
  readonly at: number;
  /** The best first. */
  readonly anchors: readonly string[];
}

const CALLS: ReadonlySet<string> = new Set(["function_call", "custom_tool_call"]);
const WEAK = "text:";

/** True for an anchor that may stand for several turns. */
export function isWeak(anchor: string): boolean {
  return anchor.startsWith(WEAK);
}

/**
 * The assistant's turns. A message begins one, and so does a call that does not follow on a message or call: a turn's text
 * stands before its calls.
 */
export function turnsOf(items: readonly Item[]): Turn[] {
  const turns: Turn[] = [];
  let at = 0;
  while (at < items.length) {
    if (!isAnswer(items[at])) {
      at += 1;
      continue;
    }
    let end = at + 1;
    while (CALLS.has(items[end]?.type ?? "")) end += 1;
    const anchors = anchorsOf(items.slice(at, end), items[at - 1]);
    if (anchors.length > 0) turns.push({ at, anchors });
    at = end;
  }
  return turns;
}

/**
 * The anchors of one turn.
 * @param items Of the turn: an answer's output, or what a client sent back of it.
 * @param before The item in front of the turn.
 */
export function anchorsOf(items: readonly Item[], before: Item | undefined): string[] {
  const callIds = items.filter(({ type }) => CALLS.has(type)).map((item) => asString(item["call_id"]) ?? "");
  const named = callIds.filter((id) => id !== "").map((id) => `call:${id}`);
  if (named.length > 0) return named;
  const text = items
    .filter(({ type }) => type === "message")
    .map((item) => contentText(item["content"]))
    .join("")
    .trim();
  if (text === "") return [];
  const context = contextOf(before);
  return [`after:${sha256(`${context.length} ${context}${text}`)}`, WEAK + sha256(text)];
}

/** What {@link withReasoning} gives. */
export interface Recollection {
  readonly items: Item[];
  /** The turns whose reasoning is back in its place. */
  readonly turnIds: readonly string[];
}

/** Puts the reasoning of each turn that was found in front of it. The items themselves are not altered. */
export function withReasoning(
  items: readonly Item[],
  turns: readonly Turn[],
  recalled: ReadonlyMap<string, RecalledTurn>,
): Recollection {
  const result: Item[] = [];
  const turnIds: string[] = [];
  let next = 0;
  for (const { at, anchors } of turns) {
    const found = anchors.map((anchor) => recalled.get(anchor)).find((turn) => turn !== undefined);
    if (found === undefined || turnIds.includes(found.turnId) || items[at - 1]?.type === "reasoning") continue;
    result.push(...items.slice(next, at), ...found.items);
    turnIds.push(found.turnId);
    next = at;
  }
  result.push(...items.slice(next));
  return { items: result, turnIds };
}

/** The reasoning items that the backend can open again: those with their sealed content. */
export function sealedReasoning(items: readonly Item[]): Item[] {
  return items.filter((item) => item.type === "reasoning" && (asString(item["encrypted_content"]) ?? "") !== "");
}

function isAnswer(item: Item | undefined): boolean {
  return item !== undefined && (CALLS.has(item.type) || (item.type === "message" && item["role"] === "assistant"));
}

function contextOf(item: Item | undefined): string {
  if (item === undefined) return "";
  return `${asString(item["role"]) ?? item.type}\n${contentText(item["content"] ?? item["output"]).trim()}`;
}

function contentText(content: unknown): string {
  if (typeof content === "string") return content;
  if (!Array.isArray(content)) return "";
  const parts: JsonObject[] = content.filter((part) => isJsonObject(part));
  return parts.map((part) => asString(part["text"]) ?? "").join("");
}

function sha256(text: string): string {
  return hash("sha256", text, "hex");
}
