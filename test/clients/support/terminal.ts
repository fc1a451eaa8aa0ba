/**
 * A terminal to run a program in as a person does: tmux, on a server of its own.
 */
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { afterAll } from "vitest";
import { temporaryFolder } from "./process.ts";

const DEADLINE_MS = 60_000;
const POLL_MS = 100;

/** True where tmux is. */
export const hasTmux: boolean = spawnSync("tmux", ["-V"]).status === 0;

/** A program in a terminal. */
export interface Terminal {
  /** Types a text. */
  type(text: string): void;
  /** Presses keys by tmux's names for them: `Enter`, `Escape`, `C-p`. */
  press(...keys: readonly string[]): void;
  /** What is to be seen now. */
  screen(): string;
  /** Resolves with the first match on the screen; rejects with the screen when there is none for a minute. */
  waitFor(pattern: RegExp): Promise<RegExpExecArray>;
  /** Resolves when there is no match on the screen any more. */
  waitUntilGone(pattern: RegExp): Promise<void>;
  close(): void;
}

const terminals = new Set<Terminal>();
afterAll(() => {
  for (const terminal of terminals) terminal.close();
});

/** Starts a program. */
export function openTerminal(
  command: string,
  args: readonly string[],
  options: { readonly env: NodeJS.ProcessEnv; readonly cwd: string },
): Terminal {
  const folder = temporaryFolder("tmux");
  const socket = join(folder, "socket");
  writeFileSync(join(folder, "tmux.conf"), "set -g remain-on-exit on\nset -sg escape-time 0\n");
  const env = { ...options.env, TERM: "xterm-256color" };
  const tmux = (...words: readonly string[]): string => {
    const done = spawnSync("tmux", ["-S", socket, "-f", join(folder, "tmux.conf"), ...words], {
      env,
      encoding: "utf8",
    });
    if (done.status !== 0) throw new Error(`tmux ${words[0] ?? ""} failed: ${done.stderr}`);
    return done.stdout;
  };
  tmux("new-session", "-d", "-x", "160", "-y", "50", "-c", options.cwd, command, ...args);
  const look = async <T>(find: (screen: string) => T | null, complaint: string): Promise<T> => {
    const endMs = Date.now() + DEADLINE_MS;
    for (;;) {
      const screen = terminal.screen();
      const found = find(screen);
      if (found !== null) return found;
      if (Date.now() > endMs) throw new Error(`${complaint}:\n${screen}`);
      await delay(POLL_MS);
    }
  };
  const terminal: Terminal = {
    type: (text) => void tmux("send-keys", "-l", text),
    press: (...keys) => void tmux("send-keys", ...keys),
    // Joined lines: an address may be longer than the screen is wide.
    screen: () => tmux("capture-pane", "-p", "-J"),
    waitFor: (pattern) => look((screen) => pattern.exec(screen), `${String(pattern)} is not on the screen`),
    waitUntilGone: async (pattern) => {
      await look((screen) => !pattern.test(screen) || null, `${String(pattern)} is still on the screen`);
    },
    close: () => {
      terminals.delete(terminal);
      spawnSync("tmux", ["-S", socket, "kill-server"]);
    },
  };
  terminals.add(terminal);
  return terminal;
}
