/**
 * What the backend refuses about a request as a whole. Texts as seen from the real one where they are known.
 * @module
 */
import { isJsonObject, type Item, type JsonObject, type ModelInfo } from "../../protocol/index.ts";
import { asString } from "../../protocol/json.ts";
import { checkImageOptions } from "../image/refusals.ts";
import { imageTool } from "../model/image.ts";
import { collectTools } from "../model/tools.ts";
import { checkItems } from "./item-refusals.ts";
import { checkFields, checkOptions, isLite } from "./option-refusals.ts";
import { detail, invalid, type Refusal } from "./refusal.ts";
import type { Seal } from "./seal.ts";
import { strictProblem } from "./strict-schema.ts";

/** What a request is judged by. */
export interface RequestFacts {
  readonly body: JsonObject;
  readonly transport: "http" | "websocket";
  /** The client said that it speaks the lite shape. */
  readonly liteHeader: boolean;
  readonly seal: Seal;
  readonly findModel: (slug: string) => ModelInfo | undefined;
}

/** Judges the fields of a request, before its history is put together. Null: nothing to object to. */
export function checkRequest(facts: RequestFacts): Refusal | null {
  const { body } = facts;
  const unknown = checkFields(body, facts.transport);
  if (unknown !== null) return unknown;
  if (body["store"] !== false) return detail("Store must be set to false");
  if (body["stream"] !== true) return detail("Stream must be set to true");
  if (!Array.isArray(body["input"])) return detail("Input must be a list");
  const odd = body["input"].findIndex((item) => !isJsonObject(item));
  if (odd !== -1)
    return invalid(`Invalid type for 'input[${odd}]': expected an object.`, `input[${odd}]`, "invalid_type");
  const { model } = body;
  if (typeof model !== "string" || model === "") return missing("model");
  const info = facts.findModel(model);
  if (info === undefined)
    return detail(`The '${model}' model is not supported when using Codex with a ChatGPT account.`);
  const lite = isLite(info, facts.liteHeader, body["input"] as Item[]);
  return checkOptions(body, info, lite) ?? checkTools(body["tools"]) ?? checkFormat(body["text"]);
}

/** Judges the whole history: what a client sent, and on a WebSocket what went before. */
export function checkHistory(facts: RequestFacts, items: readonly Item[]): Refusal | null {
  const { body } = facts;
  const instructed = typeof body["instructions"] === "string" && body["instructions"] !== "";
  const prompted = items.some((item) => item["role"] === "developer" || item["role"] === "system");
  if (!instructed && !prompted && body["generate"] !== false) return detail("Instructions are required");
  return checkItems(items, facts.seal) ?? checkChoice(body, items);
}

/** Judges the tools of a request. */
export function checkTools(tools: unknown): Refusal | null {
  if (tools === undefined || tools === null) return null;
  if (!Array.isArray(tools))
    return invalid("Invalid type for 'tools': expected an array of objects.", "tools", "invalid_type");
  for (const [index, tool] of tools.entries()) {
    const refusal = checkTool(tool, `tools[${index}]`);
    if (refusal !== null) return refusal;
  }
  return null;
}

function checkTool(tool: unknown, at: string): Refusal | null {
  if (!isJsonObject(tool)) return invalid(`Invalid type for '${at}': expected an object.`, at, "invalid_type");
  if (typeof tool["type"] !== "string") return missing(`${at}.type`);
  if (tool["type"] === "image_generation") return checkImageTool(tool, at);
  if (tool["type"] !== "function" && tool["type"] !== "custom") return null;
  const { name } = tool;
  if (typeof name !== "string") return missing(`${at}.name`);
  if (!/^[a-zA-Z0-9_-]+$/.test(name))
    return invalid(
      `Invalid '${at}.name': string does not match pattern. Expected a string that matches the pattern '^[a-zA-Z0-9_-]+$'.`,
      `${at}.name`,
      "invalid_value",
    );
  const problem = tool["strict"] === true ? strictProblem(tool["parameters"]) : null;
  return problem === null
    ? null
    : invalid(`Invalid schema for function '${name}': ${problem}`, `${at}.parameters`, "invalid_function_parameters");
}

/** What the tool takes (OpenAI's API reference, `image_generation`). */
const IMAGE_TOOL_FIELDS: ReadonlySet<string> = new Set([
  "action",
  "background",
  "input_fidelity",
  "model",
  "moderation",
  "output_compression",
  "output_format",
  "partial_images",
  "quality",
  "size",
]);

function checkImageTool(tool: JsonObject, at: string): Refusal | null {
  const { type: _type, input_image_mask: mask, ...options } = tool;
  if (mask != null && !(isJsonObject(mask) && typeof mask["image_url"] === "string"))
    return missing(`${at}.input_image_mask.image_url`);
  return checkImageOptions(options, IMAGE_TOOL_FIELDS, `${at}.`);
}

/** Judges `text.format` of a request. */
export function checkFormat(text: unknown): Refusal | null {
  const format = isJsonObject(text) ? text["format"] : undefined;
  if (!isJsonObject(format) || format["type"] !== "json_schema") return null;
  for (const field of ["name", "schema"]) if (format[field] === undefined) return missing(`text.format.${field}`);
  const problem = format["strict"] === true ? strictProblem(format["schema"]) : null;
  const name = asString(format["name"]) ?? "";
  return problem === null
    ? null
    : invalid(`Invalid schema for response_format '${name}': ${problem}`, "text.format.schema", "invalid_json_schema");
}

function missing(param: string): Refusal {
  return invalid(`Missing required parameter: '${param}'.`, param, "missing_required_parameter");
}

/** Judges `tool_choice` of a request by the tools that its history has. */
export function checkChoice(body: JsonObject, items: readonly Item[]): Refusal | null {
  const choice = body["tool_choice"];
  if (isJsonObject(choice) && choice["type"] === "image_generation" && imageTool(body, items) === null)
    return invalid("Tool choice 'image_generation' not found in 'tools' parameter.", "tool_choice");
  if (!isJsonObject(choice) || (choice["type"] !== "function" && choice["type"] !== "custom")) return null;
  if (collectTools(body, items).some((tool) => tool.name === choice["name"])) return null;
  return invalid(`Tool choice '${String(choice["name"])}' not found in 'tools' parameter.`, "tool_choice");
}
