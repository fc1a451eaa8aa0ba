/**
 * The commands and their options. What a command does is loaded only when it is run.
 * @module
 */
import { Command, Option } from "commander";
import { DEFAULT_PORT, LOG_LEVELS } from "../config/index.ts";
import { addAppServerCommand } from "./app-server-command.ts";
import type { AccountsOptions } from "./commands/accounts.ts";
import type { AskOptions } from "./commands/ask.ts";
import type { ConnectOptions } from "./commands/connect.ts";
import type { LoginOptions } from "./commands/login.ts";
import type { LogoutOptions } from "./commands/logout.ts";
import type { ModelsOptions } from "./commands/models.ts";
import type { ServeOptions } from "./commands/serve.ts";
import type { StatusOptions } from "./commands/status.ts";
import type { TokenOptions } from "./commands/token.ts";
import type { UsageOptions } from "./commands/usage.ts";
import type { CommandContext } from "./context.ts";
import { examples } from "./examples.ts";
import { EXIT_CODES_HELP, type ExitCode } from "./exit-codes.ts";
import { addExecCommand } from "./exec-command.ts";
import { addExplainCommand } from "./explain-command.ts";

/** Takes a command's exit code. */
export type SetResult = (code: ExitCode) => void;

/** Builds the program. Bad command lines make `parseAsync` throw a `CommanderError`; nothing here ends the process. */
export function createProgram(context: CommandContext, setResult: SetResult): Command {
  const program = new Command("planport")
    .description("Your ChatGPT plan, on a port of your own.")
    .version(context.version, "-v, --version", "print planport's version")
    .helpOption("-h, --help", "show help")
    .helpCommand("help [command]", "show help for a command")
    .exitOverride()
    .configureOutput({
      writeOut: (text) => void context.terminal.out.write(text),
      writeErr: (text) => void context.terminal.err.write(text),
      // Told once, by the caller, in planport's own form.
      outputError: () => {},
      getOutHasColors: () => false,
      getErrHasColors: () => false,
    })
    .addHelpText(
      "after",
      examples(
        "planport login                 sign in with your ChatGPT account",
        "planport                       at a terminal: an agent in this folder, one task after the other",
        'planport ask "why is the sky blue?"',
        "planport serve                 an OpenAI-compatible server on this machine",
        "planport demo                  see it all work, without an account",
      ),
    )
    .addHelpText("after", EXIT_CODES_HELP);
  addLoginCommand(program, context, setResult);
  addAccountCommands(program, context, setResult);
  addStatusCommand(program, context, setResult);
  addTokenCommand(program, context, setResult);
  addAskCommand(program, context, setResult);
  addExecCommand(program, context, setResult);
  addPlanCommands(program, context, setResult);
  addServeCommand(program, context, setResult);
  addConnectCommand(program, context, setResult);
  addExplainCommand(program, context, setResult);
  addAppServerCommand(program, context, setResult);
  addSimulatorCommands(program, context, setResult);
  program
    .command("version")
    .description("print planport's version")
    .action(async () => context.terminal.out.line(context.version));
  for (const command of program.commands) command.addHelpText("after", EXIT_CODES_HELP);
  return program;
}

function addLoginCommand(program: Command, context: CommandContext, setResult: SetResult): void {
  program
    .command("login")
    .description("sign in with your ChatGPT account")
    .addOption(new Option("--account <name>", "keep the sign-in under this name, beside others (or PLANPORT_ACCOUNT)"))
    .option("--no-browser", "only print the address; open it wherever you like and paste what comes back")
    .addOption(
      new Option("--device-auth", "sign in with a code on another device").conflicts([
        "withAccessToken",
        "withApiKey",
        "browser",
      ]),
    )
    .addOption(
      new Option("--with-access-token", "read an enterprise access token (at-…) from standard input").conflicts([
        "withApiKey",
        "browser",
      ]),
    )
    .addOption(new Option("--with-api-key", "read an OpenAI API key (sk-…) from standard input").conflicts("browser"))
    .option("--timeout <time>", "how long to wait for you, such as 90s, 10m or 1h (default: 15m)")
    .addOption(logLevelOption())
    .addHelpText(
      "after",
      examples(
        "planport login                 a screen: who is signed in, sign in, sign out",
        "planport login --no-browser    over SSH: open the printed address, paste the final one back",
        "planport login --device-auth   type a short code on any device",
        "planport login --account work  one of several workspaces of yours",
        "printenv CODEX_ACCESS_TOKEN | planport login --with-access-token",
        "printenv OPENAI_API_KEY | planport login --with-api-key",
      ),
    )
    .action(async (options: LoginOptions) => {
      const { login } = await import("./commands/login.ts");
      setResult(await login(context, options));
    });
}

