/**
 * What all ways of signing in work with.
 * @module
 */
import type { RevokeOptions } from "../../auth/oauth/revoke.ts";
import type { Settings } from "../../config/index.ts";
import type { CredentialDocument, CredentialStore } from "../../store/index.ts";
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

/** Who signed in, for the eye: `person@example.com (pro)`. */
export function nameOf(who: {
  readonly email: string | null;
  readonly accountId: string | null;
  readonly planType: string | null;
}): string {
  const name = who.email ?? who.accountId ?? "an account without a name";
  return printable(who.planType === null ? name : `${name} (${who.planType})`);
}
