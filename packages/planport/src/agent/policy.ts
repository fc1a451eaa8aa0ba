/**
 * What a thread's tools may do, and when they have to ask, in the words of Codex's app-server protocol.
 * @module
 */

/** Where tools may write and whether they may use the network (`SandboxPolicy`). */
export type SandboxPolicy =
  | { type: "dangerFullAccess" }
  | { type: "readOnly"; networkAccess: boolean }
  | {
      type: "workspaceWrite";
      /** Absolute paths beside the working folder. */
      writableRoots: string[];
      networkAccess: boolean;
      excludeTmpdirEnvVar: boolean;
      excludeSlashTmp: boolean;
    };

/** Names of sandboxes as flags and `config.toml` have them (`sandbox_mode`). */
export type SandboxMode = "read-only" | "workspace-write" | "danger-full-access";

/** When a tool asks first (`AskForApproval`). `on-failure` is taken as `on-request`. */
export type ApprovalPolicy = "untrusted" | "on-request" | "on-failure" | "never";

/** The policy that a mode stands for. */
export function sandboxOf(mode: SandboxMode, networkAccess = false): SandboxPolicy {
  if (mode === "danger-full-access") return { type: "dangerFullAccess" };
  if (mode === "read-only") return { type: "readOnly", networkAccess };
  return {
    type: "workspaceWrite",
    writableRoots: [],
    networkAccess,
    excludeTmpdirEnvVar: false,
    excludeSlashTmp: false,
  };
}
