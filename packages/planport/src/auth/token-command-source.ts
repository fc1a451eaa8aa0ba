/**
 * Keeps what a token command printed for as long as it is good.
 * @module
 */
import { isPlanportError } from "../errors.ts";
import type { Secret } from "../secret.ts";
import type { PersonalAccessTokenCredential } from "./credential.ts";
import type { CommandCredential } from "./token-command.ts";
import type { Grant, TokenSource } from "./token-source.ts";
import { isCancelled, shareCall } from "./wait.ts";

/** Options of {@link createTokenCommandSource}. */
export interface TokenCommandSourceOptions {
  /** Runs the command; `runTokenCommand` with its options. */
  readonly run: (signal: AbortSignal) => Promise<CommandCredential>;
  /** What it printed a moment ago, if it was run already. */
  readonly initial?: CommandCredential | undefined;
  /** The source of an enterprise's access token, which may have to look up whose it is. */
  readonly personalSource: (credential: PersonalAccessTokenCredential) => TokenSource;
  /** How long a bearer that does not say when it ends is kept, in milliseconds. */
  readonly ttlMs: number;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Run it again when this much or less of the bearer's life is left. */
  readonly refreshEarlyMs: number;
  /** Told of a failure that did not stop a request. */
  readonly onWarning: (error: Error) => void;
}

/** What is kept of one run. */
interface Kept {
  readonly source: TokenSource;
  readonly bearer: Secret;
  /** When to run the command again, and when its bearer is of no use any more. */
  readonly renewAtMs: number;
  readonly endsAtMs: number;
}

/** After a failure while the bearer still works, the next run waits. */
const PAUSE_MS = 30_000;

/**
 * A source of what a command prints: run at the first request, again before its bearer ends, and once when the backend
 * refuses it. All who need it meanwhile share one run.
 */
export function createTokenCommandSource(options: TokenCommandSourceOptions): TokenSource {
  const { now } = options;
  let pauseUntilMs = 0;
  let kept: Kept | null = options.initial === undefined ? null : keep(options.initial, options);
  const run = shareCall(async (signal): Promise<Kept> => {
    const credential = await options.run(signal);
    kept = keep(credential, options);
    pauseUntilMs = 0;
    return kept;
  });

  return {
    async get({ signal } = {}): Promise<Grant> {
      const current = kept;
      if (current !== null && (now() < current.renewAtMs || now() < Math.min(pauseUntilMs, current.endsAtMs)))
        return current.source.get({ signal });
      try {
        return await (await run(signal)).source.get({ signal });
      } catch (error) {
        if (current === null || now() >= current.endsAtMs || !isPlanportError(error) || isCancelled(error)) throw error;
        pauseUntilMs = now() + PAUSE_MS;
        options.onWarning(error);
        return current.source.get({ signal });
      }
    },
    async recover(rejected, { signal } = {}): Promise<Grant | null> {
      const current = kept;
      const next = current !== null && !current.bearer.equals(rejected.bearer) ? current : await run(signal);
      return next.bearer.equals(rejected.bearer) ? null : next.source.get({ signal });
    },
  };
}

function keep(credential: CommandCredential, options: TokenCommandSourceOptions): Kept {
  const nowMs = options.now();
  if (credential.kind === "personalAccessToken")
    return {
      source: options.personalSource(credential),
      bearer: credential.token,
      renewAtMs: nowMs + options.ttlMs,
      endsAtMs: Number.POSITIVE_INFINITY,
    };
  const { accessToken, expiresAtMs, accountId, fedramp, email, planType, userId } = credential;
  const grant: Grant = {
    kind: "external",
    bearer: accessToken,
    expiresAtMs,
    accountId,
    fedramp,
    email,
    planType,
    userId,
  };
  // A bearer that is born old is used for a while, rather than the command run for each request.
  const soonMs = nowMs + PAUSE_MS;
  const renewAtMs =
    expiresAtMs === null
      ? nowMs + options.ttlMs
      : Math.max(expiresAtMs - options.refreshEarlyMs, Math.min(soonMs, expiresAtMs));
  return {
    source: { get: async () => grant, recover: async () => null },
    bearer: accessToken,
    renewAtMs,
    endsAtMs: expiresAtMs ?? Number.POSITIVE_INFINITY,
  };
}
