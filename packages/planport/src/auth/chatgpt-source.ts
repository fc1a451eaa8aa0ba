/**
 * Keeps a ChatGPT sign-in fresh: one refresh at a time among all processes that share it, the store read again first,
 * and never losing the token that a refresh gave.
 * @module
 */
import { CredentialError, type ErrorCode, isPlanportError } from "../errors.ts";
import type { CredentialDocument } from "../store/document.ts";
import { isSameLogin } from "../store/compare.ts";
import type { Hold, WriteOutcome } from "../store/types.ts";
import { applyRefresh, type IssuedTokens, readCredential } from "./auth-file.ts";
import type { ChatGptCredential } from "./credential.ts";
import { Flights } from "./flights.ts";
import { Freshness } from "./freshness.ts";
import { expired, grantOf, type Held, isUnsaved } from "./held.ts";
import { type KeepFreshOptions, startKeepingFresh } from "./keep-fresh.ts";
import { inLane, type Lane } from "./lane.ts";
import type { RefreshReason } from "./oauth/token-endpoint.ts";
import { harmless } from "./refresh-step.ts";
import { LostHold, takeTurn } from "./refresh-turn.ts";
import { honourNote, spend, type SpendOptions, type Turn } from "./spend.ts";
import type { Grant, SteppedTokenSource } from "./token-source.ts";
import { atMost, sleep } from "./wait.ts";

/** Longer than a refresh takes at most, its write included; only a file system that hangs takes longer. */
const SETTLE_LIMIT_MS = 35_000;
/** Waiting for another process's refresh: hardly at all while the access token serves, else for as long as one may take. */
const SHORT_WAIT_MS = 2_000;
const LONG_WAIT_MS = 60_000;
/** Who shares a file without our lock, as Codex does, may have spent the token and be about to write what it got. */
const RELOAD_DELAYS_MS = [100, 300, 900];

/** Faults in renewing an access token that do not matter while it is still valid. */
const SURVIVABLE = new Set<ErrorCode>([
  "refresh_unavailable",
  "refresh_rejected",
  "refresh_interrupted",
  "store_write_failed",
  "credential_malformed",
  "credential_unreadable",
  "credential_wrong_route",
  // Of the tokens that a refresh brought; those at hand are checked with each grant.
  "workspace_forbidden",
]);

/** Options of {@link createChatGptSource}. `now` is milliseconds since the epoch. */
export interface ChatGptSourceOptions extends SpendOptions {
  /** Refresh when this much or less of the access token's life is left. */
  readonly refreshEarlyMs: number;
  /** Told of each renewed credential, once it is in the store. */
  readonly onRefreshed?: ((credential: ChatGptCredential) => void) | undefined;
  /** Workspaces whose tokens may be refreshed; empty or absent for any. */
  readonly allowedWorkspaceIds?: readonly string[] | undefined;
}

/** A source of the access token of a ChatGPT sign-in in a store. */
export function createChatGptSource(options: ChatGptSourceOptions): SteppedTokenSource {
  const source = new ChatGptSource(options);
  return {
    get: ({ signal } = {}) => source.get(signal),
    recover: (rejected, { signal } = {}) => source.recover(rejected, signal),
    reload: ({ signal } = {}) => source.reload(signal),
    renew: (reason, { signal } = {}) => source.renew(reason, signal),
    keepFresh: (given) => source.keepFresh(given),
    settled: () => source.settled(),
  };
}

class ChatGptSource {
  readonly #options: ChatGptSourceOptions;
  readonly #freshness: Freshness;
  readonly #flights = new Flights<Held | null, Held>();
  #held: Held | null = null;
  /** Says that the refresh token was refused for good; until the stored sign-in changes. */
  #dead: CredentialError | null = null;
  /** Writes that failed in a row. */
  #failedSaves = 0;
  #saveAgainAtMs = 0;

  constructor(options: ChatGptSourceOptions) {
    this.#options = { ...options, onStep: harmless(options.onStep, options.onWarning) };
    this.#freshness = new Freshness(options.now, options.refreshEarlyMs);
  }

