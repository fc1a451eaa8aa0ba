/**
 * Whether a call of a tool may run: at once, after a question, or not.
 * @module
 */
import type { ApprovalPolicy, SandboxPolicy } from "../policy.ts";

/** What the decision is about. */
export interface CommandFacts {
  readonly approvalPolicy: ApprovalPolicy;
  readonly sandbox: SandboxPolicy;
  /** Whether the machine has a sandbox. */
  readonly sandboxed: boolean;
  /** The model asks to run it without one. */
  readonly escalated: boolean;
  /** It is known to only read. */
  readonly knownSafe: boolean;
  /** A person allowed it before. */
  readonly allowed: boolean;
}

/** What is done with a call. */
export type Verdict =
  | { readonly type: "run"; readonly confined: boolean }
  | { readonly type: "ask"; readonly why: string | null }
  | { readonly type: "refuse"; readonly why: string };

/** Decides about a command. One that a person accepted runs without a sandbox. */
export function judgeCommand(facts: CommandFacts): Verdict {
  const { approvalPolicy, sandbox, sandboxed, escalated, knownSafe, allowed } = facts;
  if (allowed) return { type: "run", confined: false };
  if (approvalPolicy === "untrusted" && !knownSafe) return { type: "ask", why: null };
  if (sandbox.type === "dangerFullAccess") return { type: "run", confined: false };
  if (escalated)
    return approvalPolicy === "never"
      ? {
          type: "refuse",
          why: "commands outside the sandbox need a person's approval, and the approval policy is `never`",
        }
      : { type: "ask", why: null };
  if (sandboxed) return { type: "run", confined: true };
  if (knownSafe) return { type: "run", confined: false };
  return approvalPolicy === "never"
    ? { type: "refuse", why: "this machine has no sandbox, and the approval policy is `never`" }
    : { type: "ask", why: "This machine has no sandbox." };
}

/** What the decision about a patch is about. */
export interface PatchFacts {
  readonly approvalPolicy: ApprovalPolicy;
  readonly sandbox: SandboxPolicy;
  /** It touches files that decide what is run later, such as those of `.git`. */
  readonly touchesProtected: boolean;
  /** A person allowed changes to these files before. */
  readonly allowed: boolean;
}

/** Decides about a patch, all of whose files are in the working folder. */
export function judgePatch({ approvalPolicy, sandbox, touchesProtected, allowed }: PatchFacts): Verdict {
  if (allowed) return { type: "run", confined: false };
  if (approvalPolicy === "untrusted") return { type: "ask", why: null };
  if (sandbox.type === "dangerFullAccess") return { type: "run", confined: false };
  if (sandbox.type === "workspaceWrite" && !touchesProtected) return { type: "run", confined: false };
  if (approvalPolicy === "never")
    return {
      type: "refuse",
      why:
        sandbox.type === "readOnly"
          ? "the working folder may only be read, and the approval policy is `never`"
          : "it changes files of .git, .codex or .agents, and the approval policy is `never`",
    };
  return { type: "ask", why: null };
}
