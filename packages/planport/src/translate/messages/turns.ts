/**
 * The turns of a Messages conversation to Responses items: same order, nothing merged.
 * @module
 */
import type { MessagesBlock, MessagesTurn } from "../../protocol/messages/request.ts";
import { type JsonObject, asString, isJsonObject } from "../../protocol/json.ts";
import type { Item } from "../../protocol/responses/item.ts";
import type { Change } from "../change.ts";
import { usual } from "../parameters.ts";
import { shortenTold, type ToolNames } from "../tool-names.ts";
import { tellFields, toBlockPart, toBlockParts } from "./blocks.ts";
import { fromThinkingBlock } from "./thinking.ts";

const USE_FIELDS: ReadonlySet<string> = new Set(["type", "id", "name", "input"]);
const RESULT_FIELDS: ReadonlySet<string> = new Set(["type", "tool_use_id", "content", "is_error"]);
const THINKING_FIELDS: ReadonlySet<string> = new Set(["type", "thinking", "signature", "data"]);
const TURN_FIELDS: ReadonlySet<string> = new Set(["role", "content"]);
/** What Anthropic's own servers did in an earlier turn: its text is in the turn too, the rest means nothing here. */
const SERVER_BLOCK = /^(?:server_tool_use|mcp_tool_use|mcp_tool_result|container_upload|.+_tool_result)$/;

interface Walk {
  readonly items: Item[];
  /** Where in the request the id of each item stands. */
  readonly idPaths: string[];
  readonly names: ToolNames;
  readonly changes: Change[];
}

/**
 * Translates the conversation.
 * @throws {RequestError} `request_invalid` for blocks that cannot be sent.
 */
export function toTurnItems(
  turns: readonly MessagesTurn[],
  names: ToolNames,
  changes: Change[],
): { readonly items: Item[]; readonly idPaths: readonly string[] } {
  const walk: Walk = { items: [], idPaths: [], names, changes };
  turns.forEach((turn, index) => addTurn(walk, turn, `messages[${index}]`));
  return walk;
}

function add(walk: Walk, item: Item, idPath: string): void {
  walk.items.push(item);
  walk.idPaths.push(idPath);
}

function addTurn(walk: Walk, turn: MessagesTurn, path: string): void {
  const { content } = turn;
  tellFields(turn, TURN_FIELDS, path, walk.changes);
  const role = turn.role === "system" ? "developer" : turn.role;
  const textType = role === "assistant" ? "output_text" : "input_text";
  if (typeof content === "string") {
    const parts = toBlockParts(content, `${path}.content`, textType, walk.changes);
    if (parts.length > 0) add(walk, { type: "message", role, content: parts }, path);
    return;
  }
  let parts: JsonObject[] = [];
  const flush = (): void => {
    if (parts.length > 0) add(walk, { type: "message", role, content: parts }, path);
    parts = [];
  };
  content.forEach((block, index) => {
    const at = `${path}.content[${index}]`;
    const item = toItem(walk, block, at);
    if (item === "none") return;
    if (item === "part") parts.push(toBlockPart(block, at, textType, walk.changes));
    else {
      flush();
      add(walk, item, `${at}.${block.type === "tool_result" ? "tool_use_id" : "id"}`);
    }
  });
  flush();
}

/** The item that a block is by itself; `part` when it is a part of a message, `none` when nothing of it can be sent. */
function toItem(walk: Walk, block: MessagesBlock, path: string): Item | "part" | "none" {
  if (block.type === "tool_use") {
    tellFields(block, USE_FIELDS, path, walk.changes);
    const name = shortenTold(walk.names, asString(block["name"]) ?? "", `${path}.name`, walk.changes);
    return { type: "function_call", call_id: String(block["id"]), name, arguments: JSON.stringify(block["input"]) };
  }
  if (block.type === "tool_result") return toResult(walk, block, path);
  if (block.type === "thinking" || block.type === "redacted_thinking") {
    const item = fromThinkingBlock(block);
    if (item === null) dropBlock(walk, path, "This thinking is not from this backend.");
    else tellFields(block, THINKING_FIELDS, path, walk.changes);
    return item ?? "none";
  }
  if (SERVER_BLOCK.test(block.type)) {
    dropBlock(walk, path, "What another server's tools did cannot be sent on.");
    return "none";
  }
  return "part";
}

function dropBlock({ changes }: Walk, path: string, note: string): void {
  changes.push({ path, action: "dropped", note });
}

function toResult(walk: Walk, block: MessagesBlock, path: string): Item {
  tellFields(block, RESULT_FIELDS, path, walk.changes);
  const content = block["content"];
  const failed = block["is_error"] === true;
  if (failed)
    walk.changes.push({ path: `${path}.is_error`, action: "mapped", note: "The result begins with the word Error." });
  else if (block["is_error"] === false) walk.changes.push(usual(`${path}.is_error`));
  const base = { type: "function_call_output", call_id: String(block["tool_use_id"]) };
  if (content == null || typeof content === "string")
    return { ...base, output: failed ? `Error: ${content ?? ""}` : (content ?? "") };
  const blocks = Array.isArray(content) ? content.filter((entry) => isJsonObject(entry)) : [];
  const output = toBlockParts(blocks as MessagesBlock[], `${path}.content`, "input_text", walk.changes);
  return { ...base, output: failed ? [{ type: "input_text", text: "Error:" }, ...output] : output };
}
