/**
 * An enterprise's Codex access token (`at-…`): what counts as one, and a source of it.
 * (codex-rs/login/src/auth/personal_access_token.rs)
 * @module
 */
import { CredentialError, retryOf } from "../errors.ts";
import type { HttpClient } from "../net/types.ts";
import type { Secret } from "../secret.ts";
import type { AccountCache } from "./account-cache.ts";
import { isTokenText } from "./auth-file.ts";
import type { Identity, PersonalAccessTokenCredential } from "./credential.ts";
import type { ClientIdentity } from "./http.ts";
import { createRefusalExplainer } from "./personal-access-token-refusal.ts";
import type { Grant, TokenSource } from "./token-source.ts";
import { shareCall } from "./wait.ts";
import { askWhoami, type WhoamiAnswer } from "./whoami.ts";

/**
 * The credential for a token out of an environment variable or a prompt.
 * @param origin Where the token came from, for messages: `$CODEX_PAT`, say, or `standard input`.
 * @throws {CredentialError} `credential_unsupported` when it is an API key or another kind of token;
 * `credential_malformed` when it cannot be a token at all.
 */
export function personalAccessTokenCredential(
  token: Secret,
  origin: string,
  accountId: string | null = null,
): PersonalAccessTokenCredential {
  const text = token.reveal();
  const place = origin.charAt(0).toUpperCase() + origin.slice(1);
  // A variable goes on to win over every sign-in; elsewhere there is nothing to unset.
  const remedy = origin.startsWith("$") ? "unset it and run `planport login`" : "run `planport login`";
  if (text.startsWith("sk-"))
    throw new CredentialError(
      "credential_unsupported",
      `${place} holds an OpenAI API key (sk-…). API keys do not work with a ChatGPT plan's backend: ${remedy}, or give a ` +
        "Codex access token (at-…) in its place. To use OpenAI's own API with the key, put it into OPENAI_API_KEY.",
    );
  if (!text.startsWith("at-"))
    throw new CredentialError(
      "credential_unsupported",
      `${place} must hold a Codex access token, which starts with \`at-\`. Other tokens (agent identities, access tokens ` +
        `cut out of an auth.json) are not taken: ${remedy}.`,
    );
  if (!isTokenText(text) || text === "at-")
    throw new CredentialError(
      "credential_malformed",
      `${place} holds a Codex access token that is cut off, or has blanks or other foreign characters in it.`,
    );
  return { kind: "personalAccessToken", token, accountId, fedramp: false, email: null, planType: null, userId: null };
}

/** Options of {@link createPersonalAccessTokenSource}. */
export interface PersonalAccessTokenSourceOptions {
  /** With an account, it is the one that was set by hand (`CODEX_ACCOUNT_ID`): then nothing is asked or read. */
  readonly credential: PersonalAccessTokenCredential;
  /** Where the token came from, for messages. */
  readonly place: string;
  readonly http: HttpClient;
  readonly whoamiUrl: string;
  readonly client: ClientIdentity;
  /** Remembers accounts between processes. Default: nothing is remembered. */
  readonly cache?: AccountCache | undefined;
  /**
   * The account of another sign-in on this machine, for when the token's own cannot be looked up; null when there is
   * none. Never rejects. Default: there is none.
   */
  readonly fallbackAccountId?: (() => Promise<string | null>) | undefined;
  /** How long its server may take to say whose the token is, in milliseconds. Default 10 s. */
  readonly timeoutMs?: number | undefined;
  /** Milliseconds since the epoch; by default `Date.now`. */
  readonly now?: (() => number) | undefined;
}

/** So long a guessed account is used before its server is asked again: a server that is away must not hold up each call. */
const GUESS_TTL_MS = 60_000;

/**
 * A source of a Codex access token. Its account is the one that was set (`CODEX_ACCOUNT_ID`), else the one in memory, else
 * in the cache, else what its server says, else, when that cannot be asked, the account of the sign-in on this machine.
 * Such a token cannot be renewed: `recover` is always null, and `explain` finds out what a refusal means.
 */