  async get(signal: AbortSignal | undefined): Promise<Grant> {
    const held = this.#held;
    if (held !== null && !isUnsaved(held) && this.#dead === null && this.#freshness.reason(held.credential) === null)
      return grantOf(held);
    return grantOf(await this.#fly("get", signal, (lane, quit) => this.#freshen(lane, quit)));
  }

  async recover(rejected: Grant, signal: AbortSignal | undefined): Promise<Grant | null> {
    let held = this.#held;
    if (held === null || held.credential.accessToken.equals(rejected.bearer))
      held = await this.#fly("recover", signal, (lane, quit) => this.#replace(lane, quit, rejected));
    if (held.credential.accessToken.equals(rejected.bearer)) return null;
    if (held.credential.accountId !== rejected.accountId)
      throw new CredentialError(
        "credential_rejected",
        `${this.#options.store.place} now holds the sign-in of another account; send the request again to use it.`,
      );
    return grantOf(held);
  }

  async reload(signal: AbortSignal | undefined): Promise<Grant> {
    const look = async (lane: Lane): Promise<Held> => {
      await this.#saveUnsaved(lane);
      return this.#reread();
    };
    return grantOf(await this.#fly("reload", signal, look));
  }

  async renew(reason: RefreshReason, signal: AbortSignal | undefined): Promise<Grant> {
    return grantOf(await this.#fly("renew", signal, (lane, quit) => this.#renewNow(lane, quit, reason)));
  }

  async #renewNow(lane: Lane, quit: AbortSignal, reason: RefreshReason): Promise<Held> {
    await this.#saveUnsaved(lane);
    const before = this.#held;
    const held = await this.#reread();
    if (before !== null && held !== before) return held;
    if (this.#dead !== null) throw this.#dead;
    const isNews = (other: ChatGptCredential): boolean => !other.accessToken.equals(held.credential.accessToken);
    return this.#inTurn(lane, quit, LONG_WAIT_MS, isNews, async (turn) => {
      const now = await this.#reread();
      return now === held ? this.#refresh(turn, now, reason) : now;
    });
  }

  keepFresh(given: KeepFreshOptions | undefined): () => void {
    return startKeepingFresh((earlyMs) => this.#renewAhead(earlyMs), { onWarning: this.#options.onWarning, ...given });
  }

  /** Waits for refreshes that nobody waits for any more, and writes what could not be written before. */
  async settled(): Promise<void> {
    const settle = async (): Promise<void> => {
      await this.#flights.landed();
      this.#saveAgainAtMs = 0;
      if (isUnsaved(this.#held)) await inLane(this.#options.store, (lane) => this.#saveUnsaved(lane));
    };
    await atMost(SETTLE_LIMIT_MS, settle()); // What fails was told as a warning.
  }

  /** One flight of each kind for what is held now; all flights for one store run one after the other. */
  #fly(
    kind: string,
    signal: AbortSignal | undefined,
    task: (lane: Lane, quit: AbortSignal) => Promise<Held>,
  ): Promise<Held> {
    const { store } = this.#options;
    return this.#flights.join(kind, this.#held, signal, (quit) => inLane(store, (lane) => task(lane, quit)));
  }

  /** Refreshes before anybody has to wait for it. */
  async #renewAhead(earlyMs: number): Promise<void> {
    if (this.#held === null) await this.get(undefined);
    const held = this.#held;
    if (held === null || this.#dead !== null || this.#freshness.isPaused) return;
    const limitMs = this.#freshness.longEarlyMs(held.credential, earlyMs);
    if (this.#freshness.reason(held.credential, limitMs) === null) return;
    await this.#fly("ahead", undefined, (lane, quit) => this.#freshen(lane, quit, limitMs));
  }

  /** Makes what is held good for a request. */
  async #freshen(lane: Lane, quit: AbortSignal, earlyMs?: number): Promise<Held> {
    const before = this.#held;
    try {
      await this.#saveUnsaved(lane);
      return await this.#freshenFromStore(lane, quit, earlyMs);
    } catch (error) {
      const held = this.#held ?? before;
      // An access token works until it expires, whatever is wrong with its successor. Codex does the same.
      if (held === null || !this.#isUsable(held) || !isPlanportError(error) || !SURVIVABLE.has(error.code)) throw error;
      this.#freshness.failed(error.retryAfterMs);
      this.#options.onWarning(error);
      return held;
    }
  }

  async #freshenFromStore(lane: Lane, quit: AbortSignal, earlyMs: number | undefined): Promise<Held> {
    const reasonFor = (held: Held): RefreshReason | null => this.#freshness.reason(held.credential, earlyMs);
    /** What serves as it is, or cannot be refreshed; null when a refresh is due. */
    const asItIs = (held: Held): Held | null => {
      if (reasonFor(held) === null) return held;
      if (this.#dead === null && held.credential.refreshToken !== null) return null;
      if (this.#isUsable(held)) return held;
      throw this.#dead ?? expired(held, this.#options.store.place);
    };
    let held = this.#held;
    if (held !== null && this.#freshness.isPaused && this.#isUsable(held)) return held;
    if (held === null || this.#dead !== null || reasonFor(held) !== null) held = await this.#reread();
    const early = asItIs(held);
    if (early !== null) return early;
    const isEnough = (other: ChatGptCredential): boolean => this.#freshness.reason(other, earlyMs) === null;
    const isRushed = this.#isUsable(held) && earlyMs === undefined;
    return this.#inTurn(lane, quit, isRushed ? SHORT_WAIT_MS : LONG_WAIT_MS, isEnough, async (turn) => {
      const now = await this.#reread();
      return asItIs(now) ?? this.#refresh(turn, now, reasonFor(now) ?? "proactive_expiry");
    });
  }

  #isUsable({ credential }: Held): boolean {
    return this.#freshness.isUsable(credential);
  }

  /** Gets rid of an access token that the backend refused: by what is on disk, else by a refresh. */
  async #replace(lane: Lane, quit: AbortSignal, rejected: Grant): Promise<Held> {
    await this.#saveUnsaved(lane);
    // Another account's tokens are never spent here: the caller tells that the account has changed.
    const isOther = (other: ChatGptCredential): boolean =>
      !other.accessToken.equals(rejected.bearer) &&
      (other.accountId !== rejected.accountId || this.#freshness.isUsable(other));
    const asItIs = (held: Held): Held | null => {
      if (isOther(held.credential)) return held;
      if (this.#dead !== null) throw this.#dead;
      return held.credential.refreshToken === null ? held : null;
    };
    const early = asItIs(await this.#reread());
    if (early !== null) return early;
    return this.#inTurn(lane, quit, LONG_WAIT_MS, isOther, async (turn) => {
      const now = await this.#reread();
      return asItIs(now) ?? this.#refresh(turn, now, "unauthorized_recovery");
    });
  }

  /** Runs `work` alone among all processes, what others left undone being done first. */
  #inTurn(
    lane: Lane,
    signal: AbortSignal,
    waitLimitMs: number,
    isEnough: (found: ChatGptCredential) => boolean,
    work: (turn: Turn) => Promise<Held>,
  ): Promise<Held> {
    const { store, onStep } = this.#options;
    const look = async (): Promise<Held | null> => {
      const document = await store.read();
      const credential = document === null ? null : readCredential(document);
      const isNews = document !== null && !isSameLogin(document, this.#held?.onDisk ?? null);
      if (!isNews || credential?.kind !== "chatgpt" || !isEnough(credential)) return null;
      return { document, credential, onDisk: document };
    };
    const turn = takeTurn({ store, signal, waitLimitMs, onStep, look }, async (hold) => {
      await this.#save(lane, hold);
      const interrupted = await honourNote(this.#options, lane, hold);
      return work({ lane, hold, interrupted });
    });
    // What was seen while waiting is taken over here, when nothing else of this source runs.
    return turn.then((found) => (found === this.#held || this.#held === null ? found : this.#adoptIfNews(found)));
  }

  #adoptIfNews(found: Held): Held {
    const held = this.#held;
    return held !== null && isSameLogin(found.document, held.document) ? held : this.#adopt(found.document);
  }

  /** Looks at the store. Only what differs from what was there before is taken: memory may be ahead of the disk. */
  async #reread(): Promise<Held> {
    const { store } = this.#options;
    const document = await store.read();
    if (document === null) throw this.#signedOut();
    const held = this.#held;
    if (held !== null && isSameLogin(document, held.onDisk)) return held;
    return this.#adopt(document);
  }

  #adopt(document: CredentialDocument): Held {
    const credential = readCredential(document);
    if (credential === null) throw this.#signedOut();
    if (credential.kind !== "chatgpt") {
      this.#held = null; // The account that was held is not the one that is set up any more.
      throw new CredentialError(
        "credential_unsupported",
        `${this.#options.store.place} no longer holds a ChatGPT sign-in; restart planport to use what is there now.`,
      );
    }
    this.#held = { document, credential, onDisk: document };
    this.#dead = null;
    this.#freshness.changed();
    return this.#held;
  }

  async #refresh(turn: Turn, held: Held, reason: RefreshReason, isLastTry = false): Promise<Held> {
    const { store, now } = this.#options;
    this.#assertAllowed(held);
    let issued: IssuedTokens;
    try {
      issued = await spend(this.#options, turn, held, { reason, isUsable: this.#isUsable(held) });
    } catch (error) {
      const isFinal =
        isPlanportError(error) && (error.code === "refresh_rejected" || error.code === "refresh_interrupted");
      if (!isFinal) throw error;
      this.#dead = error;
      const theirs = isLastTry ? null : await this.#otherTokens(held);
      if (theirs === null) throw error;
      const isOtherAccount = theirs.credential.accountId !== held.credential.accountId;
      if (this.#isUsable(theirs) || (isOtherAccount && reason === "unauthorized_recovery")) return theirs;
      return this.#refresh({ ...turn, interrupted: null }, theirs, reason, true);
    }
    const document = applyRefresh(held.document, issued, now());
    const credential = readCredential(document);
    if (credential?.kind !== "chatgpt") throw expired(held, store.place);
    // In memory first: should the write fail, the only copy of the new refresh token is this one.
    this.#held = { document, credential, onDisk: held.onDisk };
    if (issued.accessToken !== null)
      this.#freshness.issued(credential, !issued.accessToken.equals(held.credential.accessToken));
    await this.#save(turn.lane, turn.hold);
    if (this.#held === null) throw this.#signedOut();
    // Somebody has taken over meanwhile. What we got is written as soon as it is our turn again.
    if (isUnsaved(this.#held) && !turn.hold.isOurs()) throw new LostHold();
    if (issued.accessToken === null && !this.#isUsable(this.#held))
      throw new CredentialError(
        "refresh_unavailable",
        `The sign-in in ${store.place} could not be refreshed: the answer held no access token that can be used.`,
      );
    return this.#held;
  }

  #assertAllowed({ credential: { accountId } }: Held): void {
    const { allowedWorkspaceIds = [], store } = this.#options;
    if (allowedWorkspaceIds.length === 0 || (accountId !== null && allowedWorkspaceIds.includes(accountId))) return;
    throw new CredentialError(
      "workspace_forbidden",
      `The sign-in in ${store.place} belongs to workspace ${accountId ?? "(unknown)"}; only ${allowedWorkspaceIds.join(", ")} ` +
        "may be used. Run `planport login` with that workspace.",
    );
  }

  /** A program that shares the sign-in may have refreshed it a moment before us: then its tokens are in the store. */
  async #otherTokens(held: Held): Promise<Held | null> {
    // A store that is this process's alone does not change while it waits.
    const delaysMs = this.#options.store.exclusive === undefined ? [] : RELOAD_DELAYS_MS;
    for (const delayMs of [0, ...delaysMs]) {
      if (delayMs > 0) await sleep(delayMs);
      try {
        const found = await this.#reread();
        if (found !== held) return found;
      } catch (error) {
        if (!isPlanportError(error) || !SURVIVABLE.has(error.code)) throw error;
        // That the sign-in is over says more than that the file cannot be read.
      }
    }
    return null;
  }

  /** Writes what could not be written before; hardly waits for it, since memory has what is needed. */
  async #saveUnsaved(lane: Lane): Promise<void> {
    if (!isUnsaved(this.#held) || this.#options.now() < this.#saveAgainAtMs) return;
    const { store, onWarning } = this.#options;
    try {
      if (store.exclusive === undefined) await this.#save(lane, undefined);
      else await store.exclusive((hold) => this.#save(lane, hold), { waitLimitMs: SHORT_WAIT_MS });
    } catch (error) {
      if (!isPlanportError(error) || error.code !== "refresh_unavailable") throw error;
      onWarning(error); // Somebody else has the lock for long.
    }
  }

  /** Brings the store up to what is held in memory. A failure to write is told, and tried again at a later call. */
  async #save(lane: Lane, hold: Hold | undefined): Promise<void> {
    const held = this.#held;
    if (held === null || !isUnsaved(held)) return;
    const { store, now, onStep, onWarning, onRefreshed } = this.#options;
    let outcome: WriteOutcome;
    try {
      outcome = await store.write(held.onDisk, held.document, { hold, onStep });
    } catch (error) {
      // The second time at once, as after a virus scanner; then less and less often.
      this.#saveAgainAtMs = this.#failedSaves === 0 ? 0 : now() + Math.min(30_000, 1000 * 2 ** this.#failedSaves);
      this.#failedSaves = Math.min(this.#failedSaves + 1, 10);
      onWarning(error instanceof Error ? error : new Error("the store failed", { cause: error }));
      return;
    }
    const { written, document } = outcome;
    if (!written && document !== null && isSameLogin(document, held.onDisk)) return; // The hold was lost.
    this.#failedSaves = 0;
    lane.unwritten = null;
    if (hold?.isOurs() !== false) await store.journal?.remove();
    if (document === null) this.#held = null;
    else if (!written) this.#adopt(document);
    else {
      this.#held = { ...held, document, onDisk: document };
      onRefreshed?.(held.credential);
    }
  }

  #signedOut(): CredentialError {
    this.#held = null;
    this.#dead = null;
    return new CredentialError(
      "credential_missing",
      `${this.#options.store.place} holds no sign-in any more. Run \`planport login\`.`,
    );
  }
}
