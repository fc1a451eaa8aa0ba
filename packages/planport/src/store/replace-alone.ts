/**
 * Putting a new sign-in in place of whatever is there, in nobody's way.
 * @module
 */
import { isPlanportError } from "../errors.ts";
import type { CredentialDocument } from "./document.ts";
import type { CredentialStore } from "./types.ts";

/**
 * `CredentialStore.replace`, alone among all processes that share the sign-in: a refresh of the former one that is under
 * way must not end up on top of the new one.
 * @param signal Ends the waiting, and then nothing is stored.
 * @returns What was there right before; null for nothing, and for what cannot be read.
 * @throws {CredentialError} `store_write_failed`; {@link RequestError} `cancelled`.
 */
export async function replaceAlone(
  store: CredentialStore,
  next: CredentialDocument,
  signal?: AbortSignal,
): Promise<CredentialDocument | null> {
  const replace = async (): Promise<CredentialDocument | null> => {
    // As it is now: another process may have renewed it since the sign-in began. A broken one is simply replaced.
    const previous = await store.read().catch(() => null);
    await store.replace(next);
    return previous;
  };
  if (store.exclusive === undefined) return replace();
  try {
    return await store.exclusive(replace, signal === undefined ? {} : { signal });
  } catch (error) {
    // The new sign-in is complete, and must not be lost because somebody does not let go of the old one.
    if (isPlanportError(error) && error.code === "refresh_unavailable") return replace();
    throw error;
  }
}
