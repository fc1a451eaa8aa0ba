/**
 * Where a lock file goes when it cannot be beside the file it is for.
 * @module
 */
import { createHash } from "node:crypto";
import * as fs from "node:fs";
import os from "node:os";
import path from "node:path";

/**
 * A path in the system's folder for temporary files, the same for all processes of this user; null when there is no such
 * place that nobody else can write to.
 * @param file The real path of the file.
 */
export function fallbackLockPath(file: string, root: string = os.tmpdir()): string | null {
  const uid = process.getuid?.() ?? null;
  const folder = path.join(root, uid === null ? "planport-locks" : `planport-locks-${uid}`);
  try {
    fs.mkdirSync(folder, { recursive: true, mode: 0o700 });
    const stats = fs.lstatSync(folder);
    // Anybody may make a folder of that name first; a lock there would be in their hands.
    if (!stats.isDirectory() || (uid !== null && (stats.uid !== uid || (stats.mode & 0o022) !== 0))) return null;
  } catch {
    return null;
  }
  return path.join(folder, `${createHash("sha256").update(path.resolve(file)).digest("hex").slice(0, 32)}.lock`);
}
