/**
 * Renewing a sign-in in pi's `auth.json`, in pi's six steps: take the lock, read again, look again whether it is still
 * needed, ask the server, write, give the lock back.
 * @module
 */
import type { AuthEndpoints } from "../../auth/endpoints.ts";
import { refreshTarget } from "../../auth/endpoints.ts";
import type { ClientIdentity } from "../../auth/http.ts";
import { readJwtClaims } from "../../auth/jwt-claims.ts";
import { createSendRefresh } from "../../auth/refresh.ts";
import type { IssuedTokens } from "../../auth/auth-file.ts";
import { CredentialError } from "../../errors.ts";
import type { HttpClient } from "../../net/types.ts";
import { asString } from "../../protocol/json.ts";
import { Secret } from "../../secret.ts";
import { expiryOf } from "../expiry.ts";
import { OPENAI_CODEX, type PiEntries, type PiOAuthCredential } from "./credentials.ts";
import { type LockedPiFile, type PiFile, usableEntry } from "./pi-file.ts";

/** What a refresh takes. */
export interface PiRefreshOptions {
  readonly file: PiFile;
  readonly http: HttpClient;
  readonly endpoints: AuthEndpoints;
  readonly client: ClientIdentity;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** True when this entry must be renewed; asked again under the lock. */
  readonly isDue: (entry: PiOAuthCredential) => boolean;
  /** Told of trouble that stopped nothing, such as a file that cannot be written. */
  readonly onWarning: (error: unknown) => void;
  /** Told of the entries as they were read or written under the lock. */
  readonly onEntries: (entries: PiEntries) => void;
}

/** Tokens that the server has given, and the refresh token that was spent for them. */
interface Issued {
  readonly spent: Secret;
  readonly tokens: IssuedTokens;
}

/** By file: what could not be written yet. The file still holds the refresh token that it cost. */
const unwrittenByFile = new Map<string, Issued>();
/** By file: a refresh token that the server refused for good, and the error that says so. */
const refusedByFile = new Map<string, { readonly token: Secret; readonly error: CredentialError }>();

/**
 * The entry, fresh; undefined when somebody logged out meanwhile. Tokens that cannot be written are used all the same, and
 * written by the next call of this process.
 * @throws {CredentialError} `refresh_rejected` (the login is over), `refresh_unavailable` (it may well be in order),
 * `store_write_failed` when the lock cannot be had, `credential_malformed`. The file is as it was, then.
 */
export async function refreshPiEntry(options: PiRefreshOptions): Promise<PiOAuthCredential | undefined> {
  const { file } = options;
  // A second round comes only when the lock was lost while the server was asked, as by a laptop that slept.
  for (let round = 0; round < 3; round++) {
    const done = await file.locked((locked) => refreshLocked(locked, options));
    if (done !== "lock lost") return done;
  }
  throw new CredentialError("store_write_failed", `The lock of ${file.path} was lost again and again.`);
}

async function refreshLocked(
  locked: LockedPiFile,
  options: PiRefreshOptions,
): Promise<PiOAuthCredential | undefined | "lock lost"> {
  const { path } = options.file;
  const entries = await locked.read();
  options.onEntries(entries);
  const entry = usableEntry(entries, OPENAI_CODEX, path);
  if (entry?.type !== "oauth") return undefined;
  const spent = new Secret(entry.refresh);
  let issued = unwrittenByFile.get(path);
  if (issued?.spent.equals(spent) !== true) {
    unwrittenByFile.delete(path); // Somebody else has written since: theirs is newer, or of another login.
    if (!options.isDue(entry)) return entry;
    issued = { spent, tokens: await ask(spent, entry, options) };
    unwrittenByFile.set(path, issued);
    if (!(await locked.isOurs())) return "lock lost";
  }
  const next = merge(entry, issued.tokens, options);
  try {
    options.onEntries(await locked.write(OPENAI_CODEX, next));
    unwrittenByFile.delete(path);
  } catch (error) {
    options.onWarning(error);
  }
  return next;
}

async function ask(refreshToken: Secret, entry: PiOAuthCredential, options: PiRefreshOptions): Promise<IssuedTokens> {
  const { endpoints, http, client, file } = options;
  const refused = refusedByFile.get(file.path);
  if (refused?.token.equals(refreshToken) === true) throw refused.error;
  const provenance = { issuer: asString(entry["issuer"]) ?? null, clientId: asString(entry["clientId"]) ?? null };
  const target = refreshTarget(endpoints, provenance, file.path);
  let tokens: IssuedTokens;
  try {
    tokens = await createSendRefresh(http, client)(target, refreshToken, "proactive_expiry", file.path);
  } catch (error) {
    if (error instanceof CredentialError && error.code === "refresh_rejected")
      refusedByFile.set(file.path, { token: refreshToken, error });
    throw error;
  }
  if (tokens.accessToken !== null) return tokens;
  throw new CredentialError(
    "refresh_unavailable",
    `The sign-in in ${file.path} could not be refreshed: the answer held no access token that can be used.`,
  );
}

function merge(entry: PiOAuthCredential, tokens: IssuedTokens, options: PiRefreshOptions): PiOAuthCredential {
  const access = tokens.accessToken?.reveal() ?? entry.access;
  const accountId = entry.accountId ?? readJwtClaims(access)?.accountId ?? undefined;
  return {
    ...entry,
    access,
    refresh: tokens.refreshToken?.reveal() ?? entry.refresh,
    expires: expiryOf(tokens, options.now()),
    ...(accountId !== undefined && { accountId }),
  };
}
