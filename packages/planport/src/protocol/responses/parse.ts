/**
 * Any JSON value to a Responses request, or an error that names the field.
 * @module
 */
import { checkFields, checkList, checkName, checkObject, checkText, type Fields, invalid, TEXT } from "../check.ts";
import type { JsonObject } from "../json.ts";
import { checkToolChoice, RESPONSES_FIELDS } from "../parameters.ts";
import type { ResponsesRequest } from "./request.ts";

/**
 * Checks what planport itself relies on and leaves the rest to the backend: unknown fields, items and roles pass. The
 * value itself is returned, not a copy. Messages may lack their `type`, as OpenAI's clients send them; the translation
 * to a Codex request adds it.
 * @throws {RequestError} `request_invalid`; `cause.param` is the path of the field.
 */
export function parseResponsesRequest(value: unknown): ResponsesRequest {
  const request = checkObject(value, "");
  checkName(request["model"], "model");
  const input = request["input"];
  if (Array.isArray(input)) input.forEach((item, index) => checkItem(item, `input[${index}]`));
  else if (typeof input !== "string") invalid("input", "text or a list of items", input);
  checkFields(request, RESPONSES_FIELDS, "");
  checkToolChoice(request["tool_choice"]);
  checkList(request["tools"] ?? [], "tools").forEach((tool, index) => checkTool(tool, `tools[${index}]`));
  return request as ResponsesRequest;
}

function checkItem(value: unknown, path: string): void {
  const item = checkObject(value, path);
  switch (item["type"] ?? "message") {
    case "message":
      checkMessage(item, path);
      return;
    case "function_call":
      checkCall(item, "arguments", path);
      return;
    case "custom_tool_call":
      checkCall(item, "input", path);
      return;
    case "function_call_output":
    case "custom_tool_call_output":
      checkName(item["call_id"], `${path}.call_id`);
      checkContent(item["output"], `${path}.output`);
      return;
    case "additional_tools":
      checkList(item["tools"], `${path}.tools`);
      return;
    default:
      checkName(item["type"], `${path}.type`);
  }
}

function checkMessage(item: JsonObject, path: string): void {
  if (item["type"] == null && item["role"] == null) invalid(`${path}.type`, "the type of an item", item["type"]);
  checkName(item["role"], `${path}.role`);
  checkContent(item["content"], `${path}.content`);
}

function checkCall(item: JsonObject, payload: "arguments" | "input", path: string): void {
  checkName(item["call_id"], `${path}.call_id`);
  checkName(item["name"], `${path}.name`);
  checkText(item[payload], `${path}.${payload}`);
}

const IMAGE_FIELDS: Fields = { image_url: TEXT, file_id: TEXT };

function checkContent(content: unknown, path: string): void {
  if (typeof content === "string") return;
  if (!Array.isArray(content)) invalid(path, "text or a list of parts", content);
  content.forEach((value, index) => {
    const at = `${path}[${index}]`;
    const part = checkObject(value, at);
    const type = checkName(part["type"], `${at}.type`);
    if (type === "input_text" || type === "output_text") checkText(part["text"], `${at}.text`);
    // The usual slip is Chat's object with a url in it.
    if (type === "input_image") checkFields(part, IMAGE_FIELDS, at);
  });
}

function checkTool(value: unknown, path: string): void {
  const tool = checkObject(value, path);
  const type = checkName(tool["type"], `${path}.type`);
  if (type === "function" || type === "custom") checkName(tool["name"], `${path}.name`);
}
