/**
 * Every token the simulator gave out, and what became of it. Refresh tokens rotate and are good for one use; using one
 * twice ends its whole family (RFC 9700 section 4.14.2).
 * @module
 */
import type { Accounts, SimulatedAccount } from "../accounts.ts";
import type { Random } from "../random.ts";
import { accessClaims, type ClaimFacts, CODEX_CLIENT_ID, DEFAULT_SCOPE, idClaims } from "./claims.ts";
import type { JwtSigner } from "./jwt.ts";

/** A sign-in's result, as plain strings. */
export interface IssuedTokens {
  readonly accessToken: string;
  readonly refreshToken: string;
  readonly idToken: string;
  readonly accountId: string;
  /** Of the access token, in milliseconds since the epoch. */
  readonly expiresAtMs: number;
  readonly scope: string;
}

/** Options of {@link TokenDesk.issue}. */
export interface IssueOptions {
  /** Default: the default account. */
  readonly accountId?: string | undefined;
  readonly accessTokenTtlMs?: number | undefined;
  readonly clientId?: string;
  readonly scope?: string;
  readonly nonce?: string | null;
}

/** Why a refresh was refused. */
export type RefreshRefusal = "unknown" | "expired" | "reused" | "invalidated" | "client_mismatch";

/** What the counters of {@link Simulator} read. */
export interface TokenCounters {
  refreshes: number;
  reusedRefreshTokens: number;
  revoked: number;
}

interface Family {
  readonly accountId: string;
  readonly clientId: string;
  readonly scope: string;
  readonly sessionId: string;
  readonly accessTokenTtlMs: number | undefined;
  ended: boolean;
}

interface RefreshRecord {
  readonly family: Family;
  state: "live" | "spent" | "expired";
}

interface AccessRecord {
  readonly accountId: string;
  readonly expiresAtMs: number;
}

/** Gives out, renews, checks and withdraws tokens. */
export interface TokenDesk {
  readonly counters: TokenCounters;
  /** A new family of tokens. */
  issue(options?: IssueOptions): IssuedTokens;
  /** Spends a refresh token. */
  refresh(refreshToken: string, clientId: string): IssuedTokens | RefreshRefusal;
  /** Withdraws a token at its owner's wish, and counts it. False when it is unknown. */
  revoke(token: string): boolean;
  /** Withdraws a token of any kind; a refresh token takes its family along. False when it is unknown. */
  withdraw(token: string): boolean;
  /** A new `at-…` token. */
  issuePersonal(accountId?: string): string;
  /** The account a live bearer stands for; null when it is unknown, expired or withdrawn. */
  accountOf(bearer: string): SimulatedAccount | null;
  /** True for a token that starts with `at-` and is live. */
  isPersonal(bearer: string): boolean;
  /** All access tokens given out so far answer 401 from now on. */
  expireAccessTokens(): void;
  /** All refresh tokens given out so far are too old from now on. */
  expireRefreshTokens(): void;
}

/** What a desk needs. */
export interface TokenDeskDeps {
  readonly accounts: Accounts;
  readonly signer: JwtSigner;
  readonly random: Random;
  readonly nowMs: () => number;
  readonly issuer: () => string;
  readonly accessTokenTtlMs: number;
  /** False: a refresh token that comes twice is refused, and harms no other. */
  readonly reuseEndsFamily: boolean;
}

const PRUNE_ABOVE = 2000;
const HOUR_MS = 3_600_000;

function newFamily(deps: TokenDeskDeps, options: IssueOptions): Family {
  return {
    accountId: options.accountId ?? deps.accounts.default.id,
    clientId: options.clientId ?? CODEX_CLIENT_ID,
    scope: options.scope ?? DEFAULT_SCOPE,
    sessionId: deps.random.uuid(),
    accessTokenTtlMs: options.accessTokenTtlMs,
    ended: false,
  };
}

function signTokens(deps: TokenDeskDeps, family: Family, nonce: string | null): IssuedTokens {
  const account = deps.accounts.get(family.accountId);
  const nowMs = deps.nowMs();
  const expiresAtMs = nowMs + (family.accessTokenTtlMs ?? deps.accessTokenTtlMs);
  const facts: ClaimFacts = {
    issuer: deps.issuer(),
    clientId: family.clientId,
    scope: family.scope,
    nonce,
    sessionId: family.sessionId,
    tokenId: deps.random.uuid(),
    nowMs,
    expiresAtMs,
  };
  // An ID token tells who signed in; it must be readable also when a test makes access tokens that are born expired.
  const idExpiresAtMs = Math.max(expiresAtMs, nowMs + HOUR_MS);
  return {
    accessToken: deps.signer.sign(accessClaims(account, facts)),
    refreshToken: deps.random.token("rt_", 48),
    idToken: deps.signer.sign(idClaims(account, { ...facts, expiresAtMs: idExpiresAtMs })),
    accountId: account.id,
    expiresAtMs,
    scope: family.scope,
  };
}

/** Opens a desk. */
export function createTokenDesk(deps: TokenDeskDeps): TokenDesk {
  const access = new Map<string, AccessRecord>();
  const refresh = new Map<string, RefreshRecord>();
  const personal = new Map<string, string>();
  const counters: TokenCounters = { refreshes: 0, reusedRefreshTokens: 0, revoked: 0 };

  function mint(family: Family, nonce: string | null): IssuedTokens {
    const nowMs = deps.nowMs();
    if (access.size > PRUNE_ABOVE)
      for (const [key, record] of access) if (record.expiresAtMs <= nowMs) access.delete(key);
    const issued = signTokens(deps, family, nonce);
    access.set(issued.accessToken, { accountId: issued.accountId, expiresAtMs: issued.expiresAtMs });
    refresh.set(issued.refreshToken, { family, state: "live" });
    return issued;
  }

  function withdraw(token: string): boolean {
    const record = refresh.get(token);
    if (record !== undefined) record.family.ended = true;
    return access.delete(token) || personal.delete(token) || record !== undefined;
  }

  return {
    counters,
    issue: (options = {}) => mint(newFamily(deps, options), options.nonce ?? null),
    refresh(refreshToken, clientId) {
      const record = refresh.get(refreshToken);
      if (record === undefined) return "unknown";
      if (record.state === "expired") return "expired";
      if (record.state === "spent") {
        counters.reusedRefreshTokens += 1;
        if (deps.reuseEndsFamily) record.family.ended = true;
        return "reused";
      }
      if (record.family.ended) return "invalidated";
      if (record.family.clientId !== clientId) return "client_mismatch";
      record.state = "spent";
      counters.refreshes += 1;
      return mint(record.family, null);
    },
    revoke(token) {
      const known = withdraw(token);
      if (known) counters.revoked += 1;
      return known;
    },
    withdraw,
    issuePersonal(accountId) {
      const account = accountId === undefined ? deps.accounts.default : deps.accounts.get(accountId);
      const token = deps.random.token("at-", 36);
      personal.set(token, account.id);
      return token;
    },
    accountOf(bearer) {
      const record = access.get(bearer);
      const accountId = record === undefined ? personal.get(bearer) : record.accountId;
      if (accountId === undefined || (record !== undefined && record.expiresAtMs <= deps.nowMs())) return null;
      return deps.accounts.all.find((account) => account.id === accountId) ?? null;
    },
    isPersonal: (bearer) => personal.has(bearer),
    expireAccessTokens: () => access.clear(),
    expireRefreshTokens() {
      for (const record of refresh.values()) if (record.state === "live") record.state = "expired";
    },
  };
}
