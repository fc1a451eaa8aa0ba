/**
 * The engine behind `planport exec` and the app-server: threads, turns, model calls, tools.
 * @module
 */
export { commandEnvironment, defaultSettings, providerSettings, sandboxFrom } from "./defaults.ts";
export { Agent, type AgentOptions, type NewThread } from "./agent.ts";
export type * from "./events.ts";
export type { AgentHost, DynamicToolAnswer, DynamicToolCall, QuestionPlace } from "./host.ts";
export { isUuid, uuidv7 } from "./ids.ts";
export type * from "./items.ts";
export { authOfTokens, type ModelAuth } from "./model/auth.ts";
export type { ModelCaller } from "./model/sampling.ts";
export { type ApprovalPolicy, type SandboxMode, sandboxOf, type SandboxPolicy } from "./policy.ts";
export type { DynamicToolSpec, ThreadSettings, TurnSettings } from "./settings.ts";
export type { ThreadPage, ThreadQuery } from "./thread/store.ts";
export type { StoredThread, ThreadMeta } from "./thread/stored-thread.ts";
export type { AgentThread } from "./thread/thread.ts";
export type * from "./tools/types.ts";
export type { Turn } from "./turn/turn.ts";
