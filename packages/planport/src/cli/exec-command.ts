/**
 * `planport exec` and its options: those of `codex exec` that mean something here.
 * @module
 */
import { type Command, Option } from "commander";
import type { ExecOptions } from "./commands/exec.ts";
import type { CommandContext } from "./context.ts";
import { examples } from "./examples.ts";
import type { ExitCode } from "./exit-codes.ts";

type SetResult = (code: ExitCode) => void;

/** Adds the command. */
export function addExecCommand(program: Command, context: CommandContext, setResult: SetResult): void {
  const command = addOptions(
    program
      .command("exec")
      .description("let an agent work on a task in a folder, with a shell and patches, and print its answer")
      .argument("[task...]", "the task; without one, or with -, it is read from standard input"),
  )
    .addHelpText(
      "after",
      examples(
        'planport exec "what does this project do?"',
        'planport exec --sandbox workspace-write "fix the failing test"',
        'planport exec --json "…" | jq -r .type',
        'planport exec resume --last "and now the docs"',
      ),
    )
    .action(async (words: string[], options: ExecOptions) => {
      const { exec } = await import("./commands/exec.ts");
      setResult(await exec(context, words, options, null));
    });
  addOptions(
    command
      .command("resume")
      .description("go on with a thread")
      .argument("[thread]", "its id")
      .argument("[task...]", "the task; without one, or with -, it is read from standard input"),
  )
    .option("--last", "the newest thread of this folder")
    .action(async (thread: string | undefined, words: string[], _options: unknown, self: Command) => {
      const { exec } = await import("./commands/exec.ts");
      const options = merged(command.opts(), self.opts());
      const isLast = options["last"] === true;
      const task = isLast && thread !== undefined ? [thread, ...words] : words;
      if (!isLast && thread === undefined)
        self.error("error: name a thread, or take the newest of this folder with --last");
      setResult(await exec(context, task, options, { threadId: isLast ? null : (thread ?? null) }));
    });
}

type Options = Readonly<Record<string, unknown>>;

/** Options may stand before `resume` and behind it; lists are joined. */
function merged(before: Options, behind: Options): Options {
  const joined: Record<string, unknown> = { ...before };
  for (const [name, value] of Object.entries(behind)) {
    const earlier = before[name];
    joined[name] =
      Array.isArray(earlier) && Array.isArray(value) ? [...(earlier as unknown[]), ...(value as unknown[])] : value;
  }
  return joined;
}

function addOptions(command: Command): Command {
  return (
    command
      .option("--json", "print what happens as lines of JSON")
      .addOption(new Option("--experimental-json").hideHelp())
      .option("-m, --model <model>", "the model")
      .addOption(
        new Option("-s, --sandbox <mode>", "what commands may do").choices([
          "read-only",
          "workspace-write",
          "danger-full-access",
        ]),
      )
      .option("-C, --cd <folder>", "the folder to work in")
      .option("-c, --config <key=value>", "a key of Codex's config.toml, for this run", collect)
      .option("-i, --image <file>", "a picture that goes with the task", collect)
      .option("--add-dir <folder>", "another folder that may be written in", collect)
      .option("--output-schema <file>", "a JSON Schema that the answer must fit")
      .option("-o, --output-last-message <file>", "write the answer into a file as well")
      .option("--ephemeral", "keep no record of the thread")
      .option("--account <name>", "use the sign-in that is kept under this name (or PLANPORT_ACCOUNT)")
      .addOption(new Option("--thread-source <name>").hideHelp())
      // Codex works in git repositories alone unless told so; planport works anywhere.
      .addOption(new Option("--skip-git-repo-check").hideHelp())
  );
}

function collect(value: string, earlier: readonly string[] = []): readonly string[] {
  return [...earlier, value];
}
