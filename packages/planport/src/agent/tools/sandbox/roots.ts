/**
 * Where a sandboxed command may write.
 * @module
 */
import path from "node:path";
import type { Confinement } from "./types.ts";

/** Folders in a writable one that stay as they are: what is written there is run later, by git or by an agent. */
export const PROTECTED = [".git", ".codex", ".agents"] as const;

/** The folders that a command may write to; none for a policy that only reads. */
export function writableRoots({ policy, cwd, tmpdir }: Pick<Confinement, "policy" | "cwd" | "tmpdir">): string[] {
  if (policy.type === "readOnly") return [];
  const roots = [cwd, ...policy.writableRoots];
  if (!policy.excludeSlashTmp && process.platform !== "win32") roots.push("/tmp");
  if (!policy.excludeTmpdirEnvVar && tmpdir !== null && path.isAbsolute(tmpdir)) roots.push(tmpdir);
  return [...new Set(roots)];
}
