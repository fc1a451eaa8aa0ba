/**
 * Any JSON value to a Chat Completions request, or an error that names the field.
 * @module
 */
import { type FieldKind, checkFields, checkList, checkName, checkObject, checkText, invalid } from "../check.ts";
import { type JsonObject, isJsonObject } from "../json.ts";
import type { ChatRequest } from "./request.ts";

const FIELDS: Readonly<Record<string, FieldKind>> = {
  stream: "flag",
  stream_options: "object",
  tools: "list",
  parallel_tool_calls: "flag",
  functions: "list",
  response_format: "object",
  reasoning_effort: "text",
  verbosity: "text",
  service_tier: "text",
  prompt_cache_key: "text",
  store: "flag",
  n: "number",
};

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
  checkFields(request, FIELDS, "");
  asList(request["tools"]).forEach((tool, index) => checkTool(tool, `tools[${index}]`));
  asList(request["functions"]).forEach((entry, index) => {
    const path = `functions[${index}]`;
    checkName(checkObject(entry, path)["name"], `${path}.name`);
  });
  checkChoice(request["tool_choice"], "tool_choice");
  checkChoice(request["function_call"], "function_call");
  checkResponseFormat(request["response_format"]);
  return request as ChatRequest;
}

function asList(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}

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
      invalid(`${path}.role`, "system, developer, user, assistant, tool or function", message["role"]);
  }
}

function checkContent(content: unknown, path: string): void {
  if (typeof content === "string") return;
  if (!Array.isArray(content)) invalid(path, "text or a list of parts", content);
  content.forEach((part, index) => checkPart(part, `${path}[${index}]`));
}

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
      checkFields(image, { detail: "text" }, `${path}.image_url`);
      return;
    }
    case "file": {
      const file = checkObject(part["file"], `${path}.file`);
      checkFields(file, { file_id: "text", filename: "text", file_data: "text" }, `${path}.file`);
      if (file["file_id"] == null && file["file_data"] == null)
        invalid(`${path}.file.file_data`, "text (or a file_id)", file["file_data"]);
      return;
    }
    default: // Newer than this planport: the backend judges.
  }
}

function checkAssistant(message: JsonObject, path: string): void {
  if (message["content"] != null) checkContent(message["content"], `${path}.content`);
  checkFields(message, { refusal: "text", tool_calls: "list", function_call: "object" }, path);
  asList(message["tool_calls"]).forEach((call, index) => checkCall(call, `${path}.tool_calls[${index}]`));
  const legacy = message["function_call"];
  if (isJsonObject(legacy)) {
    checkName(legacy["name"], `${path}.function_call.name`);
    checkText(legacy["arguments"], `${path}.function_call.arguments`);
  }
}

function checkCall(value: unknown, path: string): void {
  const call = checkObject(value, path);
  checkName(call["id"], `${path}.id`);
  if (call["type"] === "custom") {
    const custom = checkObject(call["custom"], `${path}.custom`);
    checkName(custom["name"], `${path}.custom.name`);
    checkText(custom["input"], `${path}.custom.input`);
    return;
  }
  if (call["type"] != null && call["type"] !== "function") invalid(`${path}.type`, "function or custom", call["type"]);
  const called = checkObject(call["function"], `${path}.function`);
  checkName(called["name"], `${path}.function.name`);
  checkText(called["arguments"], `${path}.function.arguments`);
}

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
  checkFields(
    holder,
    { description: "text", ...(type === "function" ? { parameters: "object", strict: "flag" } : { format: "object" }) },
    at,
  );
}

function checkChoice(choice: unknown, path: string): void {
  if (choice != null && typeof choice !== "string" && !isJsonObject(choice)) invalid(path, "text or an object", choice);
}

function checkResponseFormat(format: unknown): void {
  if (!isJsonObject(format)) return;
  const type = checkName(format["type"], "response_format.type");
  if (type !== "json_schema") return;
  const path = "response_format.json_schema";
  const schema = checkObject(format["json_schema"], path);
  checkName(schema["name"], `${path}.name`);
  checkFields(schema, { schema: "object", strict: "flag", description: "text" }, path);
}
