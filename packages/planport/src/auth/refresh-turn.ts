/**
 * Waiting for the turn to refresh among all processes that share a sign-in.
 * @module
 */
import { setTimeout as delay } from "node:timers/promises";
import { CredentialError } from "../errors.ts";
import { loneHold } from "../store/file-lock.ts";
import type { CredentialStore, Hold } from "../store/types.ts";
import type { OnRefreshStep } from "./refresh-step.ts";

/** The hold was lost before anything was done that another process must not do as well. Never leaves `auth/`. */
export class LostHold extends Error {
  override readonly name = "LostHold";
}

/** Options of {@link takeTurn}. */
export interface TurnOptions<T> {
  readonly store: CredentialStore;
  /** Ends the waiting. */
  readonly signal: AbortSignal;
  readonly waitLimitMs: number;
  readonly onStep: OnRefreshStep;
  /** Asked while waiting: what makes the turn needless, such as tokens that another process has refreshed; else null. */
  readonly look: () => Promise<T | null>;
}

/** Between two looks at the store while waiting. */
const LOOK_INTERVAL_MS = 40;
/** Who loses the lock is slow beyond measure; so often in a row, something else is wrong. */
const MAX_LOSSES = 3;

/**
 * Runs `work` when the turn has come; again when it lost its hold in the middle. While another process has the turn, the
 * store is looked at, and when that makes the turn needless, it is not waited for.
 * @throws What `work` throws, and what `CredentialStore.exclusive` throws.
 */
export async function takeTurn<T>(options: TurnOptions<T>, work: (hold: Hold) => Promise<T>): Promise<T> {
  const { store, onStep } = options;
  onStep("waiting");
  const begin = (hold: Hold): Promise<T> => {
    onStep("locked");
    return work(hold);
  };
  if (store.exclusive === undefined) return begin(loneHold());
  for (let losses = 0; ; losses++) {
    try {
      return await waitAndLook(options, begin);
    } catch (error) {
      if (!(error instanceof LostHold)) throw error;
      if (losses >= MAX_LOSSES)
        throw new CredentialError(
          "refresh_unavailable",
          `The sign-in in ${store.place} could not be refreshed: this process was stopped for so long, again and again, that ` +
            "others took its turn. Try again.",
        );
    }
  }
}

async function waitAndLook<T>(options: TurnOptions<T>, work: (hold: Hold) => Promise<T>): Promise<T> {
  const { store, signal, waitLimitMs, look } = options;
  const needless = new AbortController();
  const over = new AbortController();
  let found: { readonly value: T } | null = null;
  let isOurTurn = false;
  const watch = async (): Promise<void> => {
    while (!over.signal.aborted) {
      await delay(LOOK_INTERVAL_MS * (0.5 + Math.random()), undefined, { signal: over.signal });
      const value = await look();
      // From here on the work itself looks.
      if (isOurTurn || over.signal.aborted) return;
      if (value === null) continue;
      found = { value };
      needless.abort();
      return;
    }
  };
  const watching = watch().catch(() => {}); // A store that cannot be read: the work will say so.
  try {
    const begin = (hold: Hold): Promise<T> => {
      isOurTurn = true;
      over.abort();
      return work(hold);
    };
    return (await store.exclusive?.(begin, {
      signal: AbortSignal.any([signal, needless.signal]),
      waitLimitMs,
    })) as T;
  } catch (error) {
    const instead = found as { readonly value: T } | null;
    if (instead !== null && !isOurTurn) return instead.value;
    throw error;
  } finally {
    over.abort();
    await watching;
  }
}
