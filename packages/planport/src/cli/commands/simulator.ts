/**
 * `planport simulator`: the stand-in for OpenAI's servers, on its own.
 * @module
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ConfigError } from "../../errors.ts";
import { type Simulator, startSimulator } from "../../simulator/index.ts";
import { setLine } from "../client-lines.ts";
import { type CommandContext, untilAborted } from "../context.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";

/** Runs the command. It ends when the process is told to stop. */
export async function simulator(context: CommandContext, options: { readonly port?: string }): Promise<ExitCode> {
  const text = options.port ?? "0";
  const port = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN;
  if (!(port <= 65_535))
    throw new ConfigError("config_invalid", "--port is not usable: it must be a port number from 0 to 65535.");
  const { out, err } = context.terminal;
  const running = await startSimulator({ port, autoApprove: true, log: (line) => void err.line(err.style.dim(line)) });
  // Of this run alone: what is signed in to here is worth nothing with another one.
  const home = mkdtempSync(join(tmpdir(), "planport-sim-"));
  const remove = (): void => rmSync(home, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
  process.once("exit", remove); // Also when a second Ctrl-C ends the process at once.
  try {
    await out.line(`The simulator is listening on ${out.style.bold(running.origin)}`);
    await printLines(running, home, context);
    await untilAborted(context.signal);
  } finally {
    await running.close();
    remove();
    process.off("exit", remove);
  }
  return EXIT.ok;
}

async function printLines(running: Simulator, home: string, { terminal, platform }: CommandContext): Promise<void> {
  const { out } = terminal;
  const { dim } = out.style;
  const token = running.issuePersonalAccessToken();
  const ask = 'planport ask "hello"';
  const blocks: readonly (readonly [title: string, lines: readonly string[]])[] = [
    [
      "planport, in another terminal",
      [
        setLine("PLANPORT_HOME", home, platform),
        setLine("CODEX_BASE_URL", running.codexBaseUrl, platform),
        setLine("CODEX_APP_SERVER_LOGIN_ISSUER", running.issuer, platform),
        setLine("CODEX_AUTHAPI_BASE_URL", running.authApiBaseUrl, platform),
        setLine("CODEX_REFRESH_TOKEN_URL_OVERRIDE", `${running.issuer}/oauth/token`, platform),
      ],
    ],
    [
      "then sign in; the page approves itself, and so do device codes (planport login --device-auth)",
      ["planport login", ask],
    ],
    [
      "or ask with an access token, for one command: while it is set, no sign-in is used",
      platform === "win32"
        ? [`$env:CODEX_ACCESS_TOKEN = "${token}"; ${ask}; Remove-Item Env:CODEX_ACCESS_TOKEN`]
        : [`CODEX_ACCESS_TOKEN=${token} ${ask}`],
    ],
    ["Codex CLI, in the config.toml of a CODEX_HOME of its own", running.codexConfig.trimEnd().split("\n")],
    [
      "see and steer it: expire tokens, use up the plan, fail answers (docs/simulator.md)",
      [`curl ${running.origin}/_simulator/state`],
    ],
  ];
  for (const [title, lines] of blocks) {
    await out.line();
    await out.line(dim(`# ${title}`));
    for (const line of lines) await out.line(line);
  }
  await out.line();
  await out.line(
    dim("It knows nobody and answers by rule; its tokens are worth nothing anywhere else. Ctrl-C stops it."),
  );
}
