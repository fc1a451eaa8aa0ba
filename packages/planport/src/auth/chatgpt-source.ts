/**
 * Keeps a ChatGPT sign-in fresh: one refresh at a time in this process, re-reading the store first, never losing the
 * token that a refresh gave.
 * @module
 */
import { CredentialError, type ErrorCode, isPlanportError } from "../errors.ts";
import type { CredentialDocument } from "../store/document.ts";
import { isSameLogin } from "../store/compare.ts";
import type { CredentialStore, WriteOutcome } from "../store/types.ts";
import { applyRefresh, type IssuedTokens, readCredential, readProvenance } from "./auth-file.ts";
import type { ChatGptCredential } from "./credential.ts";
import { type AuthEndpoints, refreshTarget } from "./endpoints.ts";
import { inLane, type Lane } from "./lane.ts";
import type { RefreshReason } from "./oauth/token-endpoint.ts";
import type { SendRefresh } from "./refresh.ts";
import type { OnRefreshStep } from "./refresh-step.ts";
import type { Grant, TokenSource } from "./token-source.ts";
import { atMost, raceAbort } from "./wait.ts";

/** Without a readable `exp`, a token this old is refreshed (codex-rs/login/src/auth/manager.rs). */
const SCHEDULED_REFRESH_AFTER_MS = 8 * 24 * 60 * 60 * 1000;
/** After a refresh that failed while the access token still works, the next one waits. */
const REFRESH_PAUSE_MS = 30_000;
/** Longer than a refresh takes at most, its write included; only a file system that hangs takes longer. */
const SETTLE_LIMIT_MS = 35_000;

/** Faults in renewing an access token that do not matter while it is still valid. */
const SURVIVABLE = new Set<ErrorCode>([
  "refresh_unavailable",
  "refresh_rejected",
  "credential_malformed",
  "credential_unreadable",
  "credential_wrong_route",
]);

/** Options of {@link createChatGptSource}. */
export interface ChatGptSourceOptions {
  readonly store: CredentialStore;
  readonly endpoints: AuthEndpoints;
  readonly sendRefresh: SendRefresh;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Refresh when this much or less of the access token's life is left. */
  readonly refreshEarlyMs: number;
  /** Told of trouble that did not stop a request, such as a refreshed token that cannot be written. */
  readonly onWarning: (error: Error) => void;
  readonly onStep: OnRefreshStep;
}

/** What is held in memory. Each change makes a new one, so that identity tells generations apart. */
interface Held {
  /** What the next refresh builds on. */
  readonly document: CredentialDocument;
  readonly credential: ChatGptCredential;
  /** What the store held when we last looked: only something else than this is news. */
  readonly onDisk: CredentialDocument;
}

/** A source of the access token of a ChatGPT sign-in in a store. */
export function createChatGptSource(options: ChatGptSourceOptions): TokenSource {
  const source = new ChatGptSource(options);
  return {
    get: ({ signal } = {}) => source.get(signal),
    recover: (rejected, { signal } = {}) => source.recover(rejected, signal),
    settled: () => source.settled(),
  };
}

class ChatGptSource {
  readonly #options: ChatGptSourceOptions;
  #held: Held | null = null;
  readonly #running = new Set<Promise<unknown>>();
  readonly #flights = new Map<string, { readonly from: Held | null; readonly done: Promise<Held> }>();
  /** A refresh token that the server refused for good, and the error that says so. */
  #dead: CredentialError | null = null;
  #pauseUntilMs = 0;

  constructor(options: ChatGptSourceOptions) {
    this.#options = options;
  }

