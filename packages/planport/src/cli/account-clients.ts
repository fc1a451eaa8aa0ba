/**
 * The accounts that requests to the gateway may name: one session for each, opened when it is first asked for.
 * @module
 */
import { ACCOUNT_NAME_RULE, isAccountName, listAccounts } from "../auth/index.ts";
import type { SettingsFlags } from "../config/index.ts";
import { RequestError, isPlanportError } from "../errors.ts";
import type { GatewayAccounts } from "../server/index.ts";
import type { CommandContext } from "./context.ts";
import { type Session, closeSoon, openSession } from "./session.ts";

/** The accounts, until they are closed. */
export interface AccountClients extends GatewayAccounts {
  /** Waits for refreshes under way, so that none is lost, and closes what was opened. */
  close(): Promise<void>;
}

const HEADER = "x-planport-account";

/**
 * Gives sessions by account name.
 * @param usual The session of the gateway itself, which serves its own account under its name, too: two sources of one
 * sign-in in one process would only get in each other's way.
 */
export function createAccountClients(context: CommandContext, flags: SettingsFlags, usual: Session): AccountClients {
  const opened = new Map<string, Promise<Session>>();
  /** End the refreshing in the background. */
  const stops: (() => void)[] = [];
  const open = (name: string): Promise<Session> => {
    if (name === usual.settings.account.value) return Promise.resolve(usual);
    const known = opened.get(name);
    if (known !== undefined) return known;
    const opening = openAccount(name, context, flags);
    opened.set(name, opening);
    opening.then(
      ({ tokens }) => stops.push(tokens.keepFresh?.() ?? ((): void => {})),
      // The next request tries again: somebody may have signed in meanwhile.
      () => opened.delete(name),
    );
    return opening;
  };
  return {
    async client(name) {
      if (!isAccountName(name)) throw refusal(`The header ${HEADER} must be ${ACCOUNT_NAME_RULE}.`);
      return (await open(name)).client;
    },
    async close() {
      for (const stop of stops) stop();
      const closing = [...opened.values()].map(async (opening) => closeSoon(await opening, context));
      await Promise.allSettled(closing);
    },
  };
}

async function openAccount(name: string, context: CommandContext, flags: SettingsFlags): Promise<Session> {
  try {
    return await openSession(context, { ...flags, account: name });
  } catch (error) {
    if (!isPlanportError(error) || error.code !== "credential_missing") throw error;
    const names = (await listAccounts(context)).map((account) => account.name).filter((other) => other !== name);
    const known = names.length === 0 ? "There are no others." : `There are: ${names.join(", ")}.`;
    throw refusal(
      `There is no account "${name}" (${HEADER}). ${known} Run \`planport login --account ${name}\` to sign in to it.`,
    );
  }
}

function refusal(message: string): RequestError<"request_invalid"> {
  return new RequestError("request_invalid", message, { cause: { param: HEADER } });
}
