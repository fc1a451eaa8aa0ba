/**
 * Tokens that a parent program owns: it hands them over, and is asked for new ones. Nothing here touches a disk.
 * @module
 */
import { CredentialError, isPlanportError, RequestError } from "../errors.ts";
import { isJsonObject } from "../protocol/json.ts";
import { oneLine } from "../redact.ts";
import { Secret } from "../secret.ts";
import { isTokenText } from "./auth-file.ts";
import type { ExternalCredential } from "./credential.ts";
import { readJwtClaims } from "./jwt-claims.ts";
import { notifyRefreshed } from "./on-refreshed.ts";
import type { Grant, TokenSource } from "./token-source.ts";
import { isCancelled, shareCall } from "./wait.ts";

/**
 * Why the parent is asked: it gave no tokens yet (`initial`), the token is about to end (`expired`), or the backend
 * refused it (`unauthorized`).
 */
export type ExternalRefreshReason = "initial" | "expired" | "unauthorized";

/** What a parent program hands over. */
export interface ExternalTokens {
  /** The bearer; its claims are read where it is a JWT. */
  readonly accessToken: Secret | string;
  /** The workspace, sent as `chatgpt-account-id`. By default the token's own claim. */
  readonly accountId?: string | null | undefined;
  /** By default the token's own claim. */
  readonly planType?: string | null | undefined;
  /** Milliseconds since the epoch. By default the token's own `exp`. */
  readonly expiresAtMs?: number | null | undefined;
}

/**
 * Asks the parent for new tokens. `previousAccountId` names the workspace in use, null before there was one. The signal
 * is aborted when the time is up or nobody waits any more; an answer that comes later is not looked at.
 */
export type ExternalRefresh = (
  reason: ExternalRefreshReason,
  previousAccountId: string | null,
  options: { readonly signal: AbortSignal },
) => Promise<ExternalTokens>;

/** The `external` option: tokens of a parent program. */
export interface ExternalOptions {
  readonly refresh: ExternalRefresh;
  /** What to begin with; without it the parent is asked at the first request. */
  readonly initial?: ExternalTokens | undefined;
  /** How long the parent may take to answer, in milliseconds; 10 s by default, as Codex. */
  readonly timeoutMs?: number | undefined;
  /**
   * What to do about new tokens of another workspace when no workspace is forced: refuse them (the default, since
   * whoever asked believed to be in the former one), or go on with them, as Codex does.
   */
  readonly otherAccount?: "refuse" | "accept" | undefined;
}

/** Options of {@link createExternalSource}. */
export interface ExternalSourceOptions extends ExternalOptions {
  /** Workspaces that are allowed; empty or absent for any. */
  readonly allowedWorkspaceIds?: readonly string[] | undefined;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Ask when this much or less of the token's life is left. */
  readonly refreshEarlyMs: number;
  /** Told of a refusal that did not stop a request. */
  readonly onWarning: (error: Error) => void;
  /** Called with each new token. */
  readonly onRefreshed?: ((grant: Grant) => void) | undefined;
}

const TIMEOUT_MS = 10_000;
/** After a refusal while the token still works, the next question waits. */
const PAUSE_MS = 30_000;
const PARENT = "The program that provides the tokens";

/**
 * A source of a parent program's tokens, held in memory alone. The parent is asked one question at a time; all who need
 * the answer share it.
 * @throws {CredentialError} `credential_malformed`, `workspace_forbidden` for the initial tokens.
 */
export function createExternalSource(options: ExternalSourceOptions): TokenSource {
  const { now } = options;
  const take = (answer: unknown, previous: Grant | null): Grant => {
    const grant = readTokens(answer, previous);
    assertWorkspace(grant, previous, options);
    return grant;
  };
  let held: Grant | null = options.initial === undefined ? null : take(options.initial, null);
  let pauseUntilMs = 0;
  let last: Promise<unknown> = Promise.resolve();
  // Questions for different reasons follow one another: an answer may make the next question needless.
  const inTurn = async (
    reason: ExternalRefreshReason,
    rejected: Secret | null,
    signal: AbortSignal,
  ): Promise<Grant> => {
    const before = last;
    let done = (): void => {};
    last = new Promise<void>((resolve) => (done = resolve));
    try {
      await before;
      if (held !== null && !held.bearer.equals(rejected) && !isEnding(held)) return held;
      const answer = await askParent(options, reason, held?.accountId ?? null, signal);
      held = take(answer, held);
      pauseUntilMs = isEnding(held) ? now() + PAUSE_MS : 0; // Tokens that are born old are not asked for at each request.
      notifyRefreshed(options.onRefreshed, held, options.onWarning);
      return held;
    } finally {
      done();
    }
  };
  const isEnding = ({ expiresAtMs }: Grant): boolean =>
    expiresAtMs !== null && expiresAtMs <= now() + options.refreshEarlyMs;
  const isUsable = ({ expiresAtMs }: Grant): boolean => expiresAtMs === null || expiresAtMs > now();
  const freshen = shareCall((signal) => inTurn(held === null ? "initial" : "expired", null, signal));
  let replacing: { readonly bearer: Secret; readonly call: ReturnType<typeof shareCall<Grant>> } | null = null;

  return {
    async get({ signal } = {}) {
      const current = held;
      if (current !== null && (!isEnding(current) || (isUsable(current) && now() < pauseUntilMs))) return current;
      try {
        return await freshen(signal);
      } catch (error) {
        if (current === null || !isUsable(current) || !isPlanportError(error) || isCancelled(error)) throw error;
        pauseUntilMs = now() + PAUSE_MS;
        options.onWarning(error);
        return current;
      }
    },
    async recover(rejected, { signal } = {}) {
      if (held !== null && !held.bearer.equals(rejected.bearer)) return sameAccount(held, rejected);
      if (replacing?.bearer.equals(rejected.bearer) !== true)
        replacing = {
          bearer: rejected.bearer,
          call: shareCall((inner) => inTurn("unauthorized", rejected.bearer, inner)),
        };
      const next = await replacing.call(signal);
      return next.bearer.equals(rejected.bearer) ? null : next;
    },
    settled: async () => void (await last),
  };
}

