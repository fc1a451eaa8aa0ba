/**
 * What refresh tokens were spent for. pi may throw an answer away: it looks at its signal and at its lock once more before it
 * writes. The file then holds a token that is spent, with which pi comes again.
 * @module
 */
import type { IssuedTokens } from "../../../auth/auth-file.ts";
import type { Secret } from "../../../secret.ts";
import { tokenDigest } from "../../../store/refresh-journal.ts";

/** What a refresh token was spent for. */
export interface Renewal {
  readonly tokens: IssuedTokens;
  /** Milliseconds since the epoch. */
  readonly expiresAtMs: number;
}

/** Asks the server. */
type Spend = (token: Secret) => Promise<Renewal>;

/** For an extension that is loaded anew, which has modules of its own. By digest, so that what pi brings is not kept. */
const KEPT: unique symbol = Symbol.for("planport.pi.renewals");
/** pi comes again with the newest, if at all. */
const MAX_KEPT = 16;

/**
 * What a refresh token is spent for, or was: no token is spent twice in this process. Where the answer's own time is over by
 * now, its refresh token is spent in turn.
 * @throws What `spend` throws; the token may be tried again, then.
 */
export async function renewOnce(token: Secret, spend: Spend): Promise<Renewal> {
  const known = renewals().get(tokenDigest(token));
  if (known === undefined) return begin(token, spend);
  const renewal = await known;
  const { accessToken, refreshToken } = renewal.tokens;
  const isOver = accessToken === null || renewal.expiresAtMs <= Date.now();
  if (!isOver || refreshToken === null || tokenDigest(refreshToken) === tokenDigest(token)) return renewal;
  const later = await renewOnce(refreshToken, spend);
  // An answer without one leaves the token that was spent for it in force, which pi does not know.
  return later.tokens.refreshToken === null ? { ...later, tokens: { ...later.tokens, refreshToken } } : later;
}

function begin(token: Secret, spend: Spend): Promise<Renewal> {
  const all = renewals();
  const name = tokenDigest(token);
  const running = spend(token);
  all.set(name, running);
  for (const oldest of all.keys()) {
    if (all.size <= MAX_KEPT) break;
    all.delete(oldest);
  }
  running.then(
    // What the server gives is not spent, be it the very token that it was asked with.
    ({ tokens: { refreshToken } }) => all.delete(refreshToken === null ? name : tokenDigest(refreshToken)),
    () => all.delete(name),
  );
  return running;
}

function renewals(): Map<string, Promise<Renewal>> {
  const keeper = globalThis as { [KEPT]?: Map<string, Promise<Renewal>> };
  return (keeper[KEPT] ??= new Map());
}
