/**
 * What the backend refuses about the options of a request: fields it does not know, and values outside their list. What
 * it takes is an allow list, so that a field of another API that a client lets through is noticed.
 * @module
 */
import { isJsonObject, type Item, type JsonObject, type ModelInfo } from "../../protocol/index.ts";
import { detail, invalid, type Refusal, unsupportedValue } from "./refusal.ts";

type Transport = "http" | "websocket";

/** The body fields of a model call (openai/codex `codex-rs/codex-api/src/common.rs`), and `instructions` of older clients. */
const FIELDS: ReadonlySet<string> = new Set([
  "access_programs",
  "client_metadata",
  "include",
  "input",
  "instructions",
  "model",
  "parallel_tool_calls",
  "prompt_cache_key",
  "reasoning",
  "service_tier",
  "store",
  "stream",
  "text",
  "tool_choice",
  "tools",
]);

/** Known on a WebSocket only: there a connection has a past to go on from, and may be warmed first. */
const SOCKET_FIELDS: ReadonlySet<string> = new Set(["generate", "previous_response_id"]);

/** Efforts that some model takes. `ultra` is not among them: it exists in clients only, which send what it stands for. */
const EFFORTS: readonly string[] = ["none", "minimal", "low", "medium", "high", "xhigh", "max"];

const SERVICE_TIERS: readonly string[] = ["auto", "default", "flex", "priority"];

/** Refuses the first field that the backend does not know. */
export function checkFields(body: JsonObject, transport: Transport): Refusal | null {
  for (const [name, value] of Object.entries(body)) {
    if (FIELDS.has(name)) continue;
    const onSocket = SOCKET_FIELDS.has(name);
    if (onSocket && (transport === "websocket" || value === null)) continue;
    return detail(`Unsupported parameter: ${name}`);
  }
  return null;
}

/** Judges the options that depend on the model. */
export function checkOptions(body: JsonObject, model: ModelInfo, lite: boolean): Refusal | null {
  return checkEffort(body["reasoning"], model) ?? checkTier(body["service_tier"]) ?? checkLite(body, lite);
}

/** True when a request is in the lite shape: its model wants it, and it says so or has its tools inside `input`. */
export function isLite(model: ModelInfo, liteHeader: boolean, items: readonly Item[]): boolean {
  return model.use_responses_lite === true && (liteHeader || items.some((item) => item["type"] === "additional_tools"));
}

function checkEffort(reasoning: unknown, model: ModelInfo): Refusal | null {
  if (reasoning === undefined || reasoning === null) return null;
  if (!isJsonObject(reasoning))
    return invalid("Invalid type for 'reasoning': expected an object.", "reasoning", "invalid_type");
  const { effort } = reasoning;
  if (effort === undefined || effort === null) return null;
  if (typeof effort !== "string" || !EFFORTS.includes(effort))
    return unsupportedValue(effort, EFFORTS, "reasoning.effort");
  const levels = (model.supported_reasoning_levels ?? []).map((level) => level.effort);
  // A catalogue that tells nothing about a model forbids nothing.
  if (levels.length === 0 || levels.includes(effort)) return null;
  return unsupportedValue(
    effort,
    levels.filter((level) => EFFORTS.includes(level)),
    "reasoning.effort",
    model.slug,
  );
}

function checkTier(tier: unknown): Refusal | null {
  if (tier === undefined || tier === null) return null;
  return typeof tier === "string" && SERVICE_TIERS.includes(tier)
    ? null
    : unsupportedValue(tier, SERVICE_TIERS, "service_tier");
}

function checkLite(body: JsonObject, lite: boolean): Refusal | null {
  if (!lite) return null;
  if (body["tools"] !== undefined) return detail("Unsupported parameter: tools");
  return body["parallel_tool_calls"] === true ? detail("Parallel tool calls must be set to false") : null;
}
