/**
 * Commands that only read, so that nobody need be asked.
 * @module
 */
import { simpleCommands } from "./words.ts";

/** Programs that only read, whatever their arguments are. */
const READERS = new Set(
  "cat cd cut echo expr false grep head id ls nl paste pwd rev seq stat tail test tr true uname wc which whoami".split(
    " ",
  ),
);

/** Of programs that can do more: which arguments make them do it. */
const REFUSED_ARGUMENTS: Readonly<Record<string, RegExp>> = {
  base64: /^(?:-o|--output)/,
  find: /^-(?:exec|execdir|ok|okdir|delete|fls|fprint|fprint0|fprintf)$/,
  rg: /^(?:--pre(?:=|$)|--hostname-bin|--search-zip$|-[^-]*z)/,
};

/** Subcommands of git that only read, and the options that make them or git itself do more. */
const GIT_READERS = new Set(["status", "log", "diff", "show", "rev-parse", "ls-files", "blame"]);
const GIT_REFUSED = /^(?:--output|--ext-diff|--textconv|--exec|--paginate|-O|--open-files-in-pager)/;

/** True when a line consists of nothing but programs that are known to only read. */
export function isKnownSafe(line: string): boolean {
  return simpleCommands(line)?.every(isSafeCommand) ?? false;
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
