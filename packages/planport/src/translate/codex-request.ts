/**
 * A client's Responses request to the request that the Codex backend takes. Nothing that is not named here is touched.
 * @module
 */
import { RequestError } from "../errors.ts";
import { type Capabilities, DEFAULT_CAPABILITIES } from "../protocol/capabilities.ts";
import { type JsonObject, isJsonObject } from "../protocol/json.ts";
import type { ModelInfo } from "../protocol/models.ts";
import type { Item, Tool } from "../protocol/responses/item.ts";
import type { CodexRequest, ResponsesRequest } from "../protocol/responses/request.ts";
import type { Change } from "./change.ts";
import { fitEffort } from "./effort.ts";
import { toLiteShape } from "./lite-request.ts";
import { pairCalls, type PairingMode, pairingOf } from "./pair-calls.ts";
import { keepParameters, RESPONSES_PARAMETERS, usual } from "./parameters.ts";
import { shapePrompt } from "./shaping/prompt.ts";
import { shapeTools } from "./shaping/tools.ts";

const ENCRYPTED_REASONING = "reasoning.encrypted_content";
/** Service tiers that mean "whatever is usual": Codex leaves the field out instead. */
const USUAL_TIERS: ReadonlySet<unknown> = new Set(["auto", "default"]);

/** What {@link toCodexRequest} gives. */
export interface CodexTranslation {
  readonly request: CodexRequest;
  /** The request is in Responses-Lite shape and must go out with the header that says so. */
  readonly lite: boolean;
  readonly changes: Change[];
}

/**
 * Brings a request into the shape the backend demands (openai/codex `codex-rs/core/src/client.rs`). Idempotent; the
 * argument is not altered. A request that the real Codex made comes out unchanged.
 * @param model The model's entry in the catalogue; null when it is not known, which changes nothing for most models.
 * @param pairing What is done about tool calls without results, and results without calls; by default what `capabilities` say.
 * @param capabilities How the client wants its requests shaped.
 * @throws {RequestError} `request_invalid` for calls and results that lack each other, and for what rests on responses that the backend never kept
 * (`previous_response_id`, `item_reference`): dropping those would answer another question than the one asked.
 */
export function toCodexRequest(
  request: ResponsesRequest,
  model: ModelInfo | null,
  pairing?: PairingMode,
  capabilities: Capabilities = DEFAULT_CAPABILITIES,
): CodexTranslation {
  const changes: Change[] = [];
  refuseStoredState(request);
  const draft = keepParameters(request, RESPONSES_PARAMETERS, true, changes);
  setTransportFields(draft, request, changes);
  setServiceTier(draft, changes);
  if (!capabilities.codex_passthrough) setModelOptions(draft, model, changes);
  setTools(draft, changes);
  const input = pairCalls(toInputItems(request.input), pairing ?? pairingOf(capabilities), changes);
  const codex = { ...draft, input } as unknown as CodexRequest;
  const lite = model?.use_responses_lite === true || input.some((item) => item.type === "additional_tools");
  // In Lite shape there is no field in which an empty prompt could stand, so there it is none.
  if (lite && codex.instructions === "") changes.push(usual("instructions"));
  if (lite && codex.instructions === "") delete codex.instructions;
  shapePrompt(codex, model, capabilities.prompt_mode, changes);
  shapeTools(codex, model, capabilities.tool_schema_mode, changes);
  if (lite) toLiteShape(codex, changes);
  return { request: codex, lite, changes };
}

function refuseStoredState(request: ResponsesRequest): void {
  if (request.previous_response_id != null)
    throw new RequestError(
      "request_invalid",
      "previous_response_id: the Codex backend keeps no responses; send the whole conversation in input.",
      { cause: { param: "previous_response_id" } },
    );
  if (!Array.isArray(request.input)) return;
  const index = request.input.findIndex((item) => item.type === "item_reference");
  if (index === -1) return;
  const param = `input[${index}]`;
  throw new RequestError(
    "request_invalid",
    `${param}: the Codex backend keeps no items to refer to; send the item itself (in most clients: set store to false).`,
    { cause: { param } },
  );
}

