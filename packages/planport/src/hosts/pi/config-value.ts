/**
 * What a value in pi's files means: itself, a variable, or what a command prints.
 * @module
 */
import { execFile } from "node:child_process";
import { type Environment, readVariable } from "../../environment.ts";

const COMMAND_LIMIT_MS = 10_000;

/**
 * Gives the value that `value` stands for: `$NAME` and `${NAME}` anywhere in it are variables, `$$` and `$!` are `$` and
 * `!`, and after a leading `!` comes a command whose output it is (10 s at most). A bare `NAME` is a variable if there is
 * one, as in early versions of pi. Undefined when a variable is not set, or the command fails or prints nothing.
 */
export async function resolvePiValue(value: string, env: Environment): Promise<string | undefined> {
  if (value.startsWith("!")) return runCommand(value.slice(1), env);
  if (/^[A-Z][A-Z0-9_]*$/.test(value)) return readVariable(env, value) ?? value;
  let isMissing = false;
  const resolved = value.replaceAll(
    /\$(?:([$!])|\{([A-Za-z_]\w*)\}|([A-Za-z_]\w*))/g,
    (_match, escaped?: string, braced?: string, bare?: string) => {
      if (escaped !== undefined) return escaped;
      const found = readVariable(env, braced ?? bare ?? "");
      isMissing ||= found === undefined;
      return found ?? "";
    },
  );
  return isMissing || resolved === "" ? undefined : resolved;
}

function runCommand(command: string, env: Environment): Promise<string | undefined> {
  const [shell, ...args] = process.platform === "win32" ? ["cmd.exe", "/d", "/s", "/c"] : ["/bin/sh", "-c"];
  return new Promise((resolve) => {
    execFile(
      shell,
      [...args, command],
      { env: { ...env }, timeout: COMMAND_LIMIT_MS, windowsHide: true, maxBuffer: 64 * 1024 },
      (error, stdout) => resolve(error === null ? stdout.trim() || undefined : undefined),
    );
  });
}
