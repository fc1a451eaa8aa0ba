/**
 * Threads as the protocol shows them.
 * @module
 */
import type { AgentThread, StoredThread, ThreadMeta, ThreadSettings, TurnView } from "../../agent/index.ts";
import type { Thread, ThreadStartResponse } from "../protocol/types/threads.ts";

type Turns = Thread["turns"];

/** A thread that is loaded. Turns are shown where they are asked for alone. */
export function viewOfLoaded(thread: AgentThread, turns: readonly TurnView[] = []): Thread {
  const { meta, settings } = thread;
  return {
    ...common(meta),
    cwd: settings.cwd,
    preview: thread.preview,
    ephemeral: thread.path === null,
    model: settings.model,
    reasoningEffort: settings.effort,
    updatedAt: seconds(thread.updatedAtMs),
    recencyAt: seconds(thread.updatedAtMs),
    status: thread.status,
    path: thread.path,
    canAcceptDirectInput: true,
    environments: [{ environmentId: "local", cwd: settings.cwd, runtimeWorkspaceRoots: [settings.cwd] }],
    name: thread.name,
    turns: turns as Turns,
  };
}

/** A thread that is only on disk. */
export function viewOfStored(thread: StoredThread, turns: readonly TurnView[] = []): Thread {
  const { meta, context } = thread;
  return {
    ...common(meta),
    preview: thread.preview,
    ephemeral: false,
    model: textOf(context["model"]),
    reasoningEffort: textOf(context["effort"]),
    updatedAt: seconds(thread.updatedAtMs),
    recencyAt: seconds(thread.updatedAtMs),
    status: { type: "notLoaded" },
    path: thread.path,
    canAcceptDirectInput: null,
    environments: null,
    name: thread.name,
    turns: turns as Turns,
  };
}

function common(
  meta: ThreadMeta,
): Omit<
  Thread,
  | "preview"
  | "ephemeral"
  | "model"
  | "reasoningEffort"
  | "updatedAt"
  | "recencyAt"
  | "status"
  | "path"
  | "canAcceptDirectInput"
  | "environments"
  | "name"
  | "turns"
> {
  const source = SOURCES.find((known) => known === meta.source) ?? "unknown";
  return {
    id: meta.id,
    sessionId: meta.sessionId,
    forkedFromId: meta.forkedFromId,
    parentThreadId: null,
    attachedToThreadId: null,
    historyMode: "paginated",
    modelProvider: meta.modelProvider,
    createdAt: seconds(meta.createdAtMs),
    cwd: meta.cwd,
    cliVersion: meta.cliVersion,
    originator: meta.originator,
    source,
    threadSource: meta.threadSource,
    gitInfo: null,
    agentNickname: null,
    agentRole: null,
    daybreakEnabled: null,
    extra: null,
    projectId: null,
    section: null,
    sectionEnteredAt: null,
  };
}

const SOURCES = ["cli", "vscode", "exec", "mcp"] as const;

/** What a client is told of a thread that it opened. */
export function opened(thread: AgentThread, turns: readonly TurnView[] = []): ThreadStartResponse {
  const { settings } = thread;
  return {
    thread: viewOfLoaded(thread, turns),
    model: settings.model,
    modelProvider: settings.modelProvider,
    serviceTier: settings.serviceTier,
    disabledPluginIds: [],
    cwd: settings.cwd,
    runtimeWorkspaceRoots: [settings.cwd],
    instructionSources: [],
    approvalPolicy: settings.approvalPolicy === "on-failure" ? "on-request" : settings.approvalPolicy,
    approvalsReviewer: "user",
    sandbox: settings.sandbox,
    activePermissionProfile: profileOf(settings),
    reasoningEffort: settings.effort,
    multiAgentMode: "explicitRequestOnly",
  };
}

function profileOf({ sandbox }: ThreadSettings): ThreadStartResponse["activePermissionProfile"] {
  if (sandbox.type === "dangerFullAccess") return null;
  return { id: sandbox.type === "readOnly" ? ":read-only" : ":workspace", extends: null };
}

function textOf(value: unknown): string | null {
  return typeof value === "string" ? value : null;
}

function seconds(ms: number): number {
  return Math.floor(ms / 1000);
}
