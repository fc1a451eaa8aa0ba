/**
 * Where the commands look for a sign-in.
 * @module
 */
import { type CredentialPlace, accountAuthFile, credentialPlaces, isStored, openPlace } from "../auth/index.ts";
import type { Settings } from "../config/index.ts";
import { storesOf } from "../planport.ts";
import type { CredentialStore } from "../store/index.ts";
import type { CommandContext } from "./context.ts";

/** The places in the order of search: the file of the account that was named, or all. */
export function searchedPlaces(context: CommandContext, settings: Settings): readonly CredentialPlace[] {
  const account = settings.account.value;
  return credentialPlaces({
    ...context,
    authFile: account === null ? undefined : accountAuthFile(context, account),
    ...storesOf(settings),
  });
}

/** Runs a task alone among all processes that share the sign-in: a refresh must not bring back what is ended here. */
export async function alone<T>(store: CredentialStore, signal: AbortSignal, task: () => Promise<T>): Promise<T> {
  return store.exclusive === undefined ? task() : store.exclusive(task, { signal });
}

/** True when there is something in a store, also when it cannot be read. A place without a store holds nothing. */
export async function holdsSomething(place: CredentialPlace): Promise<boolean> {
  return isStored(place) && storeHoldsSomething(openPlace(place));
}

/** True when there is something in a store, also when it cannot be read. */
export async function storeHoldsSomething(store: CredentialStore): Promise<boolean> {
  return store.read().then(
    (document) => document !== null,
    () => true,
  );
}
