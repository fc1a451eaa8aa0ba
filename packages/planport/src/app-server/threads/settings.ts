/**
 * What clients set threads and turns to.
 * @module
 */
import { resolve } from "node:path";
import type {
  ApprovalPolicy,
  DynamicToolSpec,
  SandboxMode,
  SandboxPolicy,
  ThreadSettings,
  UserInput,
} from "../../agent/index.ts";
import { isJsonObject } from "../../protocol/json.ts";
import type {
  DynamicToolSpec as WireToolSpec,
  ThreadForkParams,
  ThreadStartParams,
} from "../protocol/types/threads.ts";
import type { SandboxPolicy as WireSandbox, TurnStartParams } from "../protocol/types/turns.ts";
import { invalidRequest } from "../rpc-errors.ts";

/** The policy that a mode stands for here. */
export type SandboxOfMode = (mode: SandboxMode) => SandboxPolicy;

type ThreadChanges = Pick<
  ThreadForkParams,
  | "model"
  | "modelProvider"
  | "serviceTier"
  | "cwd"
  | "approvalPolicy"
  | "sandbox"
  | "baseInstructions"
  | "developerInstructions"
>;

/** What a thread is to be set to, as far as the client says. */
export function threadChanges(params: ThreadChanges, sandboxOfMode: SandboxOfMode): Partial<ThreadSettings> {
  return {
    ...given({
      model: params.model,
      modelProvider: params.modelProvider,
      serviceTier: params.serviceTier,
      baseInstructions: params.baseInstructions,
      developerInstructions: params.developerInstructions,
    }),
    ...(params.cwd != null && { cwd: resolve(params.cwd) }),
    ...(params.approvalPolicy != null && { approvalPolicy: approvalOf(params.approvalPolicy) }),
    ...(params.sandbox != null && { sandbox: sandboxOfMode(params.sandbox) }),
  };
}

/** What a turn and those after it are to be set to. */
export function turnChanges(params: TurnStartParams): Partial<ThreadSettings> {
  return {
    ...given({
      model: params.model,
      serviceTier: params.serviceTier,
      effort: params.effort,
      summary: params.summary,
    }),
    ...(params.cwd != null && { cwd: resolve(params.cwd) }),
    ...(params.approvalPolicy != null && { approvalPolicy: approvalOf(params.approvalPolicy) }),
    ...(params.sandboxPolicy != null && { sandbox: sandboxPolicy(params.sandboxPolicy) }),
  };
}

/** The tools that a client runs itself. */
export function dynamicTools(specs: ThreadStartParams["dynamicTools"]): DynamicToolSpec[] {
  return (specs ?? []).flatMap((spec) => {
    if (spec.type === "namespace") return spec.tools.map((tool) => toSpec(tool, spec.name));
    return [toSpec(spec, null)];
  });
}

/** What a person said, as the engine takes it. */
export function userInput(input: TurnStartParams["input"]): UserInput[] {
  return input.map((part) => ({ ...part }));
}

function toSpec(tool: Extract<WireToolSpec, { inputSchema: unknown }>, namespace: string | null): DynamicToolSpec {
  const { name, description, inputSchema } = tool;
  if (!isJsonObject(inputSchema)) throw invalidRequest(`dynamic tool ${name}: inputSchema must be an object`);
  return { name, namespace, description, inputSchema };
}

function approvalOf(policy: NonNullable<TurnStartParams["approvalPolicy"]>): ApprovalPolicy {
  if (policy === "granular") throw invalidRequest("approval policy granular is not supported by planport");
  return policy;
}

function sandboxPolicy(policy: WireSandbox): SandboxPolicy {
  switch (policy.type) {
    case "dangerFullAccess":
      return { type: "dangerFullAccess" };
    case "readOnly":
      return { type: "readOnly", networkAccess: policy.networkAccess ?? false };
    case "workspaceWrite":
      return {
        type: "workspaceWrite",
        writableRoots: [...(policy.writableRoots ?? [])],
        networkAccess: policy.networkAccess ?? false,
        excludeTmpdirEnvVar: policy.excludeTmpdirEnvVar ?? false,
        excludeSlashTmp: policy.excludeSlashTmp ?? false,
      };
    case "externalSandbox":
    default:
      throw invalidRequest("sandbox policy externalSandbox is not supported by planport");
  }
}

type Given<T> = { [K in keyof T]?: NonNullable<T[K]> };

/** Without what was left out or null. */
function given<T extends object>(fields: T): Given<T> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value != null)) as Given<T>;
}
