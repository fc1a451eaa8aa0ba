/**
 * Opening a page in the user's browser.
 * @module
 */
import { spawn } from "node:child_process";
import type { Environment } from "../../environment.ts";

/** A program and its arguments. */
export interface BrowserCommand {
  readonly file: string;
  readonly args: readonly string[];
}

/**
 * What opens a page here; null when there is no graphical session to open it in (over SSH, in a container): `xdg-open`
 * would then start a browser inside the terminal.
 */
export function browserCommand(url: string, platform: NodeJS.Platform, env: Environment): BrowserCommand | null {
  if (env["SSH_CONNECTION"] || env["SSH_TTY"]) return null;
  if (platform === "darwin") return { file: "open", args: [url] };
  // `start` takes its first quoted argument for a title; inside quotes `&` does not separate commands.
  if (platform === "win32") return { file: "cmd.exe", args: ["/d", "/s", "/c", `"start "" "${url}""`] };
  return env["DISPLAY"] || env["WAYLAND_DISPLAY"] ? { file: "xdg-open", args: [url] } : null;
}

/**
 * What planport, Codex and OpenAI's libraries read credentials from. A browser, and whatever it starts, has no use for them.
 * On Windows the names of variables have no case.
 */
const CREDENTIAL_VARIABLE = /^(?:CODEX|OPENAI|PLANPORT)_(?:\w+_)?(?:TOKEN|KEY|PAT)(?:_COMMAND)?$/i;

/** The environment without credentials. */
export function browserEnvironment(env: Environment): Record<string, string | undefined> {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !CREDENTIAL_VARIABLE.test(name)));
}

/** Tries to open a page. True when a program for it was started; whether a window came up nobody can tell. */
export async function openBrowser(url: string, platform: NodeJS.Platform, env: Environment): Promise<boolean> {
  const command = browserCommand(url, platform, env);
  if (command === null) return false;
  return new Promise((resolve) => {
    const child = spawn(command.file, command.args, {
      env: browserEnvironment(process.env),
      detached: true,
      stdio: "ignore",
      windowsVerbatimArguments: true,
    });
    child.once("error", () => resolve(false));
    child.once("spawn", () => {
      child.unref();
      resolve(true);
    });
  });
}
