/**
 * `planport simulator`: the stand-in for OpenAI's servers, on its own.
 * @module
 */
import { ConfigError } from "../../errors.ts";
import { startSimulator } from "../../simulator/index.ts";
import { type CommandContext, untilAborted } from "../context.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";

/** Runs the command. It ends when the process is told to stop. */
export async function simulator(context: CommandContext, options: { readonly port: string }): Promise<ExitCode> {
  const port = /^\d{1,5}$/.test(options.port) ? Number(options.port) : Number.NaN;
  if (!(port <= 65_535))
    throw new ConfigError("config_invalid", "--port is not usable: it must be a port number from 0 to 65535.");
  const { out, err } = context.terminal;
  const running = await startSimulator({ port, autoApprove: true, log: (line) => void err.line(err.style.dim(line)) });
  try {
    const { bold, dim } = out.style;
    const set = (name: string, value: string): string =>
      context.platform === "win32" ? `$env:${name} = "${value}"` : `export ${name}=${value}`;
    await out.line(`The simulator is listening on ${bold(running.origin)}`);
    await out.line();
    await out.line(dim("# planport, in another terminal: then planport login, planport ask …"));
    await out.line(
      set("PLANPORT_HOME", context.platform === "win32" ? "$env:TEMP\\planport-sim" : "/tmp/planport-sim"),
    );
    await out.line(set("CODEX_BASE_URL", running.codexBaseUrl));
    await out.line(set("CODEX_APP_SERVER_LOGIN_ISSUER", running.issuer));
    await out.line(set("CODEX_AUTHAPI_BASE_URL", running.authApiBaseUrl));
    await out.line(set("CODEX_REFRESH_TOKEN_URL_OVERRIDE", `${running.issuer}/oauth/token`));
    await out.line();
    await out.line(dim("# or without signing in, with an access token"));
    await out.line(set("CODEX_ACCESS_TOKEN", running.issuePersonalAccessToken()));
    await out.line();
    await out.line(dim("# Codex CLI, in the config.toml of a CODEX_HOME of its own"));
    await out.line(`chatgpt_base_url = "${running.chatgptBaseUrl}"`);
    await out.line(`openai_base_url = "${running.codexBaseUrl}"`);
    await out.line();
    await out.line(
      dim("It knows nobody and answers by rule; its tokens are worth nothing anywhere else. Ctrl-C stops it."),
    );
    await untilAborted(context.signal);
  } finally {
    await running.close();
  }
  return EXIT.ok;
}
