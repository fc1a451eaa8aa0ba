/**
 * Opening planport for a command.
 * @module
 */
import type { SettingsFlags } from "../config/index.ts";
import { type Logger, createLogger } from "../observe/index.ts";
import { type Planport, createPlanport, loadSettings } from "../planport.ts";
import type { CommandContext } from "./context.ts";

/** Options that all commands which speak to a server share, as commander gives them. */
export interface BackendOptions {
  readonly baseUrl?: string;
  readonly logLevel?: string;
}

/** An open planport and the log it writes to. */
export interface Session extends Planport {
  readonly logger: Logger;
}

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
 * @throws {CredentialError | ConfigError} as {@link createPlanport}.
 */
async function openSession(context: CommandContext, flags: SettingsFlags): Promise<Session> {
  const logger = openLogger(context, flags);
  const { env, platform, homeDir } = context;
  const planport = await createPlanport({ env, platform, homeDir, flags, logger });
  return { ...planport, logger };
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
    await session.close();
  }
}
