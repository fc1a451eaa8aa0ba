/**
 * macOS: `sandbox-exec` with a profile that denies writes and the network, but for what is allowed.
 * @module
 */
import path from "node:path";
import { PROTECTED, writableRoots } from "./roots.ts";
import type { Confinement, Sandbox } from "./types.ts";

/** Part of macOS. By its full path: another program of that name is none. */
export const SANDBOX_EXEC = "/usr/bin/sandbox-exec";

/** A sandbox by `sandbox-exec`. */
export const seatbelt: Sandbox = {
  name: "sandbox-exec",
  wrap: (argv, confinement) => [SANDBOX_EXEC, "-p", seatbeltProfile(confinement), ...argv],
};

/** The profile, in Apple's sandbox language: the last rule that fits decides. */
export function seatbeltProfile(confinement: Confinement): string {
  const { policy, hidden } = confinement;
  const rules = [
    "(version 1)",
    "(allow default)",
    "(deny file-write*)",
    '(allow file-write* (literal "/dev/null") (literal "/dev/zero") (literal "/dev/tty") (subpath "/dev/fd"))',
  ];
  if (!policy.networkAccess) rules.push("(deny network*)");
  for (const root of writableRoots(confinement)) {
    // The names of these folders are links: macOS judges what they lead to.
    const real = /^\/(?:tmp|var|etc)(?:\/|$)/.test(root) ? `/private${root}` : root;
    rules.push(`(allow file-write* (subpath ${quote(real)}))`);
    for (const name of PROTECTED) rules.push(`(deny file-write* (subpath ${quote(path.posix.join(real, name))}))`);
  }
  for (const secret of hidden) rules.push(`(deny file-read* (literal ${quote(secret)}))`);
  return rules.join("\n");
}

function quote(text: string): string {
  return `"${text.replaceAll(/["\\]/g, String.raw`\$&`)}"`;
}
