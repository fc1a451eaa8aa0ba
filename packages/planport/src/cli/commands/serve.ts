/**
 * `planport serve`: the gateway.
 * @module
 */
import { hostname, networkInterfaces } from "node:os";
import { resolve } from "node:path";
import { isStored, openPlace, readCredential } from "../../auth/index.ts";
import type { Settings } from "../../config/index.ts";
import { isPlanportError } from "../../errors.ts";
import { type Memory, openMemory } from "../../memory/index.ts";
import { isLoopback } from "../../net/proxy.ts";
import type { Secret } from "../../secret.ts";
import { createGateway, type Gateway, type Listening } from "../../server/index.ts";
import type { CredentialStore } from "../../store/index.ts";
import { snapshotCatalogue } from "../../upstream/index.ts";
import { abortable } from "../../upstream/retry.ts";
import { VERSION } from "../../version.ts";
import { createAccountClients } from "../account-clients.ts";
import { curlLines, environmentLines, setLine } from "../client-lines.ts";
import { type CommandContext, untilAborted } from "../context.ts";
import { defaultModel } from "../default-model.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";
import { followConfigFile, loadConfigFile, tellLeftAside } from "../gateway-config.ts";
import { limitedSignal } from "../limited-signal.ts";
import { memoryFault } from "../memory-fault.ts";
import { type BackendOptions, type Session, withSession } from "../session.ts";
import { printable } from "../terminal.ts";

/** Options of {@link serve}. */
export interface ServeOptions extends BackendOptions {
  readonly config?: string;
  readonly host?: string;
  readonly port?: string;
  readonly key?: string;
  readonly memory?: string;
  readonly credentials?: string;
  readonly idleTimeout?: string;
  readonly timeout?: string;
  readonly allowOrigin?: readonly string[];
  readonly allowHost?: readonly string[];
}

/** Running answers may end after the first Ctrl-C: long ones take minutes. The second one cuts them. */
const STOP_GRACE_MS = 600_000;

/** The lines to copy wait so long for the account's models and name, and no longer. */
const LOOK_LIMIT_MS = 3_000;

/** Runs the command. It ends when the process is told to stop. */
export async function serve(context: CommandContext, options: ServeOptions): Promise<ExitCode> {
  const found = await loadConfigFile(context, options.config);
  await tellLeftAside(found, context);
  const flags = { ...options, ...(found.file !== null && { file: found.file }) };
  // Without a sign-in every request would fail: better to say so now than to each client.
  return withSession(context, flags, async (session) => {
    const { client, settings, logger } = session;
    const gatewayKey = settings.gatewayKey.value;
    const accounts = createAccountClients(context, flags, session);
    const memory = openGatewayMemory(session);
    const config = await followConfigFile(found.file, context, session);
    const gateway = createGateway({
      client,
      accounts,
      memory: memory ?? undefined,
      version: VERSION,
      logger,
      gatewayKey: gatewayKey ?? undefined,
      ownBearers: ({ signal }) => ownBearers(session, signal),
      credentials: settings.credentials.value,
      profiles: config.profiles,
      allowedOrigins: settings.allowedOrigins.value,
      allowedHosts: settings.allowedHosts.value,
    });
    const listening = await listen(gateway, settings, memory);
    // Long before a request would have to wait for it, and before Codex would do it.
    const stopRefreshing = session.tokens.keepFresh?.();
    try {
      const { out } = context.terminal;
      // At once: whoever starts it in a script waits for this line.
      await out.line(`planport ${VERSION} is listening on ${out.style.bold(listening.url)}`);
      if (found.file !== null) await out.line(out.style.dim(`as ${printable(found.file.path)} says`));
      await greet(context, session, listening.url, await lookAround(session, context));
      await untilAborted(context.signal);
      await context.terminal.err.line("planport: stopping; running answers may end (Ctrl-C again cuts them)");
    } finally {
      stopRefreshing?.();
      config.stop();
      await listening.close({ graceMs: STOP_GRACE_MS });
      await accounts.close();
      await memory?.close();
    }
    return EXIT.ok;
  });
}

/** planport's bearer as this process has it, and as it rests in the store: another planport may have renewed it there. */
async function ownBearers({ tokens, describe }: Session, signal: AbortSignal): Promise<readonly Secret[]> {
  const { place } = describe();
  const found = await Promise.allSettled([
    tokens.get({ signal }).then(({ bearer }) => bearer),
    place !== null && isStored(place) ? restingBearer(openPlace(place)) : null,
  ]);
  return found.flatMap((each) => (each.status === "fulfilled" && each.value !== null ? [each.value] : []));
}

