/**
 * The options of `planport explain`.
 * @module
 */
import { type Command, Option } from "commander";
import type { ExplainOptions } from "./commands/explain.ts";
import type { CommandContext } from "./context.ts";
import { examples } from "./examples.ts";
import type { ExitCode } from "./exit-codes.ts";

/** Adds the command. */
export function addExplainCommand(
  program: Command,
  context: CommandContext,
  setResult: (code: ExitCode) => void,
): Command {
  return program
    .command("explain")
    .description("say what would be sent for a request, and what of it would be altered; nothing is sent")
    .argument("<request>", "a file with the JSON body of a request; - reads standard input")
    .option("--as <dialect>", "what it is: chat, responses, messages or completions (default: by its fields)")
    .option("--api-key", "as with an OpenAI API key in place of a plan")
    .option("--live", "look the model up in your plan's list, which is asked for, in place of the built-in one")
    .option("--config <file>", "the configuration file to go by, as with serve")
    .option("--profile <name>", "the profile of that file to go by")
    .option("--json", "print JSON, with the body that would be sent")
    .addOption(new Option("--account <name>", "for --live: the named account to use (or PLANPORT_ACCOUNT)"))
    .addHelpText(
      "after",
      examples(
        "planport explain request.json",
        "planport explain --as messages request.json",
        "planport explain --json - < request.json | jq .body",
      ),
    )
    .addHelpText("after", "\nA request that the gateway would refuse ends in that refusal, and in exit code 2.")
    .action(async (file: string, options: ExplainOptions) => {
      const { explain } = await import("./commands/explain.ts");
      setResult(await explain(context, file, options));
    });
}
