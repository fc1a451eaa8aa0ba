/**
 * Any JSON value to a Messages request, or an error that names the field.
 * @module
 */
import {
  between,
  checkFields,
  checkList,
  checkName,
  checkObject,
  checkOneOf,
  checkText,
  choice,
  type Fields,
  FLAG,
  integerFrom,
  invalid,
  LIST,
  OBJECT,
  TEXT,
  TEXT_LIST,
} from "../check.ts";
import type { JsonObject } from "../json.ts";
import type { MessagesRequest } from "./request.ts";

/** Optional parameters of `POST /v1/messages`. */
export const MESSAGES_FIELDS: Fields = {
  max_tokens: integerFrom(1),
  stream: FLAG,
  tools: LIST,
  tool_choice: OBJECT,
  thinking: OBJECT,
  output_config: OBJECT,
  output_format: OBJECT,
  metadata: OBJECT,
  service_tier: TEXT,
  stop_sequences: TEXT_LIST,
  temperature: between(0, 1),
  top_p: between(0, 1),
  top_k: integerFrom(0),
  container: { expected: "text or an object", test: (value) => TEXT.test(value) || OBJECT.test(value) },
  context_management: OBJECT,
  mcp_servers: LIST,
  speed: choice("standard", "fast"),
};

const ROLES: readonly string[] = ["user", "assistant", "system"];
const TOOL_CHOICES: readonly string[] = ["auto", "any", "tool", "none"];
const EFFORTS: readonly string[] = ["low", "medium", "high", "xhigh", "max"];

/**
 * Checks everything that the translation relies on. Unknown fields are kept; the value itself is returned, not a copy.
 * @param needsMaxTokens False for `count_tokens`, which has none.
 * @throws {RequestError} `request_invalid`; `cause.param` is the path of the field.
 */
export function parseMessagesRequest(value: unknown, needsMaxTokens = true): MessagesRequest {
  const request = checkObject(value, "");
  checkName(request["model"], "model");
  if (needsMaxTokens && request["max_tokens"] == null)
    invalid("max_tokens", "a whole number of at least 1", request["max_tokens"]);
  const messages = checkList(request["messages"], "messages");
  if (messages.length === 0) invalid("messages", "at least one message", messages);
  messages.forEach((turn, index) => checkTurn(turn, `messages[${index}]`));
  if (request["system"] != null) checkContent(request["system"], "system");
  checkFields(request, MESSAGES_FIELDS, "");
  const tools = Array.isArray(request["tools"]) ? request["tools"] : [];
  tools.forEach((tool, index) => checkTool(tool, `tools[${index}]`));
  checkToolChoice(request["tool_choice"]);
  checkOutput(request);
  return request as MessagesRequest;
}

function checkTurn(value: unknown, path: string): void {
  const turn = checkObject(value, path);
  checkOneOf(turn["role"], ROLES, `${path}.role`);
  checkContent(turn["content"], `${path}.content`);
}

function checkContent(value: unknown, path: string): void {
  if (typeof value === "string") return;
  if (!Array.isArray(value)) invalid(path, "text or a list of blocks", value);
  value.forEach((block, index) => checkBlock(block, `${path}[${index}]`));
}

/** Blocks of types that are not known here are left to the translation. */
function checkBlock(value: unknown, path: string): void {
  const block = checkObject(value, path);
  const type = checkName(block["type"], `${path}.type`);
  if (type === "text") checkText(block["text"], `${path}.text`);
  else if (type === "image" || type === "document") checkObject(block["source"], `${path}.source`);
  else if (type === "thinking") checkText(block["thinking"], `${path}.thinking`);
  else if (type === "redacted_thinking") checkText(block["data"], `${path}.data`);
  else if (type === "tool_use") {
    checkName(block["id"], `${path}.id`);
    checkName(block["name"], `${path}.name`);
    checkObject(block["input"], `${path}.input`);
  } else if (type === "tool_result") {
    checkName(block["tool_use_id"], `${path}.tool_use_id`);
    if (block["content"] != null) checkContent(block["content"], `${path}.content`);
    checkFields(block, { is_error: FLAG }, path);
  }
}

function checkTool(value: unknown, path: string): void {
  const tool = checkObject(value, path);
  checkName(tool["name"], `${path}.name`);
  checkFields(tool, { type: TEXT, description: TEXT, strict: FLAG }, path);
  if (tool["type"] == null || tool["type"] === "custom") checkObject(tool["input_schema"], `${path}.input_schema`);
}

function checkToolChoice(value: unknown): void {
  if (value == null) return;
  const choice = checkObject(value, "tool_choice");
  const type = checkOneOf(choice["type"], TOOL_CHOICES, "tool_choice.type");
  if (type === "tool") checkName(choice["name"], "tool_choice.name");
  checkFields(choice, { disable_parallel_tool_use: FLAG }, "tool_choice");
}

function checkOutput(request: JsonObject): void {
  const thinking = request["thinking"];
  if (thinking != null) {
    const type = checkObject(thinking, "thinking")["type"];
    checkOneOf(type, ["enabled", "disabled", "adaptive"], "thinking.type");
    checkFields(thinking as JsonObject, { budget_tokens: integerFrom(1) }, "thinking");
  }
  const config = request["output_config"];
  if (config == null) return;
  const { effort, format } = checkObject(config, "output_config");
  if (effort != null) checkOneOf(effort, EFFORTS, "output_config.effort");
  if (format != null) checkFormat(format, "output_config.format");
}

function checkFormat(value: unknown, path: string): void {
  const format = checkObject(value, path);
  checkOneOf(format["type"], ["json_schema"], `${path}.type`);
  checkObject(format["schema"], `${path}.schema`);
}
