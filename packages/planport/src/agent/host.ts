/**
 * What the engine asks of whoever embeds it: ears for its events, and answers to its questions.
 * @module
 */
import type { EmitEvent } from "./events.ts";
import type { DynamicToolContent } from "./items.ts";
import type { ApprovalOutcome, ApprovalRequest } from "./tools/types.ts";

/** Where a question belongs. */
export interface QuestionPlace {
  readonly threadId: string;
  readonly turnId: string;
}

/** A call of a tool that the embedding program runs. */
export interface DynamicToolCall extends QuestionPlace {
  readonly callId: string;
  readonly namespace: string | null;
  readonly tool: string;
  readonly arguments: unknown;
}

/** What came of it. */
export interface DynamicToolAnswer {
  readonly contentItems: DynamicToolContent[];
  readonly success: boolean;
}

/** The embedding program. */
export interface AgentHost {
  readonly emit: EmitEvent;
  /** Asks a person. Never rejects; ends soon after the signal fired, with whatever outcome. */
  approve(request: ApprovalRequest, place: QuestionPlace, signal: AbortSignal): Promise<ApprovalOutcome>;
  /** Runs a tool. Null: it could not be run, or answered nonsense. Never rejects, and ends soon after the signal fired. */
  callTool(call: DynamicToolCall, signal: AbortSignal): Promise<DynamicToolAnswer | null>;
}
