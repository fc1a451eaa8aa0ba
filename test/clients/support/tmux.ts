/**
 * A terminal that can be looked at: tmux, with a server of its own.
 */
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll } from "vitest";
import { temporaryFolder } from "./process.ts";

const run = promisify(execFile);
const open = new Set<() => Promise<unknown>>();

afterAll(async () => {
  for (const close of open) await close().catch(() => {});
});

/** True where tmux is installed. */
export async function hasTmux(): Promise<boolean> {
  return run("tmux", ["-V"]).then(
    () => true,
    () => false,
  );
}

/** A terminal with a shell command in it. */
export interface TmuxTerminal {
  /** What is on the screen now, as text. */
  screen(): Promise<string>;
  /** Waits until the screen shows it, and gives the screen. */
  until(pattern: RegExp): Promise<string>;
  /** Presses keys by tmux's names: `Enter`, `Escape`, `Down`, `C-c`, or letters. */
  press(...keys: readonly string[]): Promise<void>;
  /** Types a text as it is. */
  type(text: string): Promise<void>;
  /** True while a program shows a screen of its own in place of the shell's. */
  isAlternate(): Promise<boolean>;
}

/** Opens one. The command sees nothing of this process's environment. */
export async function openTmux(
  command: string,
  size: { readonly columns: number; readonly rows: number },
  env: Readonly<Record<string, string>>,
): Promise<TmuxTerminal> {
  const socket = join(temporaryFolder("tmux"), "socket");
  const tmux = async (...args: readonly string[]): Promise<string> =>
    (await run("tmux", ["-S", socket, "-f", "/dev/null", ...args])).stdout;
  const variables = Object.entries(env).map(([name, value]) => `${name}=${quoted(value)}`);
  const shell = `exec env -i TERM=screen ${variables.join(" ")} sh -c ${quoted(`${command}; sleep 600`)}`;
  await tmux("new-session", "-d", "-x", String(size.columns), "-y", String(size.rows), shell);
  open.add(() => tmux("kill-server"));
  // Lines that the terminal broke come as they were written.
  const screen = (): Promise<string> => tmux("capture-pane", "-p", "-J");
  return {
    screen,
    async until(pattern) {
      for (let tries = 0; ; tries += 1) {
        const text = await screen();
        if (pattern.test(text)) return text;
        if (tries > 600) throw new Error(`the screen never showed ${pattern}:\n${text}`);
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    },
    press: async (...keys) => void (await tmux("send-keys", ...keys)),
    type: async (text) => void (await tmux("send-keys", "-l", text)),
    isAlternate: async () => (await tmux("display-message", "-p", "#{alternate_on}")).trim() === "1",
  };
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
