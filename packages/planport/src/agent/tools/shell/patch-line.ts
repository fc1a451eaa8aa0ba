/**
 * Patches that models hand to the shell, as if `apply_patch` were a program.
 * @module
 */

const LINE = /^\s*(?:apply_patch|applypatch)\s+<<\s*(['"]?)(\w+)\1\n([\s\S]*?)\n\2\s*$/;

/** The patch of a line such as `apply_patch <<'EOF' …`; null for any other line. */
export function patchOfLine(line: string): string | null {
  return LINE.exec(line.replaceAll("\r\n", "\n"))?.[3] ?? null;
}
