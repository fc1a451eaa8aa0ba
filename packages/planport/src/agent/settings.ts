/**
 * What a thread is set to. A turn may change most of it for itself and those that follow.
 * @module
 */
import type { JsonObject } from "../protocol/json.ts";
import type { ApprovalPolicy, SandboxPolicy } from "./policy.ts";

/** A tool that the embedding program runs (`DynamicToolSpec`). */
export interface DynamicToolSpec {
  readonly namespace: string | null;
  readonly name: string;
  readonly description: string;
  /** JSON Schema of its arguments. */
  readonly inputSchema: JsonObject;
}

/** The settings of a thread. */
export interface ThreadSettings {
  readonly model: string;
  /** Name of the provider in Codex's configuration; `openai` for the one that is built in. */
  readonly modelProvider: string;
  /** Null: as the model's list entry says. */
  readonly effort: string | null;
  /** `auto`, `concise`, `detailed`, or `none`. Null: none is asked for. */
  readonly summary: string | null;
  readonly serviceTier: string | null;
  /** Absolute. */
  readonly cwd: string;
  readonly approvalPolicy: ApprovalPolicy;
  readonly sandbox: SandboxPolicy;
  /** In place of the model's own instructions. */
  readonly baseInstructions: string | null;
  /** Beside them. */
  readonly developerInstructions: string | null;
  readonly dynamicTools: readonly DynamicToolSpec[];
}

/** What one turn alone is set to. */
export interface TurnSettings {
  /** JSON Schema that the final message must fit. */
  readonly outputSchema: JsonObject | null;
}
