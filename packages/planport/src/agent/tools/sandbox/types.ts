/**
 * What keeps a command in its place.
 * @module
 */
import type { SandboxPolicy } from "../../policy.ts";

/** What a sandboxed command may do. */
export interface Confinement {
  readonly policy: Exclude<SandboxPolicy, { type: "dangerFullAccess" }>;
  /** Real path of the thread's working folder. */
  readonly cwd: string;
  /** Where the command starts; below `cwd` or not. */
  readonly workdir: string;
  /** Files that commands must not read: sign-ins, by their real paths. */
  readonly hidden: readonly string[];
  /** `TMPDIR`, if it is set. */
  readonly tmpdir: string | null;
}

/** A sandbox of the machine. */
export interface Sandbox {
  /** `bubblewrap` or `sandbox-exec`. */
  readonly name: string;
  /** The words that run `argv` within it. */
  wrap(argv: readonly string[], confinement: Confinement): readonly string[];
}
