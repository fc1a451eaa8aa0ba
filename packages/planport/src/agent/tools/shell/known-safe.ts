/**
 * Commands that only read, so that nobody need be asked.
 * @module
 */
import { realpathSync } from "node:fs";
import path from "node:path";
import { isBelow } from "../patch/confine.ts";
import { simpleCommands } from "./words.ts";

/** Programs that only read, whatever their arguments are. */
const READERS = new Set(
  "cat cd cut echo expr false grep head id ls nl paste pwd rev seq stat tail test tr true uname wc which whoami".split(
    " ",
  ),
);

/** Of programs that can do more: which arguments make them do it. */
const REFUSED_ARGUMENTS: Readonly<Record<string, RegExp>> = {
  base64: /^(?:-[^-]*o|--o)/,
  find: /^-(?:exec|execdir|ok|okdir|delete|fls|fprint|fprint0|fprintf)$/,
  rg: /^(?:--pre(?:=|$)|--hostname-bin|--search-zip$|-[^-]*z)/,
};

/** Subcommands of git that only read, and the options that make them or git itself do more; git takes their beginnings, too. */
const GIT_READERS = new Set(["status", "log", "diff", "show", "rev-parse", "ls-files", "blame"]);
const GIT_REFUSED = /^(?:--(?:ou|ext|te|exe|pag|op)|-O)/;

/** True when a line consists of nothing but programs that are known to only read. */
export function isKnownSafe(line: string): boolean {
  return simpleCommands(line)?.every(isSafeCommand) ?? false;
}

/** Where a command reads that no sandbox keeps in its place. */
export interface Reach {
  /** Where it starts. */
  readonly workdir: string;
  /** The thread's working folder. */
  readonly cwd: string;
  /** Files that it must not read. */
  readonly hidden: readonly string[];
}

/**
 * True when a line that is known to be safe names nothing but what is in the working folder, and no sign-in is there. Without a
 * sandbox a sign-in, or the variables of a process, would be read like any file. Git is not for this: a repository's own
 * configuration names programs that reading commands run.
 */
export function readsInside(line: string, { workdir, cwd, hidden }: Reach): boolean {
  const root = realOf(cwd);
  const isIn = (file: string): boolean => file === root || isBelow(path.relative(root, file));
  if (!isIn(realOf(workdir)) || hidden.some((file) => isIn(realOf(file)))) return false;
  return (simpleCommands(line) ?? [["git"]]).every(([program = "", ...args]) => {
    if (program === "git" || program === "cd") return false;
    return args.every((word) => {
      if (word.startsWith("-")) return !/[/\\]/.test(word) && !FOLLOWS_LINKS.test(word);
      return isIn(realOf(path.resolve(workdir, word)));
    });
  });
}

/** Options by which `find`, `grep` and `rg` leave the folder over symbolic links. */
const FOLLOWS_LINKS = /^(?:-[A-Za-z]*[LRH]|--(?:fol|de))/;

/** What a path leads to; of one that is not there, the path. */
function realOf(file: string): string {
  try {
    return realpathSync(file);
  } catch {
    return path.resolve(file);
  }
}

function isSafeCommand([program = "", ...args]: readonly string[]): boolean {
  if (READERS.has(program)) return true;
  const refused = REFUSED_ARGUMENTS[program];
  if (refused !== undefined) return !args.some((argument) => refused.test(argument));
  // The subcommand has to come first: options of git itself can name programs to run.
  if (program === "git") return GIT_READERS.has(args[0] ?? "") && !args.some((argument) => GIT_REFUSED.test(argument));
  if (program === "sed") return isPrintingSed(args);
  return false;
}

/** `sed -n 10,20p file`, by which models read a part of a file. */
function isPrintingSed(args: readonly string[]): boolean {
  return (
    args[0] === "-n" && /^\d+(?:,\d+)?p$/.test(args[1] ?? "") && args.length <= 3 && args[2]?.startsWith("-") !== true
  );
}
