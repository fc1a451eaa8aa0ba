/**
 * The lines of `codex exec --json`, made of the engine's events (openai/codex `codex-rs/exec/src/exec_events.rs`).
 * @module
 */
import type { AgentEvent, CommandStatus, ThreadItem, ThreadTokenUsage } from "../../agent/index.ts";
import type { JsonObject } from "../../protocol/json.ts";

/** Makes lines. Items get ids of their own: `item_0`, `item_1`, … in the order in which they are first told of. */
export class ExecLines {
  readonly #ids = new Map<string, string>();
  #usage: ThreadTokenUsage | null = null;

  /** @param usage What the thread had used before. */
  constructor(usage: ThreadTokenUsage | null) {
    this.#usage = usage;
  }

  /** The lines for an event; most events have none. */
  linesFor(event: AgentEvent): JsonObject[] {
    // eslint-disable-next-line typescript/switch-exhaustiveness-check -- most events have no line
    switch (event.type) {
      case "turn/started":
        return [{ type: "turn.started" }];
      case "item/started":
        return isShownEarly(event.fields.item) ? this.#item("item.started", event.fields.item) : [];
      case "item/completed":
        return this.#item("item.completed", event.fields.item);
      case "thread/tokenUsage/updated":
        this.#usage = event.fields.tokenUsage;
        return [];
      case "error": {
        const { message, additionalDetails } = event.fields.error;
        return [{ type: "error", message: additionalDetails === null ? message : `${message} (${additionalDetails})` }];
      }
      case "turn/completed": {
        const { status, error } = event.fields.turn;
        if (status === "completed") return [{ type: "turn.completed", usage: toUsage(this.#usage) }];
        return [{ type: "turn.failed", error: { message: error?.message ?? "turn interrupted" } }];
      }
      default:
        return [];
    }
  }

  #item(type: string, item: ThreadItem): JsonObject[] {
    const shown = toExecItem(item);
    if (shown === null) return [];
    const id = this.#ids.get(item.id) ?? `item_${this.#ids.size}`;
    this.#ids.set(item.id, id);
    return [{ type, item: { id, ...shown } }];
  }
}

function isShownEarly(item: ThreadItem): boolean {
  return item.type === "commandExecution" || item.type === "fileChange";
}

const STATUSES: Readonly<Record<CommandStatus, string>> = {
  inProgress: "in_progress",
  completed: "completed",
  failed: "failed",
  declined: "declined",
};

function toExecItem(item: ThreadItem): JsonObject | null {
  switch (item.type) {
    case "agentMessage":
      return { type: "agent_message", text: item.text };
    case "reasoning":
      return item.summary.length === 0 ? null : { type: "reasoning", text: item.summary.join("\n\n") };
    case "commandExecution":
      return {
        type: "command_execution",
        command: item.command,
        aggregated_output: item.aggregatedOutput ?? "",
        exit_code: item.exitCode,
        status: STATUSES[item.status],
      };
    case "fileChange":
      return {
        type: "file_change",
        changes: item.changes.map(({ path, kind }) => ({ path, kind: kind.type })),
        status: STATUSES[item.status],
      };
    case "userMessage":
    case "dynamicToolCall":
    default:
      return null;
  }
}

function toUsage(usage: ThreadTokenUsage | null): JsonObject {
  const total = usage?.total;
  return {
    input_tokens: total?.inputTokens ?? 0,
    cached_input_tokens: total?.cachedInputTokens ?? 0,
    cache_write_input_tokens: total?.cacheWriteInputTokens ?? 0,
    output_tokens: total?.outputTokens ?? 0,
    reasoning_output_tokens: total?.reasoningOutputTokens ?? 0,
  };
}
