/**
 * How a line is handed to a shell, and what that inherits.
 * @module
 */
import path from "node:path";

/** What a shell is chosen by. */
export interface ShellSetup {
  /** `process.platform`. */
  readonly platform: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** True when a file is there. */
  readonly exists: (file: string) => boolean;
}

/**
 * Where programs are that are shells if they are called so. One that a model names elsewhere might be one that it made, and would run
 * in a shell's place what was allowed for its words.
 */
const SHELL_FOLDERS = new Set(["/bin", "/usr/bin", "/usr/local/bin", "/opt/homebrew/bin"]);

/**
 * The words that run a line: by the shell that was asked for, else bash, else `sh`; on Windows PowerShell.
 * @param login As with `bash -l`: the person's profile is read first.
 */
export function shellInvocation(
  line: string,
  login: boolean,
  asked: string | null,
  { platform, env, exists }: ShellSetup,
): readonly string[] {
  if (platform === "win32") {
    const isKnown = /^(?:powershell|pwsh|cmd|bash)(?:\.exe)?$/i.test(asked ?? "");
    const shell = isKnown && asked !== null ? asked : "powershell.exe";
    if (/cmd(?:\.exe)?$/i.test(shell)) return [shell, "/d", "/s", "/c", line];
    if (/bash(?:\.exe)?$/i.test(shell)) return [shell, login ? "-lc" : "-c", line];
    return login ? [shell, "-Command", line] : [shell, "-NoProfile", "-Command", line];
  }
  const known = asked !== null && SHELL_FOLDERS.has(path.posix.dirname(asked)) ? asked : null;
  const preferred = [known, env["SHELL"], "/bin/bash", "/bin/sh"];
  const shell = preferred.find((file) => isPosixShell(file) && exists(file)) ?? "/bin/sh";
  return [shell, login ? "-lc" : "-c", line];
}

/** True when a line is read by the rules of POSIX; PowerShell and cmd have other quotes, and other marks between commands. */
export function readsPosix([shell = ""]: readonly string[]): boolean {
  const name = path.win32.basename(shell.toLowerCase(), ".exe");
  return name.endsWith("sh") && name !== "pwsh";
}

/** Shells that read `-lc`. Others (fish, nushell) would not understand what models write. */
function isPosixShell(file: string | null | undefined): file is string {
  return file != null && path.isAbsolute(file) && /^(?:ba|z|da|k|a)?sh$/.test(path.basename(file));
}

/** Names of variables that hold secrets, in most programs. Codex's `shell_environment_policy` has such a list as well. */
const SECRET_NAME = /key|secret|token|pass(?:w|phrase|$)|credential|bearer|cookie|(?:^|_)(?:PAT|AUTH)$/i;

/**
 * The variables for commands of the model: without those whose names speak of secrets, which the model would else see by `env`.
 */
export function withoutSecrets(env: Readonly<Record<string, string | undefined>>): Record<string, string> {
  const kept: Record<string, string> = {};
  for (const [name, value] of Object.entries(env))
    if (value !== undefined && !SECRET_NAME.test(name)) kept[name] = value;
  return kept;
}
