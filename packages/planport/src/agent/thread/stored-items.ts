/**
 * Items as Codex keeps them in a thread's file (openai/codex `codex-rs/protocol/src/items.rs`), which are not quite those of its
 * protocol.
 * @module
 */
import { pathToFileURL, fileURLToPath } from "node:url";
import { type JsonObject, asNumber, asString, isJsonObject } from "../../protocol/json.ts";
import type { CommandAction, CommandExecutionItem, FileUpdateChange, ThreadItem } from "../items.ts";

/** The form for the file. */
export function toStoredItem(item: ThreadItem): JsonObject {
  const { startedAtMs: _started, completedAtMs: _completed, ...rest } = item;
  switch (item.type) {
    case "userMessage":
      return { type: "UserMessage", id: item.id, content: item.content };
    case "agentMessage":
      return {
        type: "AgentMessage",
        id: item.id,
        content: [{ type: "Text", text: item.text }],
        ...(item.phase !== null && { phase: item.phase }),
      };
    case "reasoning":
      return { type: "Reasoning", id: item.id, summary_text: item.summary, raw_content: item.content };
    case "commandExecution":
      return {
        type: "CommandExecution",
        id: item.id,
        process_id: item.processId,
        command: [item.command],
        cwd: pathToFileURL(item.cwd).href,
        parsed_cmd: item.commandActions,
        source: item.source,
        status: item.status,
        aggregated_output: item.aggregatedOutput,
        exit_code: item.exitCode,
        duration_ms: item.durationMs,
      };
    // Codex keeps these in forms of its own; nothing reads them but thread/read, so they stay as they are.
    case "fileChange":
    case "dynamicToolCall":
    default:
      return { ...rest };
  }
}

interface Times {
  readonly startedAtMs: number;
  readonly completedAtMs: number | null;
}

/** The item of a stored form, this or Codex's own; null for kinds that are not known here. */
export function fromStoredItem(stored: JsonObject, times: Times): ThreadItem | null {
  const id = asString(stored["id"]) ?? "";
  switch (stored["type"]) {
    case "UserMessage": {
      const content = Array.isArray(stored["content"]) ? stored["content"] : [];
      return { type: "userMessage", id, clientId: null, content, ...times };
    }
    case "AgentMessage":
      return {
        type: "agentMessage",
        id,
        text: textsOf(stored["content"]).join(""),
        phase: asString(stored["phase"]) ?? null,
        delivery: null,
        memoryCitation: null,
        moderation: null,
        questions: null,
        ...times,
      };
    case "Reasoning":
      return {
        type: "reasoning",
        id,
        summary: stringsOf(stored["summary_text"]),
        content: stringsOf(stored["raw_content"]),
        ...times,
      };
    case "CommandExecution":
      return fromStoredCommand(stored, id, times);
    case "fileChange": {
      const changes = (Array.isArray(stored["changes"]) ? stored["changes"] : []) as FileUpdateChange[];
      return { type: "fileChange", id, changes, status: statusOf(stored["status"]), ...times };
    }
    case "dynamicToolCall":
      return { ...(stored as unknown as Extract<ThreadItem, { type: "dynamicToolCall" }>), ...times };
    default:
      return null;
  }
}

function fromStoredCommand(stored: JsonObject, id: string, times: Times): CommandExecutionItem {
  const command = stringsOf(stored["command"]);
  const [shell, flag, script] = command;
  const isShell = command.length === 3 && /^-l?c$/.test(flag ?? "");
  const duration = isJsonObject(stored["duration"]) ? stored["duration"] : {};
  const nanos = (asNumber(duration["secs"]) ?? 0) * 1e9 + (asNumber(duration["nanos"]) ?? 0);
  const actions = Array.isArray(stored["parsed_cmd"]) ? stored["parsed_cmd"].filter(isJsonObject) : [];
  return {
    type: "commandExecution",
    id,
    command: isShell ? `${shell} ${flag} ${quoted(script ?? "")}` : command.join(" "),
    commandActions: actions.map(toAction),
    cwd: pathOf(asString(stored["cwd"]) ?? ""),
    processId: asString(stored["process_id"]) ?? null,
    source: SOURCES[asString(stored["source"]) ?? ""] ?? "agent",
    status: statusOf(stored["status"]),
    aggregatedOutput: asString(stored["aggregated_output"]) ?? null,
    exitCode: asNumber(stored["exit_code"]) ?? null,
    durationMs: asNumber(stored["duration_ms"]) ?? (nanos === 0 ? null : Math.round(nanos / 1e6)),
    pluginId: null,
    scriptPath: null,
    ...times,
  };
}

const SOURCES: Readonly<Record<string, CommandExecutionItem["source"]>> = {
  unifiedExecStartup: "unifiedExecStartup",
  unified_exec_startup: "unifiedExecStartup",
  unifiedExecInteraction: "unifiedExecInteraction",
  unified_exec_interaction: "unifiedExecInteraction",
  userShell: "userShell",
  user_shell: "userShell",
};

function statusOf(value: unknown): CommandExecutionItem["status"] {
  return value === "failed" || value === "declined" || value === "completed" ? value : "failed";
}

function toAction(stored: JsonObject): CommandAction {
  const command = asString(stored["command"]) ?? asString(stored["cmd"]) ?? "";
  return { type: "unknown", ...stored, command };
}

function quoted(script: string): string {
  return /^[\w./:=@%+-]+$/.test(script) ? script : `'${script.replaceAll("'", String.raw`'\''`)}'`;
}

function pathOf(cwd: string): string {
  return cwd.startsWith("file:") && URL.canParse(cwd) ? fileURLToPath(cwd) : cwd;
}

function stringsOf(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((one) => typeof one === "string") : [];
}

function textsOf(content: unknown): string[] {
  return Array.isArray(content) ? content.filter(isJsonObject).map((part) => asString(part["text"]) ?? "") : [];
}
