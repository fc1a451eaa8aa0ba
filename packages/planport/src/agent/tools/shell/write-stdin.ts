/**
 * `write_stdin`: goes on with a command that `exec_command` left running.
 * @module
 */
import type { LocalTool } from "../types.ts";
import { readWriteArguments } from "./arguments.ts";
import { type ShellState, waitFor } from "./exec-command.ts";
import { WRITE_STDIN_WIRE } from "./wire.ts";

/** What a terminal would send for Ctrl-D and Ctrl-C; there is none, so their meaning is done in its place. */
const END_OF_INPUT = "\u0004";
const INTERRUPT = "\u0003";

/** The tool. */
export function writeStdin({ sessions }: ShellState): LocalTool {
  return {
    wire: WRITE_STDIN_WIRE,
    async run(call) {
      const read = readWriteArguments(call.input);
      if (!read.ok) return { output: read.message };
      const { sessionId, chars, yieldMs, maxOutputTokens } = read.value;
      const session = sessions.get(sessionId);
      if (session === undefined) return { output: `write_stdin failed: there is no session ${sessionId}` };
      const { command } = session;
      if (chars === INTERRUPT) void command.kill();
      else if (chars === END_OF_INPUT) command.closeInput();
      else if (chars !== "" && !command.write(chars)) return { output: "write_stdin failed: its input is closed" };
      return waitFor(session, yieldMs, maxOutputTokens);
    },
  };
}