async function restingBearer(store: CredentialStore): Promise<Secret | null> {
  const document = await store.read();
  const credential = document === null ? null : readCredential(document);
  return credential?.kind === "chatgpt" ? credential.accessToken : null;
}

/** Null when it is switched off. What does not work is a line in the log, and no reason not to serve. */
function openGatewayMemory({ settings, logger }: Session): Memory | null {
  const place = settings.memory.value;
  if (place === "off") return null;
  return openMemory({
    place: place === "memory" ? "process" : { file: resolve(place) },
    onWarning: (message, error) => logger.warn("memory.failed", { message, ...(error !== null && { error }) }),
  });
}

async function listen(gateway: Gateway, settings: Settings, memory: Memory | null): Promise<Listening> {
  try {
    return await gateway.listen({ host: settings.host.value, port: settings.port.value });
  } catch (error) {
    await memory?.close();
    throw error;
  }
}

/** What the backend tells about the account. */
interface Surroundings {
  readonly model: string;
  readonly email: string | null;
  readonly accountId: string | null;
  readonly planType: string | null;
}

/** Asks for the account's models and its name. A backend that is slow or away is no reason not to serve. */
async function lookAround(session: Session, { terminal, signal }: CommandContext): Promise<Surroundings> {
  const { client, tokens, settings } = session;
  const limit = limitedSignal(signal, LOOK_LIMIT_MS);
  try {
    const grant = await abortable(tokens.get({ signal: limit.signal }), limit.signal);
    const list = await client.models({ signal: limit.signal });
    const named = settings.model.value;
    const hasNamed = named !== null && (!list.live || list.models.some((model) => model.slug === named));
    return { ...grant, model: hasNamed ? named : (defaultModel(list) ?? builtInModel()) };
  } catch (error) {
    // Told to whoever looks at the terminal; clients get it with each answer.
    if (isPlanportError(error) && error.code !== "cancelled")
      await terminal.err.line(terminal.err.style.yellow(`planport: ${printable(error.message)}`));
    return { ...session.describe(), model: settings.model.value ?? builtInModel() };
  } finally {
    limit.release();
  }
}

function builtInModel(): string {
  return defaultModel(snapshotCatalogue()) ?? "";
}

async function greet(
  { terminal, platform }: CommandContext,
  { client, settings }: Session,
  url: string,
  { model, ...who }: Surroundings,
): Promise<void> {
  const { out } = terminal;
  const { dim, yellow } = out.style;
  const target = { url, model, keyed: settings.gatewayKey.value !== null };
  const name = who.email ?? who.accountId;
  const plan = who.planType === null ? "" : ` (${who.planType})`;
  if (name !== null) await out.line(dim(`with the plan of ${printable(name + plan)}`));
  if (client.route === "platform") await out.line(yellow("with an API key: OpenAI bills what is used"));
  const memory = settings.memory.value;
  if (memory !== "off" && memory !== "memory") {
    const fault = await memoryFault(resolve(memory));
    await (fault === null
      ? out.line(dim(`keeps responses and reasoning for 30 days in ${printable(memory)} (not with --memory off)`))
      : out.line(yellow(`keeps responses and reasoning only until it ends: ${printable(memory)}: ${fault}`)));
  }
  const others = addressesBeyond(settings.host.value, new URL(url).port);
  if (others.length > 0)
    await out.line(yellow(`Other machines are let in, with the key: they use ${others.join(" or ")}`));
  if (target.keyed) {
    await out.line();
    await out.line(dim("# in the terminal of the client, first the key that you set:"));
    await out.line(dim(`# ${setLine("PLANPORT_KEY", "…", platform)}`));
  }
  for (const { title, lines } of [environmentLines(target, platform), curlLines(target)]) {
    await out.line();
    await out.line(dim(`# ${title}`));
    for (const line of lines) await out.line(line);
  }
  await out.line();
  await out.line(dim("Ctrl-C stops it."));
}

/** Where other machines find a gateway that listens on `host`; empty when they cannot. */
function addressesBeyond(host: string, port: string): string[] {
  const name = host.replace(/^\[(.*)\]$/, "$1");
  if (isLoopback(name)) return [];
  const any = name === "0.0.0.0" || name === "::";
  const names = any
    ? Object.values(networkInterfaces()).flatMap((addresses = []) =>
        addresses.filter(({ internal, family }) => !internal && family === "IPv4").map(({ address }) => address),
      )
    : [name];
  return (names.length === 0 ? [hostname()] : names).map(
    (one) => `http://${one.includes(":") ? `[${one}]` : one}:${port}`,
  );
}
