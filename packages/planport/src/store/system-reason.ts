/**
 * The system's reasons in words.
 * @module
 */

/** Why the system refused, for the end of a sentence: words, and the code in brackets. */
export function systemReason(code: string | undefined): string {
  switch (code ?? "") {
    case "EACCES":
    case "EPERM":
      return `permission denied (${code}); check who owns the file and its folder`;
    case "ENOENT":
      return "there is no such file or folder (ENOENT)";
    case "ENOTDIR":
      return "a part of its path is no folder (ENOTDIR)";
    case "EEXIST":
      return "a file is in the way (EEXIST)";
    case "EISDIR":
      return "it is a folder, not a file (EISDIR)";
    case "ELOOP":
      return "its symbolic links lead in a circle (ELOOP)";
    case "ENAMETOOLONG":
      return "its path is too long (ENAMETOOLONG)";
    case "EMFILE":
    case "ENFILE":
      return `too many files are open (${code})`;
    case "EIO":
      return "the disk reports a fault (EIO)";
    case "EROFS":
      return "the file system is read-only (EROFS)";
    case "ENOSPC":
      return "the disk is full (ENOSPC)";
    default:
      return code ?? "unknown reason";
  }
}
