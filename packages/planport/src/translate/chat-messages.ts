/**
 * Chat messages to Responses items: same order, nothing merged, nothing moved.
 * @module
 */
import { RequestError } from "../errors.ts";
import type {
  ChatAssistantMessage,
  ChatContent,
  ChatFunctionMessage,
  ChatInputMessage,
  ChatMessage,
  ChatToolMessage,
} from "../protocol/chat/request.ts";
import type { JsonObject } from "../protocol/json.ts";
import type { Item } from "../protocol/responses/item.ts";
import type { Change } from "./change.ts";
import { toParts } from "./chat-parts.ts";
import { tellLeftovers } from "./leftovers.ts";
import { usual } from "./parameters.ts";
import { shortenTold, type ToolNames } from "./tool-names.ts";

const INPUT_FIELDS: ReadonlySet<string> = new Set(["role", "content"]);
const ASSISTANT_FIELDS: ReadonlySet<string> = new Set([
  "role",
  "content",
  "refusal",
  "tool_calls",
  "function_call",
  "phase",
]);
const TOOL_FIELDS: ReadonlySet<string> = new Set(["role", "content", "tool_call_id"]);
const FUNCTION_FIELDS: ReadonlySet<string> = new Set(["role", "content", "name"]);
const CALL_FIELDS: ReadonlySet<string> = new Set(["id", "type", "function", "index"]);
const CUSTOM_CALL_FIELDS: ReadonlySet<string> = new Set(["id", "type", "custom", "index"]);
const CALLED_FIELDS: ReadonlySet<string> = new Set(["name", "arguments"]);
const CUSTOM_CALLED_FIELDS: ReadonlySet<string> = new Set(["name", "input"]);

/** What is known while walking through the messages. */
interface Walk {
  readonly items: Item[];
  /** Where the id of each item stands in the request. */
  readonly idPaths: string[];
  readonly names: ToolNames;
  readonly changes: Change[];
  /** Ids of freeform calls: their results are items of another type. */
  readonly customCalls: Set<string>;
  /** Legacy calls that have no result yet, with the ids made up for them. */
  readonly openLegacyCalls: { name: string; id: string }[];
}

/** A conversation as items. */
export interface TranslatedMessages {
  readonly items: Item[];
  /** For each item where in the client's request its id stands, such as `messages[2].tool_calls[0].id`. */
  readonly idPaths: readonly string[];
}

/**
 * Translates the whole conversation.
 * @throws {RequestError} `request_invalid` for parts that cannot be sent, and for legacy results of no call.
 */
export function toItems(messages: readonly ChatMessage[], names: ToolNames, changes: Change[]): TranslatedMessages {
  const walk: Walk = { items: [], idPaths: [], names, changes, customCalls: new Set(), openLegacyCalls: [] };
  messages.forEach((message, index) => addMessage(walk, message, `messages[${index}]`, index));
  return walk;
}

function add(walk: Walk, item: Item, idPath: string): void {
  walk.items.push(item);
  walk.idPaths.push(idPath);
}

function addMessage(walk: Walk, message: ChatMessage, path: string, index: number): void {
  switch (message.role) {
    case "system":
    case "developer":
    case "user":
      addInput(walk, message, path);
      return;
    case "assistant":
      addAssistant(walk, message, path, index);
      return;
    case "tool":
      addToolResult(walk, message, path);
      return;
    case "function":
      addLegacyResult(walk, message, path);
      return;
    default: // The parser lets no other role through.
  }
}

function addInput(walk: Walk, message: ChatInputMessage, path: string): void {
  tellLeftovers(message, INPUT_FIELDS, path, walk.changes);
  const role = message.role === "user" ? "user" : "developer";
  const content = toParts(message.content, `${path}.content`, "input_text", walk.changes);
  add(walk, { type: "message", role, content }, path);
}

