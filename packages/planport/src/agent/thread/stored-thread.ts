/**
 * A thread as its file tells it.
 * @module
 */
import { type JsonObject, asNumber, asString, isJsonObject } from "../../protocol/json.ts";
import type { Item } from "../../protocol/responses/item.ts";
import type { ThreadTokenUsage, TokenCounts, TurnError, TurnStatus, TurnView } from "../events.ts";
import type { ThreadItem, UserInput } from "../items.ts";
import { NO_USAGE } from "../turn/usage.ts";
import { readRollout, type RolloutLine } from "./rollout.ts";
import { fromStoredItem } from "./stored-items.ts";

/** What a thread's first line says of it. */
export interface ThreadMeta {
  readonly id: string;
  readonly sessionId: string;
  readonly forkedFromId: string | null;
  readonly createdAtMs: number;
  readonly cwd: string;
  readonly originator: string | null;
  readonly cliVersion: string;
  readonly source: string;
  readonly threadSource: string | null;
  readonly modelProvider: string;
  readonly dynamicTools: readonly JsonObject[];
  readonly baseInstructions: string | null;
  readonly developerInstructions: string | null;
}

/** A thread's file, read. */
export interface StoredThread {
  readonly path: string;
  readonly meta: ThreadMeta;
  readonly name: string | null;
  /** The beginning of the first thing that a person said. */
  readonly preview: string;
  readonly updatedAtMs: number;
  /** Of the last turn: model, effort, policies, as the file has them. */
  readonly context: JsonObject;
  readonly history: readonly Item[];
  readonly turns: readonly TurnView[];
  readonly usage: ThreadTokenUsage;
  /** The number of the next line, in a file of a Codex that numbers them and takes none without; null in others. */
  readonly nextOrdinal: number | null;
}

const MAX_PREVIEW_CHARS = 500;

/** Reads a thread's file; null when it is none: it lacks the first line. */
export async function readStoredThread(path: string): Promise<StoredThread | null> {
  const reader = new ThreadReader();
  for await (const line of readRollout(path)) reader.take(line);
  return reader.result(path);
}

interface OpenTurn {
  id: string;
  status: TurnStatus;
  items: ThreadItem[];
  error: TurnError | null;
  startedAt: number | null;
  completedAt: number | null;
  durationMs: number | null;
}

class ThreadReader {
  #meta: ThreadMeta | null = null;
  #name: string | null = null;
  #preview = "";
  #updatedAtMs = 0;
  #context: JsonObject = {};
  #usage: ThreadTokenUsage = NO_USAGE;
  #nextOrdinal: number | null = null;
  readonly #history: Item[] = [];
  readonly #turns = new Map<string, OpenTurn>();

  take(line: RolloutLine): void {
    const { payload } = line;
    const atMs = Date.parse(line.timestamp);
    if (!Number.isNaN(atMs)) this.#updatedAtMs = atMs;
    this.#count(line);
    if (line.type === "session_meta") this.#meta ??= readMeta(payload, atMs);
    else if (line.type === "response_item" && typeof payload["type"] === "string")
      this.#history.push(withoutBookkeeping(payload as Item));
    else if (line.type === "turn_context") this.#context = { ...this.#context, ...payload };
    else if (line.type === "event_msg") this.#event(payload);
    // A conversation that was shortened starts anew from what stands in for it.
    else if (line.type === "compacted") this.#compact(payload);
  }

  result(path: string): StoredThread | null {
    if (this.#meta === null) return null;
    return {
      path,
      meta: this.#meta,
      name: this.#name,
      preview: this.#preview,
      updatedAtMs: this.#updatedAtMs,
      context: this.#context,
      history: answered(this.#history),
      turns: [...this.#turns.values()].map(toView),
      usage: this.#usage,
      nextOrdinal: this.#nextOrdinal,
    };
  }

  /** A file is numbered from its first line on, or not at all. */
  #count({ type, ordinal }: RolloutLine): void {
    const isFirst = this.#meta === null && type === "session_meta";
    if (this.#nextOrdinal === null && !isFirst) return;
    const number = asNumber(ordinal);
    if (number !== undefined) this.#nextOrdinal = Math.max(this.#nextOrdinal ?? 0, number + 1);
  }

  #compact(payload: JsonObject): void {
    const kept = payload["replacement_history"];
    if (!Array.isArray(kept)) return;
    this.#history.splice(0, this.#history.length, ...kept.filter(isJsonObject).map((item) => item as Item));
  }

  #event(payload: JsonObject): void {
    const turnId = asString(payload["turn_id"]) ?? [...this.#turns.keys()].at(-1) ?? "";
    switch (payload["type"]) {
      case "task_started":
        this.#turn(turnId).startedAt = asNumber(payload["started_at"]) ?? null;
        break;
      case "item_completed":
        this.#item(payload, turnId);
        break;
      case "token_count":
        this.#usage = readUsage(payload["info"]) ?? this.#usage;
        break;
      case "thread_name_updated":
        this.#name = asString(payload["thread_name"]) ?? null;
        break;
      case "error":
        this.#turn(turnId).error = readError(payload);
        break;
      case "task_complete":
      case "turn_aborted":
        this.#end(payload, this.#turn(turnId));
        break;
      default:
    }
  }

  #item(payload: JsonObject, turnId: string): void {
    if (!isJsonObject(payload["item"])) return;
    const startedAtMs = asNumber(payload["started_at_ms"]) ?? this.#updatedAtMs;
    const completedAtMs = asNumber(payload["completed_at_ms"]) ?? null;
    const item = fromStoredItem(payload["item"], { startedAtMs, completedAtMs });
    if (item === null) return;
    this.#turn(turnId).items.push(item);
    if (this.#preview === "" && item.type === "userMessage") this.#preview = previewOf(item.content);
  }

  #turn(id: string): OpenTurn {
    let turn = this.#turns.get(id);
    // A turn of which no end is told was cut off with its process.
    turn ??= {
      id,
      status: "interrupted",
      items: [],
      error: null,
      startedAt: null,
      completedAt: null,
      durationMs: null,
    };
    this.#turns.set(id, turn);
    return turn;
  }

  #end(payload: JsonObject, turn: OpenTurn): void {
    turn.completedAt = asNumber(payload["completed_at"]) ?? null;
    turn.durationMs = asNumber(payload["duration_ms"]) ?? null;
    if (payload["type"] === "task_complete") turn.status = turn.error === null ? "completed" : "failed";
  }
}

