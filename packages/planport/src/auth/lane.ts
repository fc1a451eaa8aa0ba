/**
 * One refresh at a time for one sign-in, however many token sources of this process share it.
 * @module
 */
import type { Secret } from "../secret.ts";
import type { CredentialStore } from "../store/types.ts";
import type { IssuedTokens } from "./auth-file.ts";

/** The order in which the sources of one sign-in look at its store, refresh it and write it back. */
export class Lane {
  #last: Promise<unknown> = Promise.resolve();
  /** Tokens that were issued but could not be written yet: the store still holds the refresh token they cost. */
  unwritten: { readonly spent: Secret; readonly issued: IssuedTokens } | null = null;

  /** Runs `task` when all that came before has ended, in whatever way. */
  run<T>(task: () => Promise<T>): Promise<T> {
    const done = this.#last.then(task);
    this.#last = done.catch(() => {});
    return done;
  }
}

const lanesByKey = new Map<string, Lane>();
const lanesByStore = new WeakMap<CredentialStore, Lane>();

/** Runs `task` alone among all tasks for the sign-in in this store, or in another store of the same file. */
export async function inLane<T>(store: CredentialStore, task: (lane: Lane) => Promise<T>): Promise<T> {
  const lane = store.key === undefined ? laneOf(lanesByStore, store) : laneOf(lanesByKey, await store.key());
  return lane.run(() => task(lane));
}

function laneOf<K>(lanes: { get(key: K): Lane | undefined; set(key: K, lane: Lane): unknown }, key: K): Lane {
  let lane = lanes.get(key);
  if (lane === undefined) {
    lane = new Lane();
    lanes.set(key, lane);
  }
  return lane;
}
