/**
 * What a command is about, for those who show it to a person.
 * @module
 */
import path from "node:path";
import type { CommandAction } from "../../items.ts";
import { joinWords, simpleCommands } from "./words.ts";

/** One action for each command of a line; one `unknown` for a line that cannot be told apart or does more than read. */
export function commandActions(line: string, cwd: string): CommandAction[] {
  const unknown: CommandAction[] = [{ type: "unknown", command: line }];
  const commands = simpleCommands(line);
  if (commands === null) return unknown;
  const actions: CommandAction[] = [];
  for (const words of commands) {
    const action = actionOf(words, cwd);
    if (action === null) return unknown;
    actions.push(action);
  }
  return actions;
}

function actionOf(words: readonly string[], cwd: string): CommandAction | null {
  const [program = "", ...args] = words;
  const command = joinWords(words);
  const operands = args.filter((argument) => !argument.startsWith("-"));
  const read = (file: string | undefined): CommandAction | null =>
    file === undefined ? null : { type: "read", command, name: path.basename(file), path: path.resolve(cwd, file) };
  switch (program) {
    case "cat":
    case "nl":
      return operands.length === 1 ? read(operands[0]) : null;
    case "head":
    case "tail":
      return read(operands.findLast((operand) => !/^\d+$/.test(operand)));
    case "sed":
      return args[0] === "-n" && operands.length === 2 ? read(operands[1]) : null;
    case "ls":
      return { type: "listFiles", command, path: operands[0] ?? null };
    case "grep":
    case "rg":
      if (args.includes("--files")) return { type: "listFiles", command, path: operands[0] ?? null };
      return operands.length === 0
        ? null
        : { type: "search", command, query: operands[0] ?? null, path: operands[1] ?? null };
    default:
      return null;
  }
}
