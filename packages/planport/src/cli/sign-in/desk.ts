/**
 * What all ways of signing in work with.
 * @module
 */
import { accountAuthFile, planportAuthFile } from "../../auth/index.ts";
import type { RevokeOptions } from "../../auth/oauth/revoke.ts";
import type { Settings } from "../../config/index.ts";
import { type CredentialDocument, type CredentialStore, createFileStore } from "../../store/index.ts";
import type { CommandContext } from "../context.ts";
import { printable } from "../terminal.ts";

/** The world of one sign-in. */
export interface Desk extends RevokeOptions {
  readonly context: CommandContext;
  readonly settings: Settings;
  /** Where the sign-in will rest. */
  readonly store: CredentialStore;
  /** Puts the new sign-in in the place of the old one. */
  readonly save: (document: CredentialDocument) => Promise<void>;
}

/** The store of planport's own sign-in, or of the account that was named. */
export function openOwnStore(context: CommandContext, { account }: Pick<Settings, "account">): CredentialStore {
  return createFileStore(account.value === null ? planportAuthFile(context) : accountAuthFile(context, account.value));
}

/** Runs a task alone among all processes that share the sign-in: a refresh must not bring back what is ended here. */
export async function alone<T>(store: CredentialStore, signal: AbortSignal, task: () => Promise<T>): Promise<T> {
  return store.exclusive === undefined ? task() : store.exclusive(task, { signal });
}

/** Who signed in, for the eye: `person@example.com (pro)`. */
export function nameOf(who: {
  readonly email: string | null;
  readonly accountId: string | null;
  readonly planType: string | null;
}): string {
  const name = who.email ?? who.accountId ?? "an account without a name";
  return printable(who.planType === null ? name : `${name} (${who.planType})`);
}
