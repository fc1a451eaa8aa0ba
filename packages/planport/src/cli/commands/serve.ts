/**
 * `planport serve`: the gateway.
 * @module
 */
import { createGateway } from "../../server/index.ts";
import { VERSION } from "../../version.ts";
import { curlLines, environmentLines } from "../client-lines.ts";
import { type CommandContext, untilAborted } from "../context.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";
import { type BackendOptions, type Session, withSession } from "../session.ts";
import { printable } from "../terminal.ts";

/** Options of {@link serve}. */
export interface ServeOptions extends BackendOptions {
  readonly host?: string;
  readonly port?: string;
  readonly key?: string;
  readonly allowOrigin?: readonly string[];
  readonly allowHost?: readonly string[];
}

/** The model in the lines to copy when the settings name none. */
const EXAMPLE_MODEL = "gpt-5.5";

/** Runs the command. It ends when the process is told to stop. */
export async function serve(context: CommandContext, options: ServeOptions): Promise<ExitCode> {
  // Without a sign-in every request would fail: better to say so now than to each client.
  return withSession(context, options, async (session) => {
    const { client, settings, logger } = session;
    const gatewayKey = settings.gatewayKey.value;
    const gateway = createGateway({
      client,
      version: VERSION,
      logger,
      gatewayKey: gatewayKey ?? undefined,
      allowedOrigins: options.allowOrigin ?? [],
      allowedHosts: options.allowHost ?? [],
    });
    const listening = await gateway.listen({ host: settings.host.value, port: settings.port.value });
    try {
      await greet(context, session, listening.url);
      await untilAborted(context.signal);
      await context.terminal.err.line("planport: stopping; running answers may end (Ctrl-C again cuts them)");
    } finally {
      await listening.close();
    }
    return EXIT.ok;
  });
}

async function greet({ terminal, platform }: CommandContext, session: Session, url: string): Promise<void> {
  const { out } = terminal;
  const { bold, dim } = out.style;
  const { settings } = session;
  const who = session.describe();
  const target = { url, model: settings.model.value ?? EXAMPLE_MODEL, keyed: settings.gatewayKey.value !== null };
  const name = who.email ?? who.accountId;
  const plan = who.planType === null ? "" : ` (${who.planType})`;
  await out.line(`planport ${VERSION} is listening on ${bold(url)}`);
  if (name !== null) await out.line(dim(`with the plan of ${printable(name + plan)}`));
  for (const { title, lines } of [environmentLines(target, platform), curlLines(target)]) {
    await out.line();
    await out.line(dim(`# ${title}`));
    for (const line of lines) await out.line(line);
  }
  await out.line();
  await out.line(dim("Ctrl-C stops it."));
}