function addAccountCommands(program: Command, context: CommandContext, setResult: SetResult): void {
  program
    .command("logout")
    .description("end planport's own sign-in at the server and forget it (a Codex login is left alone)")
    .addOption(accountOption())
    .addOption(new Option("--codex", "end the Codex CLI's login in place of planport's own").conflicts("account"))
    .addOption(logLevelOption())
    .addHelpText(
      "after",
      examples(
        "planport logout",
        "planport logout --account work",
        "planport logout --codex         ends the login in Codex's auth.json",
      ),
    )
    .action(async (options: LogoutOptions) => {
      const { logout } = await import("./commands/logout.ts");
      setResult(await logout(context, options));
    });
  program
    .command("accounts")
    .description("your named accounts: who, which plan, which workspace, until when")
    .option("--json", "print JSON")
    .addOption(logLevelOption())
    .addHelpText(
      "after",
      examples(
        "planport accounts",
        "planport accounts --json | jq -r '.accounts[].name'",
        "planport login --account work   makes an account, or signs in to it again",
      ),
    )
    .action(async (options: AccountsOptions) => {
      const { accounts } = await import("./commands/accounts.ts");
      setResult(await accounts(context, options));
    });
}

function addStatusCommand(program: Command, context: CommandContext, setResult: SetResult): void {
  program
    .command("status")
    .description("who is signed in, from where, and what is set")
    .option(
      "--explain",
      "every place that a sign-in can come from, which one won and why, when it is renewed, and where each setting comes from",
    )
    .option("--config <file>", "the gateway's configuration file, as for planport serve")
    .option("--json", "print JSON")
    .addOption(accountOption())
    .addOption(baseUrlOption())
    .addOption(logLevelOption())
    .addHelpText("after", examples("planport status", "planport status --explain", "planport status --json"))
    .action(async (options: StatusOptions) => {
      const { status } = await import("./commands/status.ts");
      setResult(await status(context, options));
    });
}

function addTokenCommand(program: Command, context: CommandContext, setResult: SetResult): void {
  program
    .command("token")
    .description("print a fresh bearer: for Codex's auth.command, and for scripts")
    .option("--json", "print JSON, with the token's end and account")
    .addOption(accountOption())
    .addOption(logLevelOption())
    .addHelpText(
      "after",
      examples(
        "planport token --account work",
        'curl -H "Authorization: Bearer $(planport token)" …',
        "planport token --json | jq -r .expiresAt",
      ),
    )
    .addHelpText(
      "after",
      "\nWhoever has the bearer has your plan until it expires: do not put it into logs, files or command lines that last.",
    )
    .action(async (options: TokenOptions) => {
      const { token } = await import("./commands/token.ts");
      setResult(await token(context, options));
    });
}

function addAskCommand(program: Command, context: CommandContext, setResult: SetResult): void {
  program
    .command("ask")
    .description("ask one question and print the answer as it is written")
    .argument("[question...]", "the question; what is piped in follows it; `-` at the end reads any standard input")
    .option("-m, --model <model>", "the model (planport models lists them)")
    .option("--effort <level>", "how hard to think: low, medium, high, … as the model offers")
    .option("--system <text>", "instructions for the model")
    .option("--json", "print every event as one line of JSON")
    .option("--no-stream", "print the answer only when it is whole")
    .addOption(accountOption())
    .addOption(baseUrlOption())
    .addOption(logLevelOption())
    .addHelpText(
      "after",
      examples(
        'planport ask "why is the sky blue?"',
        'planport ask "summarise this" < notes.txt',
        'git diff | planport ask --system "Review this change."',
        'planport ask --json "hello" | jq -r .type',
      ),
    )
    .addHelpText(
      "after",
      "\nA pipe or file on standard input is read to its end. In a loop that reads one itself, add </dev/null.",
    )
    .action(async (words: string[], options: AskOptions) => {
      const { ask } = await import("./commands/ask.ts");
      setResult(await ask(context, words, options));
    });
}

function addPlanCommands(program: Command, context: CommandContext, setResult: SetResult): void {
  program
    .command("models")
    .description("the models your plan offers")
    .option("--json", "print JSON")
    .option("--all", "also those that are hidden from lists")
    .addOption(accountOption())
    .addOption(baseUrlOption())
    .addOption(logLevelOption())
    .addHelpText("after", examples("planport models", "planport models --json | jq -r '.data[].id'"))
    .action(async (options: ModelsOptions) => {
      const { models } = await import("./commands/models.ts");
      setResult(await models(context, options));
    });
  program
    .command("usage")
    .description("how much of your plan is used")
    .option("--json", "print JSON")
    .addOption(accountOption())
    .addOption(baseUrlOption())
    .addOption(logLevelOption())
    .addHelpText("after", examples("planport usage", "planport usage --json"))
    .action(async (options: UsageOptions) => {
      const { usage } = await import("./commands/usage.ts");
      setResult(await usage(context, options));
    });
}

