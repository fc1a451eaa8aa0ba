/**
 * How the demo tells what it does.
 * @module
 */
import { type Output, startSpinner } from "../terminal.ts";

/** Tells of one step after the other. */
export interface Steps {
  /** Runs one step under a title; `work` gives what to say when it is done. What it throws goes on. */
  run<T>(title: string, work: () => Promise<T>, told: (result: T) => string): Promise<T>;
  /** A title whose details follow below it. */
  heading(title: string): Promise<void>;
  /** Text below the last title. */
  detail(text: string): Promise<void>;
}

const INDENT = "  ";

/** Tells on `out`, with a spinner on `err` while a step runs. */
export function createSteps(out: Output, err: Output): Steps {
  const { green, red, dim, bold } = out.style;
  return {
    async run(title, work, told) {
      const spinner = startSpinner(err, title);
      try {
        const result = await work();
        spinner.stop();
        await out.line(`${green("✔")} ${title}  ${dim(told(result))}`);
        return result;
      } catch (error) {
        spinner.stop();
        await out.line(`${red("✘")} ${title}`);
        throw error;
      }
    },
    heading: async (title) => out.line(`\n${bold(title)}`),
    async detail(text) {
      for (const line of text.split("\n")) await out.line(line === "" ? "" : INDENT + line);
    },
  };
}

/** Writes streamed text so that every line of it is indented. */
export function createIndented(out: Output): { write(text: string): Promise<void>; end(): Promise<void> } {
  let atStart = true;
  return {
    async write(text) {
      for (const piece of text.split(/(?<=\n)/)) {
        if (piece === "") continue;
        await out.write((atStart && piece !== "\n" ? INDENT : "") + piece);
        atStart = piece.endsWith("\n");
      }
    },
    async end() {
      if (!atStart) await out.line();
      atStart = true;
    },
  };
}
