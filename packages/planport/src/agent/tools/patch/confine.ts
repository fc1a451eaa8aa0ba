/**
 * Paths that must stay in a folder.
 * @module
 */
import { lstat, realpath } from "node:fs/promises";
import path from "node:path";

/** A path in the folder, or why it is not in it. */
export type Confined =
  | {
      readonly ok: true;
      /** Absolute, with every symbolic link followed. */
      readonly real: string;
      /** Below the folder, with `/` between the names. */
      readonly relative: string;
    }
  | { readonly ok: false; readonly message: string };

/**
 * Where a path leads, as long as that is below the folder: symbolic links are followed, `..` is resolved first. What does not
 * exist yet is judged by the folders above it that do.
 * @param realRoot The folder, with every symbolic link followed.
 */
export async function confine(realRoot: string, written: string): Promise<Confined> {
  const refuse = (why: string): Confined => ({ ok: false, message: `${written}: ${why}` });
  if (written === "" || written.includes("\0")) return refuse("is no path");
  const absolute = path.resolve(realRoot, written);
  if (absolute === realRoot) return refuse("is the working folder itself");
  let existing = absolute;
  const missing: string[] = [];
  for (;;) {
    const found = await follow(existing);
    if (found === "dangling") return refuse("leads over a symbolic link to nowhere");
    if (found !== "missing") {
      const real = path.join(found, ...missing);
      const relative = path.relative(realRoot, real);
      if (!isBelow(relative)) return refuse("is outside the working folder");
      return { ok: true, real, relative: relative.split(path.sep).join("/") };
    }
    const above = path.dirname(existing);
    if (above === existing) return refuse("is on a volume that does not exist");
    missing.unshift(path.basename(existing));
    existing = above;
  }
}

/** True for a relative path that does not leave its folder. Windows gives an absolute one for another drive. */
export function isBelow(relative: string): boolean {
  return relative !== "" && relative !== ".." && !relative.startsWith(`..${path.sep}`) && !path.isAbsolute(relative);
}

async function follow(file: string): Promise<string> {
  try {
    return await realpath(file);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    // ENOTDIR: a file where a folder should be, which the write will tell.
    if (code !== "ENOENT" && code !== "ENOTDIR") throw error;
  }
  try {
    await lstat(file);
    return "dangling";
  } catch {
    return "missing";
  }
}
