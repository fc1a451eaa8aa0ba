/**
 * Linux: bubblewrap. Everything is there to read, little to write, and no network unless it is allowed.
 * @module
 */
import { existsSync } from "node:fs";
import { homedir } from "node:os";
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
  const { policy, workdir } = confinement;
  // Its own process ids even where it gets no `/proc` of its own: it can then signal nothing outside, and dies whole.
  const words = ["--new-session", "--die-with-parent", "--unshare-ipc", "--unshare-pid", "--ro-bind", "/", "/"];
  words.push("--dev", "/dev");
  if (newProc) words.push("--proc", "/proc");
  if (!policy.networkAccess) words.push("--unshare-net");
  return [...words, ...mounts(confinement), "--chdir", workdir];
}

interface Mount {
  readonly at: string;
  readonly words: readonly string[];
  /** What is done to it once all are there. */
  readonly finish?: readonly string[];
}

/** A folder's mount comes before those of what is in it, which it would cover otherwise. */
function mounts(confinement: Confinement): string[] {
  const { cwd, hidden } = confinement;
  const writable = writableRoots(confinement).filter((folder) => existsSync(folder));
  const found: Mount[] = [{ at: cwd, words: ["--ro-bind", cwd, cwd] }];
  for (const root of writable) {
    found.push({ at: root, words: ["--bind", root, root] });
    for (const name of PROTECTED) {
      const inner = path.join(root, name);
      if (existsSync(inner)) found.push({ at: inner, words: ["--ro-bind", inner, inner] });
    }
  }
  for (const secret of hidden) found.push(...hide(secret, [cwd, ...writable]));
  const sorted = found.toSorted((a, b) => a.at.length - b.at.length);
  return [...sorted.flatMap(({ words }) => words), ...sorted.flatMap(({ finish = [] }) => finish)];
}

/**
 * The whole folder is hidden: a mount over the file alone is gone once somebody outside puts another file in its place, as every
 * refresh does. Only where the folder itself is one to work in, no more than the file is.
 */
function hide(secret: string, workplaces: readonly string[]): Mount[] {
  const folder = path.dirname(secret);
  if (folder !== "/" && folder !== homedir() && !workplaces.includes(folder))
    return existsSync(folder) ? [{ at: folder, words: ["--tmpfs", folder], finish: ["--remount-ro", folder] }] : [];
  return existsSync(secret) ? [{ at: secret, words: ["--ro-bind", "/dev/null", secret] }] : [];
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
