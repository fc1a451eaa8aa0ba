/**
 * Where planport's own sign-in rests, for whoever signs in.
 * @module
 */
import { homedir } from "node:os";
import { accountAuthFile } from "../auth/accounts.ts";
import { openPlanportStore } from "../auth/open-store.ts";
import type { Settings } from "../config/index.ts";
import type { HomeOptions } from "../environment.ts";
import { loadSettings, type PlanportOptions, storesOf } from "../planport.ts";
import { createFileStore } from "../store/file-store.ts";
import type { CredentialStore } from "../store/types.ts";

/** What `login()` and `deviceLogin()` need to sign in as `planport login` does. */
export interface OwnStore {
  readonly store: CredentialStore;
  /** Empty when any may be signed in to. */
  readonly allowedWorkspaceIds: readonly string[];
}

/**
 * The store that `planport login` would put a sign-in in, by the same settings: planport's own, or that of the account that is
 * named (`flags.account`, `PLANPORT_ACCOUNT`); and the workspaces that Codex's configuration allows.
 * @throws {ConfigError} `config_invalid` naming the variable or file at fault.
 */
export function ownStore(options: Pick<PlanportOptions, "env" | "platform" | "homeDir" | "flags"> = {}): OwnStore {
  const settings = loadSettings(options);
  const home = {
    env: options.env ?? process.env,
    platform: options.platform ?? process.platform,
    homeDir: options.homeDir ?? homedir(),
  };
  return { store: openOwnStore(home, settings), allowedWorkspaceIds: settings.forcedWorkspaceIds.value };
}

/** The store of planport's own sign-in, or of the account that was named. */
export function openOwnStore(home: HomeOptions, settings: Settings): CredentialStore {
  const account = settings.account.value;
  return account === null
    ? openPlanportStore({ ...home, ...storesOf(settings) })
    : createFileStore(accountAuthFile(home, account));
}
