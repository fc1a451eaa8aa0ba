/**
 * Sends a refresh and says what became of it in planport's own errors.
 * @module
 */
import { setTimeout as delay } from "node:timers/promises";
import { CredentialError, isPlanportError, retryOf } from "../errors.ts";
import type { HttpClient } from "../net/types.ts";
import { Secret } from "../secret.ts";
import type { IssuedTokens } from "./auth-file.ts";
import type { TokenTarget } from "./endpoints.ts";
import { type AuthResponse, type ClientIdentity, connectionFault, sendAuthRequest } from "./http.ts";
import { buildRefreshRequest, parseRefreshResponse, type RefreshReason } from "./oauth/token-endpoint.ts";

/** Watches a refresh, and decides how long to try. */
export interface RefreshWatch {
  /** Right before the token goes out. A throw calls the refresh off, and is what the caller gets. */
  readonly onSending?: (() => void) | undefined;
  /** The request was handed to the socket. */
  readonly onSent?: (() => void) | undefined;
  /** The new tokens, in the turn in which their last byte came; before anything else happens to them. */
  readonly onIssued?: ((tokens: IssuedTokens) => void) | undefined;
  /** What became of the old token, when no new one came: whether the server can have spent it all the same. */
  readonly onFailed?: ((token: "kept" | "in doubt") => void) | undefined;
  /** Tries again, twice at most, when no connection could be made. */
  readonly isPatient?: boolean | undefined;
}

/** Spends a refresh token. `place` is where it rests, for messages. */
export type SendRefresh = (
  target: TokenTarget,
  refreshToken: Secret,
  reason: RefreshReason,
  place: string,
  watch?: RefreshWatch,
) => Promise<IssuedTokens>;

/** What the server answered to a refresh that failed: the cause of its error. */
export interface RefreshFailure {
  readonly status: number;
  readonly upstreamCode: string | null;
}

/** Long enough for a slow answer: giving up early would lose the new refresh token that is on its way. */
export const REFRESH_TIMEOUT_MS = 30_000;
const RETRY_DELAYS_MS = [250, 1000];

/** With these no connection ever stood, so that nothing of the request can have reached the server. */
const NEVER_CONNECTED = new Set([
  "ECONNREFUSED",
  "ENOTFOUND",
  "EAI_AGAIN",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "ENETDOWN",
  "EADDRNOTAVAIL",
]);

/** Options of {@link createSendRefresh}. */
export interface SendRefreshOptions {
  /** Waits between tries to connect, in milliseconds. */
  readonly retryDelaysMs?: readonly number[];
}

/**
 * The way refreshes are sent. It takes no AbortSignal on purpose: a request that is cut off may have spent the token. For
 * the same reason it is sent again only when it cannot have been heard.
 * The function throws CredentialError `refresh_rejected` (final), `refresh_unavailable` (may pass), `credential_wrong_route`.
 */
export function createSendRefresh(
  http: HttpClient,
  client: ClientIdentity,
  options: SendRefreshOptions = {},
): SendRefresh {
  const retryDelaysMs = options.retryDelaysMs ?? RETRY_DELAYS_MS;
  return async (target, refreshToken, reason, place, watch = {}) => {
    const delaysMs = watch.isPatient === true ? retryDelaysMs : [];
    for (let retries = 0; ; retries++) {
      const attempt = new Attempt(http, watch);
      try {
        return await attempt.send(buildRefreshRequest(target, refreshToken, reason, client), target.url, place);
      } catch (error) {
        const delayMs = delaysMs[retries];
        if (delayMs !== undefined && attempt.neverConnected) {
          await delay(delayMs);
          continue;
        }
        watch.onFailed?.(attempt.isInDoubt ? "in doubt" : "kept");
        throw error;
      }
    }
  };
}

/** One request. */
class Attempt {
  readonly #http: HttpClient;
  readonly #watch: RefreshWatch;
  #isSent = false;
  #issued: IssuedTokens | null = null;
  #calledOff: { readonly error: unknown } | null = null;
  neverConnected = false;
  isInDoubt = false;

  constructor(http: HttpClient, watch: RefreshWatch) {
    this.#http = http;
    this.#watch = watch;
  }

  async send(request: ReturnType<typeof buildRefreshRequest>, url: string, place: string): Promise<IssuedTokens> {
    const response = await this.#exchange(request, url, place);
    if (this.#issued !== null) return this.#issued;
    if (response === null) throw new Error("unreachable");
    this.#noteSent();
    const outcome = parseRefreshResponse(response);
    if (outcome.kind === "refreshed") {
      this.#watch.onIssued?.(outcome.tokens);
      return outcome.tokens;
    }
    if (outcome.kind === "rejected")
      throw new CredentialError(
        "refresh_rejected",
        `The sign-in in ${place} is over: its refresh token ${outcome.why}. Run \`planport login\`.`,
        { cause: { status: outcome.status, upstreamCode: outcome.upstreamCode } satisfies RefreshFailure },
      );
    // A server that refuses has not rotated; one that failed may have, and an answer that is no JSON was to be one.
    this.isInDoubt = outcome.status >= 500 || outcome.status < 300;
    throw new CredentialError(
      "refresh_unavailable",
      `The sign-in in ${place} could not be refreshed: ${new URL(url).host} ${outcome.why}.`,
      {
        cause: { status: outcome.status, upstreamCode: null } satisfies RefreshFailure,
        ...(outcome.retryAfterMs !== null && { retryAfterMs: outcome.retryAfterMs }),
      },
    );
  }

  /** Null when the answer broke off behind the end of the tokens. */
  async #exchange(
    request: ReturnType<typeof buildRefreshRequest>,
    url: string,
    place: string,
  ): Promise<AuthResponse | null> {
    try {
      return await sendAuthRequest(this.#http, request, {
        timeoutMs: REFRESH_TIMEOUT_MS,
        watch: {
          onSending: () => this.#beforeSending(),
          onSent: () => this.#noteSent(),
          onBody: (status, soFar) => this.#hear(status, soFar),
        },
      });
    } catch (error) {
      if (this.#issued !== null) return null;
      if (this.#calledOff !== null) throw this.#calledOff.error;
      if (error instanceof CredentialError) throw error;
      const code = isPlanportError(error) && error.code === "upstream_unreachable" ? error.cause?.systemCode : null;
      this.neverConnected = !this.#isSent && code != null && NEVER_CONNECTED.has(code);
      this.isInDoubt = !this.neverConnected;
      throw new CredentialError(
        "refresh_unavailable",
        `The sign-in in ${place} could not be refreshed: ${connectionFault(url, error)}`,
        { ...retryOf(error), cause: error },
      );
    }
  }

  #beforeSending(): void {
    try {
      this.#watch.onSending?.();
    } catch (error) {
      this.#calledOff = { error };
      throw error;
    }
  }

  #noteSent(): void {
    if (this.#isSent) return;
    this.#isSent = true;
    this.#watch.onSent?.();
  }

  /** Tokens are there as soon as the JSON is whole, whatever becomes of the connection then. */
  #hear(status: number, soFar: Uint8Array): void {
    if (this.#issued !== null || status < 200 || status > 299 || soFar.at(-1) !== 0x7d) return; // It ends in `}`.
    const text = new Secret(Buffer.from(soFar).toString("utf8"));
    const outcome = parseRefreshResponse({ status, text, retryAfterMs: null });
    if (outcome.kind !== "refreshed") return;
    this.#issued = outcome.tokens;
    this.#watch.onIssued?.(outcome.tokens);
  }
}
