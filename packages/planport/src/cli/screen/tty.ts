/**
 * A terminal that is taken over for a while: keys come one by one, and the screen is drawn anew. Whatever ends the process, it is
 * given back as it was.
 * @module
 */
import { emitKeypressEvents, type Interface } from "node:readline";
import type { CommandContext } from "../context.ts";
import type { Key } from "./state.ts";

/** A terminal, as the screen needs it. */
export interface Tty {
  /** How wide it is now, in characters. */
  readonly columns: () => number;
  /** Takes the terminal over. Keys, and changes of its size, are told until {@link Tty.leave}. */
  enter(onKey: (key: Key) => void, onResize: () => void): void;
  /** Shows these lines and nothing else. */
  draw(lines: readonly string[]): void;
  /** Gives the terminal back as it was. Calling it again does no harm. */
  leave(): void;
}

/** A screen of its own, so that what stood there before comes back; and no cursor. */
const ENTER = "\u001B[?1049h\u001B[?25l";
const LEAVE = "\u001B[?25h\u001B[?1049l";
const CLEAR = "\u001B[H\u001B[2J";
/** Escape alone is told from the beginning of an arrow key by what follows within this time. */
const ESCAPE_TIMEOUT_MS = 50;
const USUAL_COLUMNS = 80;

interface Keypress {
  readonly name?: string;
  readonly ctrl?: boolean;
}

/** The process's own terminal. `stdout` is what `context.terminal.out` writes to. */
export function processTty({ stdin, terminal }: CommandContext, stdout: NodeJS.WriteStream): Tty {
  let end: (() => void) | null = null;
  const leave = (): void => {
    end?.();
    end = null;
  };
  return {
    columns: () => stdout.columns || USUAL_COLUMNS,
    enter(onKey, onResize) {
      // Of the interface nothing but this number is read.
      emitKeypressEvents(stdin, { escapeCodeTimeout: ESCAPE_TIMEOUT_MS } as unknown as Interface);
      const onKeypress = (text: string | undefined, key: Keypress): void =>
        onKey({ name: key.name ?? "", ctrl: key.ctrl === true, text: text ?? "" });
      stdin.setRawMode(true).on("keypress", onKeypress).resume();
      stdout.on("resize", onResize);
      void terminal.out.write(ENTER);
      // Also when the process ends in the midst of it: a crash, or a second signal.
      process.once("exit", leave);
      end = () => {
        process.off("exit", leave);
        stdout.off("resize", onResize);
        stdin.off("keypress", onKeypress).setRawMode(false).pause();
        void terminal.out.write(LEAVE);
      };
    },
    draw: (lines) => void terminal.out.write(`${CLEAR}${lines.join("\r\n")}`),
    leave,
  };
}