  async get(signal: AbortSignal | undefined): Promise<Grant> {
    const held = this.#held;
    if (held !== null && held.document === held.onDisk && this.#dead === null && this.#reasonToRefresh(held) === null)
      return grantOf(held);
    return grantOf(
      await raceAbort(
        this.#share("get", (lane) => this.#freshen(lane)),
        signal,
      ),
    );
  }

  async recover(rejected: Grant, signal: AbortSignal | undefined): Promise<Grant | null> {
    let held = this.#held;
    if (held === null || held.credential.accessToken.equals(rejected.bearer))
      held = await raceAbort(
        this.#share("recover", (lane) => this.#replace(lane, rejected)),
        signal,
      );
    if (held.credential.accessToken.equals(rejected.bearer)) return null;
    if (held.credential.accountId !== rejected.accountId)
      throw new CredentialError(
        "credential_rejected",
        `${this.#options.store.place} now holds the sign-in of another account; send the request again to use it.`,
      );
    return grantOf(held);
  }

  /** Waits for refreshes that nobody waits for any more, and writes what could not be written before. */
  async settled(): Promise<void> {
    const settle = async (): Promise<void> => {
      while (this.#running.size > 0) await Promise.allSettled(this.#running);
      if (this.#held !== null && this.#held.document !== this.#held.onDisk)
        await inLane(this.#options.store, (lane) => this.#saveAgain(lane)).catch(() => {}); // Was told as a warning.
    };
    await atMost(SETTLE_LIMIT_MS, settle());
  }

  /** One flight of each kind for what is held now; all flights for one store run one after the other. */
  #share(kind: string, task: (lane: Lane) => Promise<Held>): Promise<Held> {
    const running = this.#flights.get(kind);
    if (running !== undefined && running.from === this.#held) return running.done;
    const { store, onStep } = this.#options;
    const done = inLane(store, (lane) => {
      onStep("waiting");
      const alone = (): Promise<Held> => {
        onStep("locked");
        return task(lane);
      };
      return store.exclusive === undefined ? alone() : store.exclusive(alone);
    });
    const flight = { from: this.#held, done };
    this.#flights.set(kind, flight);
    this.#running.add(done);
    const clear = (): void => {
      this.#running.delete(done);
      if (this.#flights.get(kind) === flight) this.#flights.delete(kind);
    };
    done.then(clear, clear);
    return done;
  }

  /** Makes what is held good for a request. */
  async #freshen(lane: Lane): Promise<Held> {
    const before = this.#held;
    try {
      await this.#saveAgain(lane);
      return await this.#freshenFromStore(lane);
    } catch (error) {
      const held = this.#held ?? before;
      // An access token works until it expires, whatever is wrong with its successor. Codex does the same.
      if (held === null || !this.#isUsable(held) || !isPlanportError(error) || !SURVIVABLE.has(error.code)) throw error;
      this.#pauseUntilMs = this.#options.now() + (error.retryAfterMs ?? REFRESH_PAUSE_MS);
      this.#options.onWarning(error);
      return held;
    }
  }

  async #freshenFromStore(lane: Lane): Promise<Held> {
    let held = this.#held;
    const isPaused = (): boolean => this.#options.now() < this.#pauseUntilMs;
    if (held !== null && isPaused() && this.#isUsable(held)) return held;
    if (held === null || this.#dead !== null || this.#reasonToRefresh(held) !== null) held = await this.#reread();
    const reason = this.#reasonToRefresh(held);
    if (reason === null) return held;
    if (this.#dead === null && held.credential.refreshToken !== null) return this.#refresh(lane, held, reason);
    if (this.#isUsable(held)) return held;
    throw this.#dead ?? expired(held, this.#options.store.place);
  }

  #isUsable({ credential: { expiresAtMs } }: Held): boolean {
    return expiresAtMs === null || expiresAtMs > this.#options.now();
  }

  /** Gets rid of an access token that the backend refused: by what is on disk, else by a refresh. */
  async #replace(lane: Lane, rejected: Grant): Promise<Held> {
    await this.#saveAgain(lane);
    const held = await this.#reread();
    const { accessToken, refreshToken, accountId } = held.credential;
    const isOther = !accessToken.equals(rejected.bearer);
    // Another account's tokens are never spent here: the caller tells that the account has changed.
    if (isOther && (accountId !== rejected.accountId || this.#isUsable(held))) return held;
    if (this.#dead !== null) throw this.#dead;
    return refreshToken === null ? held : this.#refresh(lane, held, "unauthorized_recovery");
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
    this.#pauseUntilMs = 0;
    return this.#held;
  }

  async #refresh(lane: Lane, held: Held, reason: RefreshReason, isLastTry = false): Promise<Held> {
    const { store, now } = this.#options;
    let issued: IssuedTokens;
    try {
      issued = await this.#spend(lane, held, reason);
    } catch (error) {
      if (!isPlanportError(error) || error.code !== "refresh_rejected") throw error;
      this.#dead = error;
      const theirs = isLastTry ? null : await this.#otherTokens(held);
      if (theirs === null) throw error;
      const isOtherAccount = theirs.credential.accountId !== held.credential.accountId;
      if (this.#isUsable(theirs) || (isOtherAccount && reason === "unauthorized_recovery")) return theirs;
      return this.#refresh(lane, theirs, reason, true);
    }
    const document = applyRefresh(held.document, issued, now());
    const credential = readCredential(document);
    if (credential?.kind !== "chatgpt") throw expired(held, store.place);
    // In memory first: should the write fail, the only copy of the new refresh token is this one.
    this.#held = { document, credential, onDisk: held.onDisk };
    // Tokens that live for less than the early limit would otherwise be refreshed at every request.
    this.#pauseUntilMs = this.#reasonToRefresh(this.#held) === null ? 0 : now() + REFRESH_PAUSE_MS;
    await this.#saveAgain(lane);
    if (this.#held === null) throw this.#signedOut();
    if (issued.accessToken === null && !this.#isUsable(this.#held))
      throw new CredentialError(
        "refresh_unavailable",
        `The sign-in in ${store.place} could not be refreshed: the answer held no access token that can be used.`,
      );
    return this.#held;
  }

  /** Spends the refresh token, unless another source of this process has done so and could not write what it got. */
  async #spend(lane: Lane, held: Held, reason: RefreshReason): Promise<IssuedTokens> {
    const { store, endpoints, sendRefresh } = this.#options;
    const { refreshToken } = held.credential;
    if (refreshToken === null) throw expired(held, store.place);
    if (lane.unwritten?.spent.equals(refreshToken) === true) return lane.unwritten.issued;
    const target = refreshTarget(endpoints, readProvenance(held.document), store.place);
    const sending = sendRefresh(target, refreshToken, reason, store.place);
    this.#options.onStep("sent");
    const issued = await sending;
    this.#options.onStep("answered");
    // A server that does not rotate leaves the old one good to be sent again.
    if (issued.refreshToken !== null) lane.unwritten = { spent: refreshToken, issued };
    return issued;
  }

  /** A program that shares the sign-in may have refreshed it a moment before us: then its tokens are in the store. */
  async #otherTokens(held: Held): Promise<Held | null> {
    try {
      const found = await this.#reread();
      return found === held ? null : found;
    } catch (error) {
      if (!isPlanportError(error) || !SURVIVABLE.has(error.code)) throw error;
      return null; // That the sign-in is over says more than that the file cannot be read.
    }
  }

  /** Brings the store up to what is held in memory. A failure to write is told, and tried again at the next call. */
  async #saveAgain(lane: Lane): Promise<void> {
    const held = this.#held;
    if (held === null || held.document === held.onDisk) return;
    let outcome: WriteOutcome;
    try {
      outcome = await this.#options.store.write(held.onDisk, held.document, { onStep: this.#options.onStep });
    } catch (error) {
      this.#options.onWarning(error instanceof Error ? error : new Error("the store failed", { cause: error }));
      return;
    }
    lane.unwritten = null;
    const { written, document } = outcome;
    if (document === null) this.#held = null;
    else if (written) this.#held = { ...held, document, onDisk: document };
    else this.#adopt(document);
  }

  #reasonToRefresh(held: Held): RefreshReason | null {
    const { expiresAtMs, lastRefreshAtMs } = held.credential;
    const nowMs = this.#options.now();
    if (expiresAtMs !== null) return expiresAtMs <= nowMs + this.#options.refreshEarlyMs ? "proactive_expiry" : null;
    return lastRefreshAtMs !== null && nowMs - lastRefreshAtMs > SCHEDULED_REFRESH_AFTER_MS ? "scheduled" : null;
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

function expired(held: Held, place: string): CredentialError {
  const what = held.credential.refreshToken === null ? "has expired and came without a refresh token" : "has expired";
  return new CredentialError("refresh_rejected", `The sign-in in ${place} ${what}. Run \`planport login\`.`);
}

function grantOf({ credential }: Held): Grant {
  return {
    kind: "chatgpt",
    bearer: credential.accessToken,
    expiresAtMs: credential.expiresAtMs,
    accountId: credential.accountId,
    fedramp: credential.fedramp,
    email: credential.email,
    planType: credential.planType,
    userId: credential.userId,
  };
}
