/**
 * Opening planport for a command.
 * @module
 */
import { listAccounts } from "../auth/index.ts";
import { type Settings, type SettingsFlags, describeOrigin } from "../config/index.ts";
import { type AnyPlanportError, ConfigError, isPlanportError } from "../errors.ts";
import { type Logger, createLogger } from "../observe/index.ts";
import { type Planport, createPlanport, loadSettings } from "../planport.ts";
import { assertRoute, resolveEndpoints } from "../upstream/endpoints.ts";
import { abortable } from "../upstream/retry.ts";
import type { CommandContext } from "./context.ts";

/** Options that all commands which speak to a server share, as commander gives them. */
export interface BackendOptions {
  /** `--account`: the name of the account to use. */
  readonly account?: string;
  readonly baseUrl?: string;
  readonly logLevel?: string;
}

/** An open planport and the log it writes to. */
export interface Session extends Planport {
  readonly logger: Logger;
}

/** All that a command waits for is done when it closes: what is still under way then can only hold it up. */
const CLOSE_LIMIT_MS = 1_000;
/** A refresh that takes longer than this after Ctrl-C is worth a word. */
const QUIET_WAIT_MS = 1_000;

/** The log of a command, on standard error. */
export function openLogger(context: CommandContext, flags: SettingsFlags): Logger {
  const { err } = context.terminal;
  return createLogger({
    level: loadSettings({ ...context, flags }).logLevel.value,
    sink: { write: (text) => void err.write(text), isTTY: err.isTty },
  });
}

/**
 * Finds the sign-in and opens the backend.
 * @throws {CredentialError | ConfigError} as {@link createPlanport}; `config_invalid` where not the sign-in but a setting
 * rules it out.
 */
export async function openSession(context: CommandContext, flags: SettingsFlags): Promise<Session> {
  const logger = openLogger(context, flags);
  const { env, platform, homeDir, signal } = context;
  try {
    // Whatever it reads may keep it waiting; Ctrl-C must not.
    const planport = await abortable(createPlanport({ env, platform, homeDir, flags, logger, surface: "cli" }), signal);
    assertLoginMethod(planport.describe().kind === "apiKey" ? "api" : "chatgpt", planport.settings);
    return { ...planport, logger };
  } catch (error) {
    if (!isPlanportError(error)) throw error;
    if (error.code === "credential_missing") throw await tellOfAccounts(error, context);
    if (error.code !== "credential_wrong_route") throw error;
    throw wrongBase(loadSettings({ ...context, flags })) ?? error;
  }
}

/** Named accounts are looked into by name alone: who has some and is told to sign in should know. */
async function tellOfAccounts(error: AnyPlanportError, context: CommandContext): Promise<AnyPlanportError> {
  const names = await accountNames(context);
  // A message about one account names that account's command.
  if (names.length > 0)
    error.message = error.message.replace(
      /^Not signed in\. Run `planport login`\./,
      `Not signed in. Run \`planport login\`, or choose one of your accounts with --account: ${names.join(", ")}.`,
    );
  return error;
}

async function accountNames(context: CommandContext): Promise<readonly string[]> {
  try {
    return (await listAccounts(context)).map(({ name }) => name);
  } catch {
    return []; // That they cannot be listed is not what is told of here.
  }
}

/**
 * Holds a way of signing in to `forced_login_method`.
 * @throws {ConfigError} `config_invalid`
 */
export function assertLoginMethod(method: "chatgpt" | "api", { forcedLoginMethod }: Settings): void {
  if (forcedLoginMethod.value === null || forcedLoginMethod.value === method) return;
  const [allowed, refused] = method === "api" ? ["ChatGPT sign-ins", "an API key"] : ["API keys", "a ChatGPT sign-in"];
  throw new ConfigError(
    "config_invalid",
    `${describeOrigin(forcedLoginMethod.origin)} allows ${allowed} alone, and this is ${refused}: take that line out, or ` +
      "use a CODEX_HOME without it.",
  );
}

/** When the base URL is one that no plan's token may go to, it is the setting that is wrong, and it is named. */
function wrongBase({ backendBaseUrl, chatgptBaseUrl }: Settings): ConfigError<"config_invalid"> | null {
  try {
    assertRoute(
      "chatgpt",
      resolveEndpoints({ baseUrl: backendBaseUrl.value, chatgptBaseUrl: chatgptBaseUrl.value }).responses,
    );
    return null;
  } catch (error) {
    if (!isPlanportError(error)) throw error;
    const { origin } = backendBaseUrl.value === null ? chatgptBaseUrl : backendBaseUrl;
    const name = describeOrigin(origin);
    return new ConfigError(
      "config_invalid",
      `${name} names the OpenAI API, and a ChatGPT plan's token is good for the Codex backend alone: leave ${name} out.`,
    );
  }
}

/** Runs `work` with an open planport and closes it whatever happens. */
export async function withSession<T>(
  context: CommandContext,
  flags: SettingsFlags,
  work: (session: Session) => Promise<T>,
): Promise<T> {
  const session = await openSession(context, flags);
  try {
    return await work(session);
  } finally {
    await closeSoon(session, context);
  }
}

/**
 * Closes a session. Only one thing is worth waiting for, after Ctrl-C too: a refresh, whose old token is spent already.
 */
export async function closeSoon(session: Session, { terminal, signal }: CommandContext): Promise<void> {
  const { err } = terminal;
  const word = setTimeout(() => {
    if (!signal.aborted) return;
    void err.line(err.style.dim("planport: a token is being renewed and will be kept (Ctrl-C again stops at once)"));
  }, QUIET_WAIT_MS);
  await session.tokens.settled?.();
  clearTimeout(word);
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, CLOSE_LIMIT_MS);
  });
  await Promise.race([session.close(), limit]);
  clearTimeout(timer);
}