/** The beginning of what was said, as lists show it. */
export function previewOf(input: readonly UserInput[]): string {
  const text = input.map((part) => (part.type === "text" && typeof part.text === "string" ? part.text : "")).join("\n");
  return text.trim().slice(0, MAX_PREVIEW_CHARS);
}

function toView(turn: OpenTurn): TurnView {
  return { ...turn, rootTurnId: turn.id, itemsView: "full" };
}

function readMeta(payload: JsonObject, atMs: number): ThreadMeta | null {
  const id = asString(payload["id"]);
  if (id === undefined) return null;
  const base = payload["base_instructions"];
  const tools = payload["dynamic_tools"];
  const createdAtMs = Date.parse(asString(payload["timestamp"]) ?? "");
  return {
    id,
    sessionId: asString(payload["session_id"]) ?? id,
    forkedFromId: asString(payload["forked_from_id"]) ?? null,
    createdAtMs: Number.isNaN(createdAtMs) ? atMs : createdAtMs,
    cwd: asString(payload["cwd"]) ?? "",
    originator: asString(payload["originator"]) ?? null,
    cliVersion: asString(payload["cli_version"]) ?? "",
    source: asString(payload["source"]) ?? "unknown",
    threadSource: asString(payload["thread_source"]) ?? null,
    modelProvider: asString(payload["model_provider"]) ?? "openai",
    dynamicTools: Array.isArray(tools) ? tools.filter(isJsonObject) : [],
    // Those that Codex writes down are the model's own; only what was set in their place counts.
    baseInstructions: isJsonObject(base) && base["custom"] === true ? (asString(base["text"]) ?? null) : null,
    developerInstructions: asString(payload["developer_instructions"]) ?? null,
  };
}

/** What Codex notes beside an item for itself is not for the server. */
function withoutBookkeeping(item: Item): Item {
  const { internal_chat_message_metadata_passthrough: _note, ...rest } = item;
  return rest;
}

/** A call whose result was lost with its process is answered in words: the server takes no call without a result. */
function answered(history: readonly Item[]): Item[] {
  const results = new Set(history.filter(({ type }) => type.endsWith("_call_output")).map((item) => item["call_id"]));
  return history.flatMap((item): Item[] => {
    const isCall = item.type === "function_call" || item.type === "custom_tool_call";
    if (!isCall || results.has(item["call_id"])) return [item];
    return [item, { type: `${item.type}_output`, call_id: item["call_id"], output: "aborted" }];
  });
}

function readError(payload: JsonObject): TurnError {
  const info = payload["codex_error_info"];
  return {
    message: asString(payload["message"]) ?? "",
    codexErrorInfo: (info ?? null) as TurnError["codexErrorInfo"],
    additionalDetails: null,
    misalignment: null,
  };
}

function readUsage(info: unknown): ThreadTokenUsage | null {
  if (!isJsonObject(info)) return null;
  return {
    total: readCounts(info["total_token_usage"]),
    last: readCounts(info["last_token_usage"]),
    modelContextWindow: asNumber(info["model_context_window"]) ?? null,
  };
}

function readCounts(value: unknown): TokenCounts {
  const counts = isJsonObject(value) ? value : {};
  const count = (key: string): number => asNumber(counts[key]) ?? 0;
  return {
    totalTokens: count("total_tokens"),
    inputTokens: count("input_tokens"),
    cachedInputTokens: count("cached_input_tokens"),
    cacheWriteInputTokens: count("cache_write_input_tokens"),
    outputTokens: count("output_tokens"),
    reasoningOutputTokens: count("reasoning_output_tokens"),
  };
}

/** Counts in the form of the file. */
export function toStoredUsage(usage: ThreadTokenUsage): JsonObject {
  return {
    total_token_usage: toStoredCounts(usage.total),
    last_token_usage: toStoredCounts(usage.last),
    model_context_window: usage.modelContextWindow,
  };
}

function toStoredCounts(counts: TokenCounts): JsonObject {
  return {
    input_tokens: counts.inputTokens,
    cached_input_tokens: counts.cachedInputTokens,
    cache_write_input_tokens: counts.cacheWriteInputTokens,
    output_tokens: counts.outputTokens,
    reasoning_output_tokens: counts.reasoningOutputTokens,
    total_tokens: counts.totalTokens,
  };
}