/** The text goes before the calls: so it was written. */
function addAssistant(walk: Walk, message: ChatAssistantMessage, path: string, index: number): void {
  const { changes } = walk;
  tellLeftovers(message, ASSISTANT_FIELDS, path, changes);
  const content: JsonObject[] = [];
  if (message.content === "") changes.push(usual(`${path}.content`));
  else if (message.content != null)
    content.push(...toParts(message.content, `${path}.content`, "output_text", changes));
  if (message.refusal === "") changes.push(usual(`${path}.refusal`));
  else if (message.refusal != null) content.push({ type: "refusal", refusal: message.refusal });
  const phase = message["phase"];
  if (content.length > 0)
    add(walk, { type: "message", role: "assistant", content, ...(phase != null && { phase }) }, path);
  else if (phase != null)
    changes.push({ path: `${path}.phase`, action: "dropped", note: "There is no text to say it of." });
  (message.tool_calls ?? []).forEach((call, at) => addCall(walk, call, `${path}.tool_calls[${at}]`));
  const legacy = message.function_call;
  if (legacy == null) return;
  const id = `call_legacy_${index}`;
  tellLeftovers(legacy, CALLED_FIELDS, `${path}.function_call`, changes);
  walk.openLegacyCalls.push({ name: legacy.name, id });
  add(walk, functionCall(walk, id, legacy, `${path}.function_call`), `${path}.function_call`);
}

function addCall(walk: Walk, call: NonNullable<ChatAssistantMessage["tool_calls"]>[number], path: string): void {
  const index = call["index"];
  // A chunk's field, which clients that gather streams leave in: the order of the list says it.
  if (index != null) walk.changes.push(usual(`${path}.index`));
  if (call.type === "custom") {
    tellLeftovers(call, CUSTOM_CALL_FIELDS, path, walk.changes);
    tellLeftovers(call.custom, CUSTOM_CALLED_FIELDS, `${path}.custom`, walk.changes);
    walk.customCalls.add(call.id);
    const name = shortenTold(walk.names, call.custom.name, `${path}.custom.name`, walk.changes);
    add(walk, { type: "custom_tool_call", call_id: call.id, name, input: call.custom.input }, `${path}.id`);
    return;
  }
  tellLeftovers(call, CALL_FIELDS, path, walk.changes);
  tellLeftovers(call.function, CALLED_FIELDS, `${path}.function`, walk.changes);
  add(walk, functionCall(walk, call.id, call.function, `${path}.function`), `${path}.id`);
}

function functionCall(walk: Walk, callId: string, called: { name: string; arguments: string }, path: string): Item {
  const name = shortenTold(walk.names, called.name, `${path}.name`, walk.changes);
  return { type: "function_call", call_id: callId, name, arguments: called.arguments };
}

function addToolResult(walk: Walk, message: ChatToolMessage, path: string): void {
  tellLeftovers(message, TOOL_FIELDS, path, walk.changes);
  const type = walk.customCalls.has(message.tool_call_id) ? "custom_tool_call_output" : "function_call_output";
  add(
    walk,
    { type, call_id: message.tool_call_id, output: toOutput(walk, message.content, path) },
    `${path}.tool_call_id`,
  );
}

function addLegacyResult(walk: Walk, message: ChatFunctionMessage, path: string): void {
  tellLeftovers(message, FUNCTION_FIELDS, path, walk.changes);
  const at = walk.openLegacyCalls.findIndex(({ name }) => name === message.name);
  const [call] = at === -1 ? [] : walk.openLegacyCalls.splice(at, 1);
  if (call === undefined) {
    const param = `${path}.name`;
    const text = `${param}: no assistant message before it calls this function without having its result.`;
    throw new RequestError("request_invalid", text, { cause: { param } });
  }
  walk.changes.push({ path: `${path}.name`, action: "mapped", note: "It went out as the id that its call was given." });
  add(
    walk,
    { type: "function_call_output", call_id: call.id, output: toOutput(walk, message.content, path) },
    `${path}.name`,
  );
}

function toOutput(walk: Walk, content: ChatContent | null | undefined, path: string): string | JsonObject[] {
  if (content == null || typeof content === "string") return content ?? "";
  return toParts(content, `${path}.content`, "input_text", walk.changes);
}
