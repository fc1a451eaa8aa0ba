/**
 * Linux: bubblewrap. Everything is there to read, little to write, and no network unless it is allowed.
 * @module
 */
import { existsSync } from "node:fs";
import path from "node:path";
import { PROTECTED, writableRoots } from "./roots.ts";
import type { Confinement, Sandbox } from "./types.ts";

/** What a machine may lack: containers often refuse a new `/proc`, some of them a new network. */
export interface BubblewrapAbilities {
  /** The program. */
  readonly file: string;
  readonly newProc: boolean;
}

/** A sandbox by bubblewrap. */
export function bubblewrap({ file, newProc }: BubblewrapAbilities): Sandbox {
  return {
    name: "bubblewrap",
    wrap: (argv, confinement) => [file, ...options(confinement, newProc), "--", ...argv],
  };
}

function options(confinement: Confinement, newProc: boolean): string[] {
  const { policy, workdir, hidden } = confinement;
  const words = ["--new-session", "--die-with-parent", "--unshare-ipc", "--ro-bind", "/", "/", "--dev", "/dev"];
  if (newProc) words.push("--unshare-pid", "--proc", "/proc");
  if (!policy.networkAccess) words.push("--unshare-net");
  for (const root of writableRoots(confinement).filter((folder) => existsSync(folder))) {
    words.push("--bind", root, root);
    for (const name of PROTECTED) {
      const inner = path.join(root, name);
      if (existsSync(inner)) words.push("--ro-bind", inner, inner);
    }
  }
  for (const secret of hidden) words.push("--ro-bind", "/dev/null", secret);
  return [...words, "--chdir", workdir];
}

/** Words that show whether a sandbox of these abilities can be had at all. */
export function bubblewrapProbe(abilities: BubblewrapAbilities): readonly string[] {
  return bubblewrap(abilities).wrap(["true"], {
    policy: { type: "readOnly", networkAccess: false },
    cwd: "/",
    workdir: "/",
    hidden: [],
    tmpdir: null,
  });
}
