/**
 * What a command writes to: standard output for what was asked for, standard error for everything said about it.
 * @module
 */
import type { Environment } from "../config/index.ts";
import { redactText } from "../redact.ts";

/** Text styles. Each gives the text unchanged when colour is off. */
export interface Style {
  readonly bold: (text: string) => string;
  readonly dim: (text: string) => string;
  readonly red: (text: string) => string;
  readonly green: (text: string) => string;
  readonly yellow: (text: string) => string;
  readonly cyan: (text: string) => string;
}

/** One output stream. */
export interface Output {
  readonly isTty: boolean;
  readonly style: Style;
  /** Resolves when the stream takes more: await it in loops so that a slow reader slows the writer down. */
  write(text: string): Promise<void>;
  /** {@link Output.write} with a line end. */
  line(text?: string): Promise<void>;
}

/** Both output streams. */
export interface Terminal {
  readonly out: Output;
  readonly err: Output;
}

/** What is needed of `process.stdout`; `isTTY` is missing on files and pipes. */
interface Stream extends Pick<NodeJS.WriteStream, "destroyed" | "off" | "on" | "writableEnded" | "write"> {
  readonly isTTY?: boolean | undefined;
}

/** Wraps the process's streams. */
export function createTerminal(stdout: Stream, stderr: Stream, env: Environment): Terminal {
  return { out: createOutput(stdout, env), err: createOutput(stderr, env) };
}

function createOutput(stream: Stream, env: Environment): Output {
  const write = async (text: string): Promise<void> => {
    if (stream.writableEnded || stream.destroyed || stream.write(text)) return;
    await new Promise<void>((resolve) => {
      const done = (): void => {
        stream.off("drain", done).off("close", done).off("error", done);
        resolve();
      };
      stream.on("drain", done).on("close", done).on("error", done);
    });
  };
  const isTty = stream.isTTY === true;
  return { isTty, style: createStyle(wantsColour(isTty, env)), write, line: async (text = "") => write(`${text}\n`) };
}

/**
 * Whether to colour. `FORCE_COLOR` decides when set (`0` and `false` mean no), then `NO_COLOR` (no-color.org: any
 * value that is not empty), then whether a person is looking.
 */
export function wantsColour(isTty: boolean, env: Environment): boolean {
  const force = env["FORCE_COLOR"];
  if (force !== undefined && force !== "") return force !== "0" && force !== "false";
  if (env["NO_COLOR"] !== undefined && env["NO_COLOR"] !== "") return false;
  return isTty && env["TERM"] !== "dumb";
}

function createStyle(enabled: boolean): Style {
  const paint =
    (open: number, close: number) =>
    (text: string): string =>
      enabled && text !== "" ? `\u001B[${open}m${text}\u001B[${close}m` : text;
  return {
    bold: paint(1, 22),
    dim: paint(2, 22),
    red: paint(31, 39),
    green: paint(32, 39),
    yellow: paint(33, 39),
    cyan: paint(36, 39),
  };
}

/** Text from elsewhere made safe to show: {@link withoutControls}, and without anything that looks like a token. */
export function printable(text: string): string {
  return redactText(withoutControls(text));
}

/** Drops control characters, which could move the cursor or retitle the window. Line ends and tabs stay. */
export function withoutControls(text: string): string {
  // oxlint-disable-next-line no-control-regex -- control characters are what it is about
  return text.replaceAll(/[\u0000-\u0008\u000B-\u001F\u007F-\u009F]/g, "");
}

/** A sign of life on a terminal while one waits. */
export interface Spinner {
  /** Shows another text from now on. */
  readonly update: (label: string) => void;
  /** Takes it off the screen. Calling it again does no harm. */
  readonly stop: () => void;
}

const FRAMES = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"];
const FRAME_MS = 80;

/** Shows a spinner; nothing at all when `output` is not a terminal. */
export function startSpinner(output: Output, label: string): Spinner {
  if (!output.isTty) return { update: () => {}, stop: () => {} };
  let frame = 0;
  let text = label;
  const draw = (): void => {
    void output.write(`\r${output.style.cyan(FRAMES[frame % FRAMES.length] ?? "")} ${output.style.dim(text)}\u001B[K`);
    frame += 1;
  };
  draw();
  const timer = setInterval(draw, FRAME_MS).unref();
  let running = true;
  return {
    update(next) {
      text = next;
      if (running) draw();
    },
    stop() {
      if (!running) return;
      running = false;
      clearInterval(timer);
      void output.write("\r\u001B[2K");
    },
  };
}
