/**
 * The model's sealed reasoning as a thinking block of the Messages API and back. Clients return such blocks unchanged, by
 * their signature; so the signature bears the whole reasoning item, and nothing has to be remembered here.
 * @module
 */
import { type JsonObject, asString, isJsonObject, tryParseJson } from "../../protocol/json.ts";
import type { MessagesOutputBlock } from "../../protocol/messages/message.ts";
import type { Item } from "../../protocol/responses/item.ts";

/** Tells our signatures from those of other servers, whose thinking means nothing to this backend. */
const PREFIX = "planport.1.";

/** The block for a finished reasoning item. */
export function toThinkingBlock(item: JsonObject): MessagesOutputBlock {
  const thinking = textOf(item);
  const signature = sealOf(item);
  return thinking === "" ? { type: "redacted_thinking", data: signature } : { type: "thinking", thinking, signature };
}

/** The signature for a reasoning item. */
export function sealOf(item: JsonObject): string {
  return PREFIX + toBase64(JSON.stringify(item));
}

/** The reasoning item in a block that a client returned; null for blocks of other origin. */
export function fromThinkingBlock(block: JsonObject): Item | null {
  const seal = asString(block["type"] === "redacted_thinking" ? block["data"] : block["signature"]) ?? "";
  if (!seal.startsWith(PREFIX)) return null;
  const text = fromBase64(seal.slice(PREFIX.length));
  const item = text === null ? undefined : tryParseJson(text);
  return isJsonObject(item) && item["type"] === "reasoning" ? (item as Item) : null;
}

function textOf(item: JsonObject): string {
  const parts = Array.isArray(item["summary"]) ? item["summary"] : [];
  return parts.flatMap((part) => (isJsonObject(part) ? (asString(part["text"]) ?? []) : [])).join("\n\n");
}

function toBase64(text: string): string {
  let bytes = "";
  // Piece by piece: a spread of a long item would be more arguments than a call may have.
  for (const byte of new TextEncoder().encode(text)) bytes += String.fromCharCode(byte);
  return btoa(bytes);
}

function fromBase64(base64: string): string | null {
  try {
    const bytes = Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return null; // Cut or altered on its way: it is no item of ours any more.
  }
}
