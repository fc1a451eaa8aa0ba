/**
 * How models are told of the shell's tools. Names and parameters are those that Codex's models know.
 * @module
 */
import type { JsonObject } from "../../../protocol/json.ts";
import type { FunctionTool } from "../../../protocol/responses/item.ts";

const outputTokens = {
  type: "number",
  description: "At most so many tokens of output are given back. Default: 10000.",
};

/** Runs a line. */
export const EXEC_COMMAND_WIRE: FunctionTool = functionTool(
  "exec_command",
  "Runs a line in the shell. Gives back what it wrote and its exit code, or a session ID if it still runs. Programs see pipes, not a terminal.",
  ["cmd"],
  {
    cmd: { type: "string", description: "The line for the shell." },
    workdir: { type: "string", description: "The folder to run it in. Default: the thread's working folder." },
    shell: { type: "string", description: "Full path of the shell. Default: the person's own." },
    login: { type: "boolean", description: "Whether the shell reads the person's profile first. Default: true." },
    yield_time_ms: {
      type: "number",
      description: "How many milliseconds to wait for its end, from 250 to 30000. Default: 10000.",
    },
    max_output_tokens: outputTokens,
    sandbox_permissions: {
      type: "string",
      enum: ["use_default", "require_escalated"],
      description: "`require_escalated` asks the person to run it outside the sandbox.",
    },
    justification: {
      type: "string",
      description: "With `require_escalated`: the question to the person, in one sentence.",
    },
    prefix_rule: {
      type: "array",
      items: { type: "string" },
      description:
        'With `require_escalated`: first words of the command that the person may allow for good, such as ["npm", "test"].',
    },
  },
);

/** Writes to a command that runs, or reads on. */
export const WRITE_STDIN_WIRE: FunctionTool = functionTool(
  "write_stdin",
  "Writes to the standard input of a running session of exec_command, and gives back what it wrote since.",
  ["session_id"],
  {
    session_id: { type: "number", description: "The session ID that exec_command gave." },
    chars: {
      type: "string",
      description:
        "What to write. Default: nothing, which only reads. \\u0004 alone ends the input, \\u0003 alone ends the program.",
    },
    yield_time_ms: { type: "number", description: "How many milliseconds to wait for more output." },
    max_output_tokens: outputTokens,
  },
);

function functionTool(name: string, description: string, required: string[], properties: JsonObject): FunctionTool {
  return {
    type: "function",
    name,
    description,
    strict: false,
    parameters: { type: "object", properties, required, additionalProperties: false },
  };
}
