/**
 * What is wrong with a command line, in one line.
 * @module
 */
import type { Command, CommanderError } from "commander";

/**
 * The arguments as they are parsed. Commander answers `planport help nope` and `planport nope --help` with the help of
 * planport itself; here a command that does not exist is told as such however it is written.
 */
export function normalizeArgs(args: readonly string[], program: Command): string[] {
  const [first = "", second = ""] = args;
  if (first === "help" && isUnknown(second, program)) return [second];
  return isUnknown(first, program) ? [first] : [...args];
}

function isUnknown(word: string, program: Command): boolean {
  return word !== "" && !word.startsWith("-") && word !== "help" && findCommand(word, program) === undefined;
}

function findCommand(word: string, program: Command): Command | undefined {
  return program.commands.find((command) => command.name() === word);
}

/** The message for a command line that commander refused, with where to read on. */
export function describeUsageError(error: CommanderError, args: readonly string[], program: Command): string {
  const command = findCommand(args[0] ?? "", program);
  const what =
    error.code === "commander.excessArguments" && command !== undefined
      ? `${command.name()} takes no arguments`
      : // Commander writes `error: unknown command 'x'\n(Did you mean y?)`; it becomes one line like all others.
        error.message
          .replace(/^error: /, "")
          .replaceAll(/\s*\n\s*/g, " ")
          .replace(/[.\s]+$/, "");
  return `${what}. See planport ${command === undefined ? "" : `${command.name()} `}--help`;
}
