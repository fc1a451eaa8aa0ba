/**
 * When tokens end that were just issued.
 * @module
 */
import type { IssuedTokens } from "../auth/auth-file.ts";
import { readJwtClaims } from "../auth/jwt-claims.ts";

/** An answer that does not say how long its token lives means an hour, as other clients take it. */
const DEFAULT_LIFE_MS = 3_600_000;

/** Milliseconds since the epoch: by `expires_in` of the answer, else by the token itself, else in an hour. */
export function expiryOf(tokens: Pick<IssuedTokens, "accessToken" | "expiresInMs">, nowMs: number): number {
  if (tokens.expiresInMs !== undefined) return nowMs + tokens.expiresInMs;
  const own = tokens.accessToken === null ? null : readJwtClaims(tokens.accessToken.reveal());
  return own?.expiresAtMs ?? nowMs + DEFAULT_LIFE_MS;
}
