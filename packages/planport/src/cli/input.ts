/**
 * What comes in on standard input.
 * @module
 */
import { fstatSync } from "node:fs";
import { createInterface } from "node:readline";
import { RequestError } from "../errors.ts";
import type { CommandContext } from "./context.ts";
import { lineQueue } from "./lines.ts";

/** More than this is no question. Images and files have APIs of their own. */
const MAX_INPUT_BYTES = 64 * 1024 * 1024;

/**
 * All of standard input as text.
 * @throws {RequestError} `cancelled` on Ctrl-C, `body_too_large` beyond 64 MiB.
 */
export async function readAll({ stdin, signal }: CommandContext): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  const stop = (): void => void stdin.destroy();
  signal.addEventListener("abort", stop, { once: true });
  try {
    for await (const chunk of stdin as AsyncIterable<Buffer>) {
      length += chunk.length;
      if (length > MAX_INPUT_BYTES) throw new RequestError("body_too_large", "Standard input is longer than 64 MiB.");
      chunks.push(chunk);
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    signal.removeEventListener("abort", stop);
  }
  if (signal.aborted) throw new RequestError("cancelled", "Interrupted.");
  return Buffer.concat(chunks).toString("utf8");
}

/** Whoever left a pipe open by accident should learn what is waited for. */
const PIPE_HINT_MS = 3_000;

/**
 * What was piped or redirected into the command; empty when standard input is anything else. A terminal, `/dev/null` and
 * a socket, which a parent process may leave open for ever, are not read.
 * @throws {RequestError} as {@link readAll}.
 */
export async function readPiped(context: CommandContext): Promise<string> {
  if (!isPipeOrFile(context.stdin.fd)) return "";
  const { err } = context.terminal;
  const hint = setTimeout(() => {
    void err.line(err.style.dim("planport: waiting for the end of standard input, a pipe; </dev/null goes without it"));
  }, PIPE_HINT_MS);
  try {
    return await readAll(context);
  } finally {
    clearTimeout(hint);
  }
}

function isPipeOrFile(fd: number): boolean {
  try {
    const stats = fstatSync(fd);
    return stats.isFIFO() || stats.isFile();
  } catch {
    return false; // Closed.
  }
}

/**
 * The lines of standard input as they come: what a person pastes. It ends with the input, which may well be closed from
 * the start. Leaving it early lets go of standard input at once, even while a line is awaited.
 */
export function readLines({ stdin }: Pick<CommandContext, "stdin">): AsyncIterableIterator<string> {
  const reader = createInterface({ input: stdin });
  const lines = lineQueue();
  reader.on("line", (line) => lines.push(line)).on("close", () => lines.end());
  return {
    [Symbol.asyncIterator]() {
      return this;
    },
    next: () => lines.next(),
    return: async () => {
      reader.close();
      stdin.pause();
      return { done: true, value: undefined };
    },
  };
}