function setTransportFields(draft: JsonObject, request: ResponsesRequest, changes: Change[]): void {
  if (request.store === true)
    changes.push({
      path: "store",
      action: "mapped",
      note: "The Codex backend stores nothing; store was sent as false.",
    });
  draft["store"] = false;
  if (request.stream === false)
    changes.push({ path: "stream", action: "emulated", note: "The backend streams; planport gathers the answer." });
  draft["stream"] = true;
  const include = request.include ?? [];
  draft["include"] = include.includes(ENCRYPTED_REASONING) ? include : [...include, ENCRYPTED_REASONING];
}

function setServiceTier(draft: JsonObject, changes: Change[]): void {
  const tier = draft["service_tier"];
  if (tier === null || USUAL_TIERS.has(tier)) delete draft["service_tier"];
  if (USUAL_TIERS.has(tier)) changes.push(usual("service_tier"));
  if (tier !== "fast") return;
  draft["service_tier"] = "priority";
  changes.push({ path: "service_tier", action: "mapped", note: "fast goes out as priority, its name on the wire." });
}

/** What the catalogue says a model does not take. */
function setModelOptions(draft: JsonObject, model: ModelInfo | null, changes: Change[]): void {
  const reasoning = draft["reasoning"];
  if (isJsonObject(reasoning)) {
    let next = fitEffort(reasoning, model, changes);
    if (model?.supports_reasoning_summaries === false || model?.["supports_reasoning_summary_parameter"] === false)
      next = without(next, "summary", "reasoning.summary", model.slug, changes);
    draft["reasoning"] = next;
  }
  const text = draft["text"];
  if (isJsonObject(text) && model?.support_verbosity === false)
    draft["text"] = without(text, "verbosity", "text.verbosity", model.slug, changes);
}

function without(options: JsonObject, key: string, path: string, slug: string, changes: Change[]): JsonObject {
  if (options[key] === undefined) return options;
  const { [key]: dropped, ...rest } = options;
  if (dropped !== null) changes.push({ path, action: "dropped", note: `The model ${slug} does not take ${path}.` });
  return rest;
}

const OLD_WEB_SEARCH = /^web_search_preview(_\d{4}_\d{2}_\d{2})?$/;

function setTools(draft: JsonObject, changes: Change[]): void {
  const note = "web_search_preview is called web_search by the Codex backend.";
  const tools = draft["tools"];
  if (Array.isArray(tools) && tools.some(isOldWebSearch)) {
    draft["tools"] = (tools as Tool[]).map((tool, index) => {
      if (!isOldWebSearch(tool)) return tool;
      changes.push({ path: `tools[${index}].type`, action: "mapped", note });
      return { ...tool, type: "web_search" };
    });
  }
  const choice = draft["tool_choice"];
  if (!isOldWebSearch(choice)) return;
  draft["tool_choice"] = { ...choice, type: "web_search" };
  changes.push({ path: "tool_choice.type", action: "mapped", note });
}

function isOldWebSearch(value: unknown): value is JsonObject {
  return isJsonObject(value) && typeof value["type"] === "string" && OLD_WEB_SEARCH.test(value["type"]);
}

function toInputItems(input: string | Item[]): Item[] {
  if (typeof input === "string")
    return [{ type: "message", role: "user", content: [{ type: "input_text", text: input }] }];
  return input.map(toInputItem);
}

/** Messages get their type, a list of parts, and `developer` for `system`; every other item goes as it is. */
function toInputItem(item: Item): Item {
  const role = item["role"];
  const isMessage = item.type === "message" || (item.type === undefined && typeof role === "string");
  if (!isMessage) return item;
  const content = item["content"];
  if (item.type === "message" && role !== "system" && typeof content !== "string") return item;
  const partType = role === "assistant" ? "output_text" : "input_text";
  return {
    ...item,
    type: "message",
    role: role === "system" ? "developer" : role,
    content: typeof content === "string" ? [{ type: partType, text: content }] : content,
  };
}
