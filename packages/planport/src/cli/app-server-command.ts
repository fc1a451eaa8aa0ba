/**
 * `planport app-server` and its options.
 * @module
 */
import type { Command } from "commander";
import type { AppServerCommandOptions, GenerateOptions } from "./commands/app-server.ts";
import type { CommandContext } from "./context.ts";
import { examples } from "./examples.ts";
import type { ExitCode } from "./exit-codes.ts";

/** Adds the command. */
export function addAppServerCommand(
  program: Command,
  context: CommandContext,
  setResult: (code: ExitCode) => void,
): void {
  const command = program
    .command("app-server")
    .description("Codex's app-server protocol, for programs that embed it: JSON lines on standard input and output")
    .option("--listen <url>", "stdio:// (default), or ws://IP:PORT")
    .option("--ws-auth <mode>", "how clients of a WebSocket are let in: capability-token")
    .option("--ws-token-file <file>", "the file that holds the token which they bring as their bearer")
    .option("--ws-token-sha256 <hex>", "the SHA-256 of that token, in place of the file")
    .addHelpText(
      "after",
      examples(
        "planport app-server",
        "planport app-server --listen ws://127.0.0.1:4500 --ws-auth capability-token --ws-token-file token.txt",
        "planport app-server generate-ts --out protocol",
        "planport app-server generate-json-schema --out protocol",
      ),
    )
    .action(async (options: AppServerCommandOptions) => {
      const { appServer } = await import("./commands/app-server.ts");
      setResult(await appServer(context, options));
    });
  for (const [name, what, shown] of [
    ["generate-ts", "ts", "types of TypeScript"],
    ["generate-json-schema", "json-schema", "JSON Schemas"],
  ] as const)
    command
      .command(name)
      .description(`write the protocol as ${shown}`)
      .requiredOption("-o, --out <folder>", "the folder to write into")
      .action(async (options: GenerateOptions) => {
        const { generate } = await import("./commands/app-server.ts");
        setResult(await generate(what, options));
      });
}
