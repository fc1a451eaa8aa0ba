/**
 * What a person allowed for the rest of the thread.
 * @module
 */
import path from "node:path";
import type { ApprovalOutcome } from "../types.ts";
import { readsPosix } from "./invocation.ts";
import { simpleCommands } from "./words.ts";

/** Commands that need not be asked about again. */
export class AllowedCommands {
  readonly #lines = new Set<string>();
  readonly #prefixes: (readonly string[])[] = [];

  /** True when this very line was allowed, or each of its commands begins as one that was. */
  has(line: string, argv: readonly string[], cwd: string): boolean {
    if (this.#lines.has(key(line, cwd))) return true;
    const isAllowed = (words: readonly string[]): boolean => this.#prefixes.some((prefix) => beginsWith(words, prefix));
    const commands = readsPosix(argv) ? simpleCommands(line) : null;
    return isAllowed(argv) || commands?.every(isAllowed) === true;
  }

  /** Takes in what an answer allows beyond the one call. */
  learn(answer: ApprovalOutcome, line: string, cwd: string): void {
    if (answer === "acceptForSession") this.#lines.add(key(line, cwd));
    if (typeof answer === "object") {
      const prefix = answer.acceptWithExecpolicyAmendment.execpolicy_amendment;
      // An empty prefix would allow everything.
      if (prefix.length > 0) this.#prefixes.push(prefix);
    }
  }
}

/**
 * The prefix that a person is offered to allow: the model's own, if the line begins so, else the line's first command. Of a line that
 * cannot be told apart, the shell with the whole of it, so that no other line is allowed by it.
 */
export function proposedPrefix(
  line: string,
  argv: readonly string[],
  asked: readonly string[] | null,
): readonly string[] {
  const first = readsPosix(argv) ? simpleCommands(line)?.[0] : undefined;
  if (first === undefined || isTooWide(first)) return argv;
  return asked !== null && beginsWith(first, asked) && !isTooWide(asked) ? asked : first;
}

/** Programs that run what their arguments say: these alone, or with no more than options, would allow everything. */
const RUNNERS =
  /^(?:(?:ba|z|da|k|a|fi|c|tc)?sh|pwsh|powershell|cmd|env|sudo|doas|su|xargs|eval|exec|command|source|\.|nohup|time|timeout|nice|setsid|ssh|docker|podman|node|deno|bun|tsx|npx|python[\d.]*|perl|ruby|php|lua|awk|make|osascript)$/;

function isTooWide([program = "", ...args]: readonly string[]): boolean {
  return RUNNERS.test(path.basename(program)) && args.every((word) => word.startsWith("-"));
}

function beginsWith(words: readonly string[], prefix: readonly string[]): boolean {
  return prefix.every((word, index) => words[index] === word);
}

function key(line: string, cwd: string): string {
  return `${cwd}\0${line}`;
}