/**
 * What is known of a parent's tokens before anybody was asked; nothing at all when it gave none to begin with.
 * @throws {CredentialError} `credential_malformed`
 */
export function externalCredential(initial: ExternalTokens | undefined): ExternalCredential {
  if (initial === undefined) {
    const nobody = { accountId: null, fedramp: false, email: null, planType: null, userId: null };
    return { kind: "external", accessToken: new Secret(""), expiresAtMs: null, ...nobody };
  }
  const { bearer, expiresAtMs, accountId, fedramp, email, planType, userId } = readTokens(initial);
  return { kind: "external", accessToken: bearer, expiresAtMs, accountId, fedramp, email, planType, userId };
}

/** A request that began in one workspace is not finished in another. */
function sameAccount(held: Grant, rejected: Grant): Grant {
  if (held.accountId === rejected.accountId) return held;
  throw new CredentialError(
    "credential_rejected",
    `${PARENT} has changed to another account; send the request again to use it.`,
  );
}

async function askParent(
  options: ExternalSourceOptions,
  reason: ExternalRefreshReason,
  previousAccountId: string | null,
  signal: AbortSignal,
): Promise<unknown> {
  if (signal.aborted) throw new RequestError("cancelled", "The request was cancelled.");
  const timeoutMs = options.timeoutMs ?? TIMEOUT_MS;
  const ended = new AbortController();
  const onAbort = (): void => ended.abort();
  signal.addEventListener("abort", onAbort, { once: true });
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<never>((_resolve, reject) => {
    const fail = (): void => reject(unavailable(`did not answer within ${timeoutMs / 1000} s`));
    timer = setTimeout(() => {
      fail();
      ended.abort();
    }, timeoutMs);
    ended.signal.addEventListener("abort", fail, { once: true });
  });
  const answer = (async () => options.refresh(reason, previousAccountId, { signal: ended.signal }))();
  answer.catch(() => {}); // It may fail after nobody listens any more.
  try {
    return await Promise.race([answer, limit]);
  } catch (error) {
    if (isPlanportError(error)) throw error;
    const said = error instanceof Error ? oneLine(error.message, 200, { opaque: true }) : "";
    // Without the error itself as a cause: nobody knows what a foreign error carries along.
    throw unavailable(`failed to renew them${said === "" ? "" : `: ${said}`}`);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", onAbort);
  }
}

function unavailable(what: string): CredentialError<"refresh_unavailable"> {
  return new CredentialError("refresh_unavailable", `${PARENT} ${what}.`);
}

/** Judges what came from outside: its types hold only as far as the parent's author kept to them. */
function readTokens(answer: unknown, previous: Grant | null = null): Grant {
  if (!isJsonObject(answer)) throw malformed("an answer that is no object with the field `accessToken`");
  const given = answer["accessToken"];
  const token = given instanceof Secret ? given : typeof given === "string" ? new Secret(given.trim()) : null;
  if (token === null || token.reveal() === "") throw malformed("no `accessToken` (a string)");
  if (!isTokenText(token.reveal())) throw malformed("an `accessToken` with blanks or foreign characters in it");
  const text = (field: string): string | null => {
    const value = answer[field];
    if (value === undefined || value === null || value === "") return null;
    // What is inside ends up in a header.
    if (typeof value !== "string" || !isTokenText(value)) throw malformed(`a \`${field}\` that is no plain text`);
    return value;
  };
  const expires = answer["expiresAtMs"] ?? null;
  if (expires !== null && (typeof expires !== "number" || !Number.isFinite(expires)))
    throw malformed("an `expiresAtMs` that is no number of milliseconds");
  const claims = readJwtClaims(token.reveal());
  const accountId = text("accountId") ?? claims?.accountId ?? previous?.accountId ?? null;
  const planType = text("planType") ?? claims?.planType ?? previous?.planType ?? null;
  return {
    kind: "external",
    bearer: token,
    expiresAtMs: expires ?? claims?.expiresAtMs ?? null,
    accountId,
    fedramp: claims?.fedramp === true,
    email: claims?.email ?? null,
    planType,
    userId: claims?.userId ?? null,
  };
}

/** The workspace rule: one that is forced, else the one before. A token may not say another than its parent says. */
function assertWorkspace(grant: Grant, previous: Grant | null, options: ExternalSourceOptions): void {
  const { accountId } = grant;
  const claimed = readJwtClaims(grant.bearer.reveal())?.accountId ?? accountId;
  const allowed = options.allowedWorkspaceIds ?? [];
  const belongs = `${PARENT} gave tokens of workspace ${accountId ?? "(unknown)"}`;
  if (allowed.length > 0) {
    const other = [accountId, claimed].some((id) => id === null || !allowed.includes(id));
    if (other)
      throw new CredentialError("workspace_forbidden", `${belongs}; only ${allowed.join(", ")} is allowed by setting.`);
    return;
  }
  const before = previous?.accountId ?? null;
  if (options.otherAccount !== "accept" && before !== null && accountId !== before)
    throw new CredentialError("workspace_forbidden", `${belongs}, and those before were of ${before}.`);
}

function malformed(what: string): CredentialError<"credential_malformed"> {
  return new CredentialError("credential_malformed", `${PARENT} gave ${what}.`);
}