export function createPersonalAccessTokenSource(options: PersonalAccessTokenSourceOptions): TokenSource {
  const { credential, place, cache } = options;
  const { token } = credential;
  const now = options.now ?? Date.now;
  let known: Grant | null = credential.accountId === null ? null : grantOf(token, credential);
  let guess: { readonly grant: Grant; readonly untilMs: number } | null = null;

  const remember = async (identity: Identity): Promise<Grant> => {
    const grant = grantOf(token, identity);
    // What was set by hand stands, right or wrong.
    if (credential.accountId === null) {
      known = grant;
      guess = null;
      await cache?.set(token, identity);
    }
    return grant;
  };
  const forget = async (): Promise<void> => {
    if (credential.accountId !== null) return;
    known = null;
    await cache?.forget(token);
  };
  const lookUp = shareCall(async (signal): Promise<Grant> => {
    const cached = (await cache?.get(token)) ?? null;
    if (cached !== null) return (known = grantOf(token, cached));
    const first = await askWhoami(options, token, signal);
    // A refusal is looked into by asking once more, as one of the backend's is.
    const answer = first.kind === "rejected" ? await askWhoami(options, token, signal) : first;
    if (answer.kind === "accepted") return remember(answer.identity);
    if (first.kind === "rejected") {
      await forget();
      throw refused(first.status, answer, place);
    }
    const accountId = (await options.fallbackAccountId?.()) ?? null;
    if (accountId === null) throw notFound(answer, place);
    const grant = grantOf(token, { ...credential, accountId });
    guess = { grant, untilMs: now() + GUESS_TTL_MS };
    return grant;
  });
  const explain = createRefusalExplainer({
    place,
    givenAccountId: credential.accountId,
    ask: shareCall((signal) => askWhoami(options, token, signal)),
    remember: async (identity) => void (await remember(identity)),
    forget,
  });
  return {
    get: async ({ signal } = {}) => {
      if (known !== null) return known;
      return guess !== null && now() < guess.untilMs ? guess.grant : lookUp(signal);
    },
    recover: async () => null,
    explain: (refusal, rejected, { signal } = {}) => explain(refusal, rejected, signal),
  };
}

function grantOf(token: Secret, { accountId, fedramp, email, planType, userId }: Identity): Grant {
  return { kind: "personalAccessToken", bearer: token, expiresAtMs: null, accountId, fedramp, email, planType, userId };
}

type NoOwner = Exclude<WhoamiAnswer, { readonly kind: "accepted" }>;

/** Refused at first, and then again or not answered. */
function refused(status: number, second: NoOwner, place: string): CredentialError<"credential_rejected"> {
  const head = `The Codex access token from ${place} was refused (${status})`;
  return new CredentialError(
    "credential_rejected",
    second.kind === "rejected"
      ? `${head}: it is revoked or expired. Mint a new token in the workspace's settings and put it there.`
      : `${head}, and then its server could not be asked again: ${second.why} Whether it is revoked is unknown: try ` +
          "again, and mint a new token in the workspace's settings if it stays so.",
  );
}

function notFound(answer: NoOwner, place: string): CredentialError<"refresh_unavailable"> {
  const { why, retryAfterMs, cause } =
    answer.kind === "unknown" ? answer : { why: `refused (${answer.status}).`, retryAfterMs: null, cause: undefined };
  const hints = { ...retryOf(cause), ...(retryAfterMs !== null && { retryAfterMs }) };
  return new CredentialError(
    "refresh_unavailable",
    `The owner of the Codex access token from ${place} could not be looked up: ${why} ` +
      `${hints.retryable === false ? "Set" : "Try again, or set"} CODEX_ACCOUNT_ID to skip the look-up.`,
    { ...hints, ...(cause !== undefined && { cause }) },
  );
}
