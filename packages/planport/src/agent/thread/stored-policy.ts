/**
 * Policies as `turn_context` lines have them.
 * @module
 */
import { type JsonObject, asString, isJsonObject } from "../../protocol/json.ts";
import type { ApprovalPolicy, SandboxPolicy } from "../policy.ts";
import type { ThreadSettings } from "../settings.ts";

/** What a turn was set to, for the file. */
export function toTurnContext(settings: ThreadSettings, turnId: string): JsonObject {
  return {
    turn_id: turnId,
    cwd: settings.cwd,
    approval_policy: settings.approvalPolicy,
    sandbox_policy: toStoredSandbox(settings.sandbox),
    model: settings.model,
    model_provider: settings.modelProvider,
    effort: settings.effort,
    summary: settings.summary,
    service_tier: settings.serviceTier,
  };
}

/** The settings in a `turn_context`, as far as it says any. */
export function fromTurnContext(context: JsonObject): Partial<ThreadSettings> {
  const approvalPolicy = APPROVALS.find((policy) => policy === context["approval_policy"]);
  const sandbox = fromStoredSandbox(context["sandbox_policy"]);
  const [model, cwd] = [asString(context["model"]), asString(context["cwd"])];
  const [effort, summary, serviceTier] = [context["effort"], context["summary"], context["service_tier"]].map(asString);
  return {
    ...(model !== undefined && { model }),
    ...(cwd !== undefined && { cwd }),
    ...(effort !== undefined && { effort }),
    ...(summary !== undefined && { summary }),
    ...(serviceTier !== undefined && { serviceTier }),
    ...(approvalPolicy !== undefined && { approvalPolicy }),
    ...(sandbox !== null && { sandbox }),
  };
}

const APPROVALS: readonly ApprovalPolicy[] = ["untrusted", "on-request", "on-failure", "never"];

function toStoredSandbox(sandbox: SandboxPolicy): JsonObject {
  if (sandbox.type === "dangerFullAccess") return { type: "danger-full-access" };
  if (sandbox.type === "readOnly") return { type: "read-only", network_access: sandbox.networkAccess };
  return {
    type: "workspace-write",
    writable_roots: sandbox.writableRoots,
    network_access: sandbox.networkAccess,
    exclude_tmpdir_env_var: sandbox.excludeTmpdirEnvVar,
    exclude_slash_tmp: sandbox.excludeSlashTmp,
  };
}

function fromStoredSandbox(stored: unknown): SandboxPolicy | null {
  if (!isJsonObject(stored)) return null;
  const networkAccess = stored["network_access"] === true;
  if (stored["type"] === "danger-full-access") return { type: "dangerFullAccess" };
  if (stored["type"] === "read-only") return { type: "readOnly", networkAccess };
  if (stored["type"] !== "workspace-write") return null;
  const roots = stored["writable_roots"];
  return {
    type: "workspaceWrite",
    writableRoots: Array.isArray(roots) ? roots.filter((root) => typeof root === "string") : [],
    networkAccess,
    excludeTmpdirEnvVar: stored["exclude_tmpdir_env_var"] === true,
    excludeSlashTmp: stored["exclude_slash_tmp"] === true,
  };
}
