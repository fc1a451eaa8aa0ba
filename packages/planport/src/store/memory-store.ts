/**
 * A sign-in that is gone when the process ends: for tests, and for programs that keep their tokens elsewhere.
 * @module
 */
import type { JsonObject } from "../protocol/json.ts";
import { isSameLogin, rebase } from "./compare.ts";
import { CredentialDocument } from "./document.ts";
import type { CredentialStore, WriteOutcome } from "./types.ts";

/** A store in memory, holding `initial` (the object of an `auth.json`) if given. */
export function createMemoryStore(initial: JsonObject | null = null, place: string = "memory"): CredentialStore {
  let current = initial === null ? null : new CredentialDocument(structuredClone(initial), place);
  const save = (document: JsonObject): CredentialDocument => {
    current = new CredentialDocument(structuredClone(document), place);
    return current;
  };
  return {
    place,
    read: async () => current,
    async write(previous, next): Promise<WriteOutcome> {
      if (!isSameLogin(previous, current)) return { written: false, document: current };
      const merged =
        previous === null || current === null
          ? next.reveal()
          : rebase(previous.reveal(), next.reveal(), current.reveal());
      return { written: true, document: save(merged) };
    },
    replace: async (next) => save(next.reveal()),
    async remove(): Promise<boolean> {
      const had = current !== null;
      current = null;
      return had;
    },
  };
}
