/**
 * Any JSON value to a Chat Completions request, or an error that names the field.
 * @module
 */
import {
  checkFields,
  checkList,
  checkName,
  checkObject,
  checkOneOf,
  checkText,
  type Fields,
  FLAG,
  invalid,
  LIST,
  OBJECT,
  TEXT,
} from "../check.ts";
import { type JsonObject, isJsonObject } from "../json.ts";
import { CHAT_FIELDS, checkToolChoice, RESPONSE_FORMATS } from "../parameters.ts";
import type { ChatRequest } from "./request.ts";

/**
 * Checks everything that the translation relies on. Unknown fields are kept; the value itself is returned, not a copy.
 * @throws {RequestError} `request_invalid`; `cause.param` is the path of the field.
 */
export function parseChatRequest(value: unknown): ChatRequest {
  const request = checkObject(value, "");
  checkName(request["model"], "model");
  const messages = checkList(request["messages"], "messages");
  if (messages.length === 0) invalid("messages", "at least one message", messages);
  messages.forEach((message, index) => checkMessage(message, `messages[${index}]`));
  checkFields(request, CHAT_FIELDS, "");
  asList(request["tools"]).forEach((tool, index) => checkTool(tool, `tools[${index}]`));
  asList(request["functions"]).forEach((entry, index) => {
    const path = `functions[${index}]`;
    checkName(checkObject(entry, path)["name"], `${path}.name`);
  });
  checkToolChoice(request["tool_choice"]);
  checkFunctionCall(request["function_call"]);
  checkResponseFormat(request["response_format"]);
  return request as ChatRequest;
}

function asList(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}

const ROLES: readonly string[] = ["system", "developer", "user", "assistant", "tool", "function"];

function checkMessage(value: unknown, path: string): void {
  const message = checkObject(value, path);
  switch (message["role"]) {
    case "system":
    case "developer":
    case "user":
      checkContent(message["content"], `${path}.content`);
      return;
    case "assistant":
      checkAssistant(message, path);
      return;
    case "tool":
      checkName(message["tool_call_id"], `${path}.tool_call_id`);
      if (message["content"] != null) checkContent(message["content"], `${path}.content`);
      return;
    case "function":
      checkName(message["name"], `${path}.name`);
      if (message["content"] != null) checkContent(message["content"], `${path}.content`);
      return;
    default:
      checkOneOf(message["role"], ROLES, `${path}.role`);
  }
}

function checkContent(content: unknown, path: string): void {
  if (typeof content === "string") return;
  if (!Array.isArray(content)) invalid(path, "text or a list of parts", content);
  content.forEach((part, index) => checkPart(part, `${path}[${index}]`));
}

const FILE_FIELDS: Fields = { file_id: TEXT, filename: TEXT, file_data: TEXT };

function checkPart(value: unknown, path: string): void {
  const part = checkObject(value, path);
  switch (checkName(part["type"], `${path}.type`)) {
    case "text":
    case "input_text":
    case "output_text":
      checkText(part["text"], `${path}.text`);
      return;
    case "refusal":
      checkText(part["refusal"], `${path}.refusal`);
      return;
    case "image_url": {
      const image = part["image_url"];
      if (typeof image === "string") return;
      if (!isJsonObject(image)) invalid(`${path}.image_url`, "an object with a url", image);
      checkName(image["url"], `${path}.image_url.url`);
      checkFields(image, { detail: TEXT }, `${path}.image_url`);
      return;
    }
    case "file": {
      const file = checkObject(part["file"], `${path}.file`);
      checkFields(file, FILE_FIELDS, `${path}.file`);
      if (file["file_id"] == null && file["file_data"] == null)
        invalid(`${path}.file.file_data`, "text (or a file_id)", file["file_data"]);
      return;
    }
    default: // Newer than this planport: the backend judges.
  }
}

const ASSISTANT_FIELDS: Fields = { refusal: TEXT, tool_calls: LIST, function_call: OBJECT };

function checkAssistant(message: JsonObject, path: string): void {
  if (message["content"] != null) checkContent(message["content"], `${path}.content`);
  checkFields(message, ASSISTANT_FIELDS, path);
  asList(message["tool_calls"]).forEach((call, index) => checkCall(call, `${path}.tool_calls[${index}]`));
  const legacy = message["function_call"];
  if (isJsonObject(legacy)) {
    checkName(legacy["name"], `${path}.function_call.name`);
    checkText(legacy["arguments"], `${path}.function_call.arguments`);
  }
}

const CALL_TYPES: readonly string[] = ["function", "custom"];

function checkCall(value: unknown, path: string): void {
  const call = checkObject(value, path);
  checkName(call["id"], `${path}.id`);
  if (call["type"] === "custom") {
    const custom = checkObject(call["custom"], `${path}.custom`);
    checkName(custom["name"], `${path}.custom.name`);
    checkText(custom["input"], `${path}.custom.input`);
    return;
  }
  if (call["type"] != null) checkOneOf(call["type"], CALL_TYPES, `${path}.type`);
  const called = checkObject(call["function"], `${path}.function`);
  checkName(called["name"], `${path}.function.name`);
  checkText(called["arguments"], `${path}.function.arguments`);
}

const FUNCTION_FIELDS: Fields = { description: TEXT, parameters: OBJECT, strict: FLAG };
const CUSTOM_FIELDS: Fields = { description: TEXT, format: OBJECT };

function checkTool(value: unknown, path: string): void {
  const tool = checkObject(value, path);
  const type = checkName(tool["type"], `${path}.type`);
  if (type !== "function" && type !== "custom") return;
  // Cursor and others write Responses-style tools, whose name stands beside the type, into chat requests.
  const inner = tool[type];
  const flat = inner === undefined && tool["name"] !== undefined;
  const holder = flat ? tool : checkObject(inner, `${path}.${type}`);
  const at = flat ? path : `${path}.${type}`;
  checkName(holder["name"], `${at}.name`);
  checkFields(holder, type === "function" ? FUNCTION_FIELDS : CUSTOM_FIELDS, at);
}

function checkFunctionCall(called: unknown): void {
  if (called == null) return;
  if (isJsonObject(called)) checkName(called["name"], "function_call.name");
  else if (typeof called === "string") checkOneOf(called, ["none", "auto"], "function_call");
  else invalid("function_call", "none, auto or an object", called);
}

const SCHEMA_FIELDS: Fields = { schema: OBJECT, strict: FLAG, description: TEXT };

function checkResponseFormat(format: unknown): void {
  if (!isJsonObject(format)) return;
  const type = checkOneOf(format["type"], RESPONSE_FORMATS, "response_format.type");
  if (type !== "json_schema") return;
  const path = "response_format.json_schema";
  const schema = checkObject(format["json_schema"], path);
  checkName(schema["name"], `${path}.name`);
  checkFields(schema, SCHEMA_FIELDS, path);
}
