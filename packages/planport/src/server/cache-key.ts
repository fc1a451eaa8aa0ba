/**
 * The prompt cache's key for a client that names none: turns of one conversation must meet in one cache, or each of them is
 * paid for in full.
 * @module
 */
import { createHash, type Hash } from "node:crypto";
import { asString, isJsonObject } from "../protocol/json.ts";
import type { Item } from "../protocol/responses/item.ts";
import type { ResponsesRequest } from "../protocol/responses/request.ts";
import type { Exchange } from "./exchange.ts";

const SESSION_HEADERS = ["session-id", "session_id", "x-session-id", "conversation_id"] as const;

/** The key for a client that names its conversation in a header: the same for the same conversation, on every run. */
export function cacheKeyOf({ headers }: Exchange): string | undefined {
  const name = SESSION_HEADERS.find((candidate) => headers[candidate]);
  if (name === undefined) return undefined;
  return cacheKeyFor(`session ${headers[name] ?? ""}`);
}

/** A key that does not tell what it was made from. */
export function cacheKeyFor(text: string): string {
  return toKey(createHash("sha256").update(`planport ${text}`, "utf8"));
}

function toKey(hash: Hash): string {
  return hash.digest("hex").slice(0, 32);
}

/** Of a longer text its beginning and length are enough: an image has megabytes. */
const MAX_HASHED_CHARS = 8192;

/**
 * The key of a conversation by what stays the same in it from turn to turn: the model, the instructions, the tools, and all
 * up to the first message of the person.
 */
export function cacheKeyOfPrefix(request: ResponsesRequest): string {
  const hash = createHash("sha256");
  const add = (text: string): void => {
    // The length first, so that texts cannot run into each other.
    hash.update(`${text.length}:`).update(text.length > MAX_HASHED_CHARS ? text.slice(0, MAX_HASHED_CHARS) : text);
  };
  add(`planport prefix ${request.model}`);
  add(request.instructions ?? "");
  add(JSON.stringify(request.tools ?? []));
  for (const item of prefixOf(request.input)) {
    add(asString(item["role"]) ?? item.type ?? "");
    addContent(item["content"] ?? item["tools"], add);
  }
  return toKey(hash);
}

function prefixOf(input: string | readonly Item[]): readonly Item[] {
  if (typeof input === "string") return [{ type: "message", role: "user", content: input }];
  const first = input.findIndex((item) => item["role"] === "user");
  return first === -1 ? input.slice(0, 1) : input.slice(0, first + 1);
}

/** Text means the same by itself and as the one part of a list. */
function addContent(content: unknown, add: (text: string) => void): void {
  if (typeof content === "string") add(content);
  else if (Array.isArray(content)) for (const part of content) addPart(part, add);
}

function addPart(part: unknown, add: (text: string) => void): void {
  if (!isJsonObject(part)) return;
  const text = asString(part["text"]);
  if (text !== undefined) add(text);
  else for (const value of Object.values(part)) add(typeof value === "string" ? value : JSON.stringify(value ?? null));
}
