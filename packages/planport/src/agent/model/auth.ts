/**
 * Who the model calls are made for, and how a 401 is dealt with.
 * @module
 */
import type { Grant, TokenSource } from "../../auth/token-source.ts";
import { isPlanportError } from "../../errors.ts";

/** What the engine asks of whoever keeps the sign-in. It is asked anew for each request, so a new sign-in counts at once. */
export interface ModelAuth {
  /**
   * The credential of a call; null when nobody is signed in: then the call goes out without one.
   * @throws {CredentialError}
   */
  get(signal: AbortSignal): Promise<Grant | null>;
  /**
   * Called after the n-th 401 of one request, counted from 1: another credential, or the same one to try again with; null when
   * there is nothing left to try and the 401 stands.
   * @throws {CredentialError} `refresh_rejected` when only a new sign-in helps; every other `retryable` one is tried again in a while.
   */
  recover(rejected: Grant, attempt: number, signal: AbortSignal): Promise<Grant | null>;
}

/**
 * For a token source: one recovery for each request, and nobody signed in where it has nothing.
 * @param reloadFirst The first 401 only makes the source look again at what it has, as Codex does it with its `auth.json`.
 */
export function authOfTokens(
  tokens: TokenSource,
  { reloadFirst = false }: { readonly reloadFirst?: boolean } = {},
): ModelAuth {
  return {
    get: async (signal) => {
      try {
        return await tokens.get({ signal });
      } catch (error) {
        if (isPlanportError(error) && error.code === "credential_missing") return null;
        throw error;
      }
    },
    recover: (rejected, attempt, signal) => {
      if (reloadFirst && attempt === 1) return tokens.get({ signal });
      return attempt === (reloadFirst ? 2 : 1) ? tokens.recover(rejected, { signal }) : Promise.resolve(null);
    },
  };
}