function addServeCommand(program: Command, context: CommandContext, setResult: SetResult): void {
  program
    .command("serve")
    .description("run the OpenAI-compatible gateway")
    .option(
      "--config <file>",
      "the configuration file (default: PLANPORT_CONFIG, else ./planport.yaml, ./config.yaml, or planport.yaml in planport's folder)",
    )
    .option("--host <host>", "address to listen on; beyond loopback a key is needed (default: 127.0.0.1)")
    .option("-p, --port <port>", `port to listen on; 0 takes any free one (default: ${DEFAULT_PORT}, or PLANPORT_PORT)`)
    .option(
      "--key <key>",
      "what clients must send as their API key (better: PLANPORT_KEY, which no process list shows)",
    )
    .option("--allow-origin <origin>", "let pages of this origin call (may be given more than once)", collect)
    .option(
      "--memory <place>",
      "where to keep responses and reasoning for later requests: a file, memory (until it ends) or off (default: " +
        "memory.db in planport's folder, or PLANPORT_MEMORY)",
    )
    .option(
      "--credentials <whose>",
      "whose credential goes with calls to /backend-api: own (planport's) or passthrough (the caller's; the gateway's " +
        "key then comes in x-planport-key) (default: own, or PLANPORT_CREDENTIALS)",
    )
    .option(
      "--idle-timeout <time>",
      "give a call up after so long a silence of the backend (default: 5m, or PLANPORT_IDLE_TIMEOUT)",
    )
    .option("--timeout <time>", "give a call up after so long in all (default: never, or PLANPORT_TIMEOUT)")
    .option("--allow-host <name>", "accept this name in the Host header (may be given more than once)", collect)
    .addOption(accountOption())
    .addOption(baseUrlOption())
    .addOption(logLevelOption())
    .addHelpText(
      "after",
      examples(
        "planport serve",
        "planport serve --port 8080 --log-level info",
        "planport serve --account work",
        "planport serve --config planport.yaml",
        "PLANPORT_KEY=… planport serve --host 0.0.0.0 --allow-host box.lan",
      ),
    )
    .addHelpText(
      "after",
      "\nA request with the header x-planport-account: NAME uses that account of yours in place of the usual one.",
    )
    .addHelpText(
      "after",
      "\nCtrl-C or SIGTERM lets running answers end and exits with 0; a second Ctrl-C cuts them and exits with 130.",
    )
    .action(async (options: ServeOptions) => {
      const { serve } = await import("./commands/serve.ts");
      setResult(await serve(context, options));
    });
}

function addConnectCommand(program: Command, context: CommandContext, setResult: SetResult): void {
  program
    .command("connect")
    .description("point a client at the gateway: print its settings, or write them")
    .argument("[client]", "such as codex; without one, all clients are listed")
    .option("--url <url>", `where the gateway is (default: http://127.0.0.1:${DEFAULT_PORT}, or as PLANPORT_PORT says)`)
    .option("-m, --model <model>", "the model (planport models lists them)")
    .option(
      "--auth-command",
      "for codex: bring a bearer of planport token (the default, but not over plain http:// elsewhere)",
    )
    .option("--no-auth-command", "for codex: bring the gateway's key, or nothing")
    .option("--write", "merge the settings into the client's file; what was there is kept beside it")
    .option("--json", "print JSON")
    .addHelpText(
      "after",
      examples(
        "planport connect                which clients there are",
        "planport connect codex          what to put into ~/.codex/config.toml",
        "planport connect codex --write  put it there",
        "planport connect openai --url http://box.lan:9107 --model gpt-5.5",
      ),
    )
    .action(async (client: string | undefined, options: ConnectOptions) => {
      const { connect } = await import("./commands/connect.ts");
      setResult(await connect(context, client, options));
    });
}

function addSimulatorCommands(program: Command, context: CommandContext, setResult: SetResult): void {
  program
    .command("simulator")
    .description("run the stand-in for OpenAI's sign-in server and the Codex backend")
    .option("-p, --port <port>", "port to listen on (default: any free one)")
    .addHelpText("after", examples("planport simulator", "planport simulator --port 9900"))
    .action(async (options: { readonly port?: string }) => {
      const { simulator } = await import("./commands/simulator.ts");
      setResult(await simulator(context, options));
    });
  program
    .command("demo")
    .description("see planport at work against the simulator: no account, no internet")
    .argument("[question...]", "what to ask")
    .addHelpText("after", examples("planport demo", 'planport demo "write a haiku about ports"'))
    .action(async (words: string[]) => {
      const { demo } = await import("./commands/demo.ts");
      setResult(await demo(context, words));
    });
}

function accountOption(): Option {
  return new Option("--account <name>", "the named account to use, and no other sign-in (or PLANPORT_ACCOUNT)");
}

function baseUrlOption(): Option {
  return new Option("--base-url <url>", "the backend's base URL, in place of finding it");
}

function logLevelOption(): Option {
  // Checked with all other settings, so that a bad PLANPORT_LOG and a bad flag read the same.
  return new Option("--log-level <level>", `what to log on standard error: ${LOG_LEVELS.join(", ")}`);
}

function collect(value: string, before: readonly string[] = []): string[] {
  return [...before, value];
}
