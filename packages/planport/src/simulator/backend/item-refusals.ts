/**
 * What the backend refuses about the items of a conversation.
 * @module
 */
import { isJsonObject, type Item } from "../../protocol/index.ts";
import { invalid, type Refusal, unsupportedValue } from "./refusal.ts";
import type { Seal } from "./seal.ts";

const ROLES: readonly unknown[] = ["user", "assistant", "developer", "system"];
const USER_PARTS: readonly unknown[] = ["input_text", "input_image", "input_file"];
const ASSISTANT_PARTS: readonly unknown[] = ["output_text", "refusal"];
const ID_PREFIXES: Readonly<Record<string, string>> = { message: "msg", reasoning: "rs", function_call: "fc" };
const MAX_ID_CHARS = 64;

interface Kind {
  readonly output: string;
  readonly noCall: string;
  readonly noOutput: string;
}

const CALL_KINDS: Readonly<Record<string, Kind>> = {
  function_call: {
    output: "function_call_output",
    noCall: "No tool call found for function call output with call_id",
    noOutput: "No tool output found for function call",
  },
  custom_tool_call: {
    output: "custom_tool_call_output",
    noCall: "No tool call found for custom tool call output with call_id",
    noOutput: "No tool output found for custom tool call",
  },
};

/** Judges items in order. Null: nothing to object to. */
export function checkItems(items: readonly Item[], seal: Seal): Refusal | null {
  for (const [index, item] of items.entries()) {
    const refusal = checkItem(item, `input[${index}]`, seal);
    if (refusal !== null) return refusal;
  }
  return checkPairs(items);
}

function checkItem(item: Item, at: string, seal: Seal): Refusal | null {
  const type = item.type ?? (item["role"] === undefined ? undefined : "message");
  const problem = checkId(item, type, at);
  if (problem !== null) return problem;
  switch (type) {
    case undefined:
      return invalid(`Missing required parameter: '${at}.type'.`, `${at}.type`, "missing_required_parameter");
    case "message":
      return checkMessage(item, at);
    case "item_reference":
      return notKept(String(item["id"]));
    case "reasoning":
    case "compaction":
      return checkSealed(item, seal);
    case "function_call":
    case "custom_tool_call":
    case "function_call_output":
    case "custom_tool_call_output":
      if (typeof item["call_id"] === "string" && item["call_id"] !== "") return null;
      return invalid(`Missing required parameter: '${at}.call_id'.`, `${at}.call_id`, "missing_required_parameter");
    default:
      return null;
  }
}

function checkId(item: Item, type: string | undefined, at: string): Refusal | null {
  for (const field of ["id", "call_id"]) {
    const value = item[field];
    if (typeof value === "string" && value.length > MAX_ID_CHARS)
      return invalid(
        `Invalid '${at}.${field}': string too long. Expected a string with maximum length ${MAX_ID_CHARS}, but got a string with length ${value.length} instead.`,
        `${at}.${field}`,
        "string_above_max_length",
      );
  }
  const prefix = type === undefined ? undefined : ID_PREFIXES[type];
  const { id } = item;
  if (prefix === undefined || typeof id !== "string" || id.startsWith(prefix)) return null;
  return invalid(
    `Invalid '${at}.id': '${id}'. Expected an ID that begins with '${prefix}'.`,
    `${at}.id`,
    "invalid_value",
  );
}

function checkMessage(item: Item, at: string): Refusal | null {
  const { role, content } = item;
  if (!ROLES.includes(role)) return unsupportedValue(String(role), ROLES, `${at}.role`);
  if (typeof content === "string") return null;
  if (!Array.isArray(content))
    return invalid(`Missing required parameter: '${at}.content'.`, `${at}.content`, "missing_required_parameter");
  const allowed = role === "assistant" ? ASSISTANT_PARTS : USER_PARTS;
  for (const [index, part] of content.entries()) {
    const type: unknown = isJsonObject(part) ? part["type"] : part;
    if (!allowed.includes(type)) return unsupportedValue(String(type), allowed, `${at}.content[${index}].type`);
  }
  return null;
}

function notKept(id: string): Refusal {
  return invalid(
    `Item with id '${id}' not found. Items are not persisted when \`store\` is set to false. Try again with \`store\` set to true, or remove this item from your input.`,
    "input",
    null,
    404,
  );
}

function checkSealed(item: Item, seal: Seal): Refusal | null {
  const sealed = item["encrypted_content"];
  if (typeof sealed !== "string") return notKept(String(item["id"]));
  if (seal.open(sealed)?.["kind"] === item.type) return null;
  return invalid(
    `The encrypted content ${sealed.slice(0, 8)}... could not be verified. Reason: Encrypted content could not be decrypted or parsed.`,
    null,
    "invalid_encrypted_content",
  );
}

/** Codex answers these by the outputs of functions; some clients have another type for it, which is not looked at. */
const SHELL_CALL = "local_shell_call";

/** Each output needs its call before it, each call its output. */
function checkPairs(items: readonly Item[]): Refusal | null {
  for (const [callType, kind] of Object.entries(CALL_KINDS)) {
    const open = new Set<string>();
    const made = new Set<string>();
    for (const item of items) {
      const callId = String(item["call_id"]);
      if (item.type === callType) {
        open.add(callId);
        made.add(callId);
      } else if (item.type === SHELL_CALL) {
        made.add(callId);
      } else if (item.type === kind.output) {
        if (!made.has(callId)) return invalid(`${kind.noCall} ${callId}.`, "input");
        open.delete(callId);
      }
    }
    const [first] = open;
    if (first !== undefined) return invalid(`${kind.noOutput} ${first}.`, "input");
  }
  return null;
}
