/**
 * When a token is to be refreshed, and until when it serves, by a clock that may be wrong or jump.
 * @module
 */
import type { Secret } from "../secret.ts";
import type { ChatGptCredential } from "./credential.ts";
import { readIssuedAtMs } from "./jwt-claims.ts";
import type { RefreshReason } from "./oauth/token-endpoint.ts";

/** Without a readable `exp`, a token this old is refreshed (codex-rs/login/src/auth/manager.rs). */
const SCHEDULED_REFRESH_AFTER_MS = 8 * 24 * 60 * 60 * 1000;
/** After a refresh that failed while the access token still works, the next one waits; longer each time. */
const FIRST_PAUSE_MS = 30_000;
const LONGEST_PAUSE_MS = 300_000;
/** A difference to the server's clock that is worth correcting. */
const SKEW_MS = 120_000;

/** Judges tokens by the system's clock, corrected by what the server's clock showed when it last issued one. */
export class Freshness {
  readonly #now: () => number;
  readonly #earlyMs: number;
  #skewMs = 0;
  #newest: Secret | null = null;
  #pause: { readonly fromMs: number; readonly untilMs: number } | null = null;
  #failures = 0;

  /** @param earlyMs Refresh when this much or less of the access token's life is left. */
  constructor(now: () => number, earlyMs: number) {
    this.#now = now;
    this.#earlyMs = earlyMs;
  }

  /** Why to refresh; null while there is no reason. */
  reason(credential: ChatGptCredential, earlyMs: number = this.#earlyMs): RefreshReason | null {
    const { expiresAtMs, lastRefreshAtMs } = credential;
    const nowMs = this.#serverTimeMs();
    if (expiresAtMs !== null) return expiresAtMs <= nowMs + earlyMs ? "proactive_expiry" : null;
    return lastRefreshAtMs !== null && nowMs - lastRefreshAtMs > SCHEDULED_REFRESH_AFTER_MS ? "scheduled" : null;
  }

  /** True while the token has not expired, or was made a moment ago, whatever the clock says. */
  isUsable({ accessToken, expiresAtMs }: ChatGptCredential): boolean {
    if (expiresAtMs === null || expiresAtMs > this.#serverTimeMs()) return true;
    return this.isPaused && accessToken.equals(this.#newest);
  }

  /** For refreshes that come long before the end: never before half of the token's life is over. */
  longEarlyMs(credential: ChatGptCredential, earlyMs: number): number {
    const { accessToken, expiresAtMs, lastRefreshAtMs } = credential;
    const bornMs = readIssuedAtMs(accessToken.reveal()) ?? lastRefreshAtMs;
    if (expiresAtMs === null || bornMs === null || bornMs >= expiresAtMs) return earlyMs;
    return Math.max(this.#earlyMs, Math.min(earlyMs, (expiresAtMs - bornMs) / 2));
  }

  /**
   * A token was made by the server this very moment. If it looks old already, or not to have been made yet, the clock here
   * is wrong and is corrected. One that needs a refresh all the same serves for a while: else there would be one for
   * every request.
   * @param isNew False when it is the one from before: then it does not tell what the server's clock shows.
   */
  issued(credential: ChatGptCredential, isNew: boolean): void {
    const { accessToken, expiresAtMs } = credential;
    this.#failures = 0;
    if (isNew) this.#skewMs = 0;
    const bornMs = isNew ? readIssuedAtMs(accessToken.reveal()) : null;
    if (bornMs !== null && expiresAtMs !== null) {
      const skewMs = this.#now() - bornMs;
      const looksOld = this.reason(credential) !== null && expiresAtMs - bornMs > this.#earlyMs;
      if (skewMs < -SKEW_MS || (skewMs > SKEW_MS && looksOld)) this.#skewMs = skewMs;
    }
    this.#newest = accessToken;
    this.#pause = this.reason(credential) === null ? null : this.#pauseOf(FIRST_PAUSE_MS);
  }

  /** A refresh failed for now. @param retryAfterMs What the server asked for; null when it did not. */
  failed(retryAfterMs: number | null): void {
    const pauseMs = Math.min(FIRST_PAUSE_MS * 2 ** this.#failures, LONGEST_PAUSE_MS);
    this.#failures = Math.min(this.#failures + 1, 10);
    this.#pause = this.#pauseOf(retryAfterMs ?? pauseMs);
  }

  /** Other tokens than before: what was learnt of the former says nothing of them. */
  changed(): void {
    this.#pause = null;
    this.#failures = 0;
  }

  /** True while the next refresh should wait. A clock that was set back does not make the wait any longer. */
  get isPaused(): boolean {
    if (this.#pause === null) return false;
    const nowMs = this.#now();
    return nowMs >= this.#pause.fromMs && nowMs < this.#pause.untilMs;
  }

  #pauseOf(ms: number): { readonly fromMs: number; readonly untilMs: number } {
    const nowMs = this.#now();
    return { fromMs: nowMs, untilMs: nowMs + ms };
  }

  #serverTimeMs(): number {
    return this.#now() - this.#skewMs;
  }
}
