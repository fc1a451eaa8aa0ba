/**
 * The tokens of a transport, held in memory and kept fresh; whoever owns them is told of each change.
 * @module
 */
import type { Grant, TokenSource } from "../../auth/token-source.ts";
import { surfaces } from "../../auth/surfaces.ts";
import { raceAbort } from "../../auth/wait.ts";
import { readJwtClaims } from "../../auth/jwt-claims.ts";
import { CredentialError, isPlanportError } from "../../errors.ts";
import { Secret } from "../../secret.ts";
import { openSignInServer, type SignInServer, type SignInServerOptions } from "../server-options.ts";
import { spendRefreshToken } from "./oauth.ts";
import { type RefreshListeners, tellRefresh, warn } from "./tell-refresh.ts";
import { accountIdOf, expiryText, type TransportTokens } from "./tokens.ts";

/** A transport refreshes when this or less is left. */
const REFRESH_EARLY_MS: number = surfaces.transport.refreshEarlyMs;
/** After a refresh that failed while the access token still works, the next one waits. */
const REFRESH_PAUSE_MS = 10_000;

/** Options of {@link createTransportTokenSource}. */
export interface TransportTokenSourceOptions extends SignInServerOptions, RefreshListeners {
  /** The access token. */
  readonly apiKey: string;
  /** Without it, the access token is used as long as it works. */
  readonly refreshToken?: string | undefined;
  /** Seconds since the epoch, as a text. Without it the access token is refreshed only when it is refused. */
  readonly expiresAt?: string | undefined;
  /** Default: what the access token says. */
  readonly accountId?: string | undefined;
  /** Milliseconds since the epoch. Default `Date.now`. */
  readonly now?: (() => number) | undefined;
}

/**
 * A source of bearers for tokens that the caller stores: one refresh at a time, 30 s before the end or when the backend
 * refuses the token. `onAuthRefresh` gets the new tokens before they are used.
 * @throws {CredentialError} `credential_missing` when `apiKey` is empty.
 */
export function createTransportTokenSource(options: TransportTokenSourceOptions): TokenSource {
  if (options.apiKey.trim() === "")
    throw new CredentialError("credential_missing", "apiKey is empty. Sign in: runOAuthFlow() gives the tokens.");
  const source = new TransportSource(options);
  return {
    get: ({ signal } = {}) => source.get(signal),
    recover: (rejected, { signal } = {}) => source.recover(rejected, signal),
    settled: () => source.settled(),
  };
}

interface Held {
  readonly access: Secret;
  readonly refresh: Secret | null;
  readonly expiresAtMs: number | null;
  readonly accountId: string | undefined;
}

class TransportSource {
  readonly #options: TransportTokenSourceOptions;
  readonly #now: () => number;
  #held: Held;
  #server: Promise<SignInServer> | null = null;
  #flight: Promise<void> | null = null;
  /** The refresh token that is held will not work again. */
  #dead: CredentialError | null = null;
  #pauseUntilMs = 0;

  constructor(options: TransportTokenSourceOptions) {
    const { apiKey, refreshToken = "", expiresAt = "", accountId = "" } = options;
    this.#options = options;
    this.#now = options.now ?? Date.now;
    this.#held = {
      access: new Secret(apiKey.trim()),
      refresh: refreshToken === "" ? null : new Secret(refreshToken),
      expiresAtMs: secondsToMs(expiresAt),
      accountId: accountId === "" ? undefined : accountId,
    };
  }

  async get(signal: AbortSignal | undefined): Promise<Grant> {
    const { expiresAtMs, refresh } = this.#held;
    const nowMs = this.#now();
    if (refresh === null || expiresAtMs === null || nowMs < expiresAtMs - REFRESH_EARLY_MS) return this.#grant();
    const isUsable = nowMs < expiresAtMs;
    if (isUsable && (this.#dead !== null || nowMs < this.#pauseUntilMs)) return this.#grant();
    try {
      await raceAbort(this.#refresh(), signal);
    } catch (error) {
      if (!isUsable || !isPlanportError(error) || error.code === "cancelled") throw error;
      this.#pauseUntilMs = this.#now() + (error.retryAfterMs ?? REFRESH_PAUSE_MS);
      warn(error, this.#options);
    }
    return this.#grant();
  }

  async recover(rejected: Grant, signal: AbortSignal | undefined): Promise<Grant | null> {
    if (this.#held.access.equals(rejected.bearer)) {
      if (this.#held.refresh === null) return null;
      await raceAbort(this.#refresh(), signal);
    }
    return this.#held.access.equals(rejected.bearer) ? null : this.#grant();
  }

  async settled(): Promise<void> {
    await this.#flight?.catch(() => {});
  }

  #refresh(): Promise<void> {
    this.#flight ??= this.#spend().finally(() => {
      this.#flight = null;
    });
    return this.#flight;
  }

  async #spend(): Promise<void> {
    const { refresh, accountId } = this.#held;
    if (this.#dead !== null) throw this.#dead;
    if (refresh === null) return;
    this.#server ??= openSignInServer(this.#options);
    let rotated = false;
    const keep = (next: Secret): void => {
      rotated = true;
      this.#held = { ...this.#held, refresh: next };
    };
    try {
      const tokens = await spendRefreshToken(refresh, this.#now(), accountId, await this.#server, keep);
      this.#held = {
        access: new Secret(tokens.access_token),
        refresh: new Secret(tokens.refresh_token),
        expiresAtMs: secondsToMs(tokens.expires_at),
        accountId: tokens.account_id === "" ? undefined : tokens.account_id,
      };
      this.#pauseUntilMs = this.#now() + REFRESH_PAUSE_MS;
      await tellRefresh(tokens, this.#options);
    } catch (error) {
      if (error instanceof CredentialError && error.code === "refresh_rejected") this.#dead = error;
      if (rotated) await tellRefresh(this.#texts(), this.#options);
      throw error;
    }
  }

  /** What is held, as its owner keeps it. */
  #texts(): TransportTokens {
    const { access, refresh, expiresAtMs, accountId } = this.#held;
    return {
      access_token: access.reveal(),
      refresh_token: refresh?.reveal() ?? "",
      expires_at: expiresAtMs === null ? "" : expiryText(expiresAtMs),
      account_id: accountId ?? accountIdOf([access]) ?? "",
    };
  }

  #grant(): Grant {
    const { access, expiresAtMs, accountId } = this.#held;
    const claims = readJwtClaims(access.reveal());
    return {
      kind: "chatgpt",
      bearer: access,
      expiresAtMs,
      accountId: accountId ?? claims?.accountId ?? null,
      fedramp: claims?.fedramp ?? false,
      email: claims?.email ?? null,
      planType: claims?.planType ?? null,
      userId: claims?.userId ?? null,
    };
  }
}

function secondsToMs(text: string): number | null {
  const seconds = text.trim() === "" ? Number.NaN : Number(text);
  return Number.isFinite(seconds) ? seconds * 1000 : null;
}
