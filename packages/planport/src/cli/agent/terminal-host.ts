/**
 * The engine's host at a terminal.
 * @module
 */
import type { AgentEvent, AgentHost, ApprovalOutcome, ApprovalRequest } from "../../agent/index.ts";

/** Asks a person about something that a tool wants to do. */
export type AskPerson = (request: ApprovalRequest, signal: AbortSignal) => Promise<ApprovalOutcome>;

/**
 * Makes a host.
 * @param onEvent Hears everything, in order.
 * @param ask Without it nobody is there to ask, and all that would have to be asked fails.
 */
export function createTerminalHost(onEvent: (event: AgentEvent) => void, ask?: AskPerson): AgentHost {
  return {
    emit: (type, fields) => onEvent({ type, fields } as unknown as AgentEvent),
    approve: (request, _place, signal) => ask?.(request, signal) ?? Promise.resolve("failed"),
    // Threads that a program with tools of its own began may be resumed here, where nobody runs those.
    callTool: () => Promise.resolve(null),
  };
}
