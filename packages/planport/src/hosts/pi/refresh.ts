/**
 * Renewing a sign-in in pi's `auth.json`, in pi's six steps: take the lock, read again, look again whether it is still
 * needed, ask the server, write, give the lock back. What is asked, and the answer before it is written, is noted beside
 * the file, so that a process that is killed in between loses nothing.
 * @module
 */
import * as fs from "node:fs/promises";
import { hostname } from "node:os";
import type { IssuedTokens } from "../../auth/auth-file.ts";
import { refreshTarget } from "../../auth/endpoints.ts";
import { readJwtClaims } from "../../auth/jwt-claims.ts";
import { createSendRefresh } from "../../auth/refresh.ts";
import { CredentialError } from "../../errors.ts";
import { asString } from "../../protocol/json.ts";
import { Secret } from "../../secret.ts";
import { realTarget } from "../../store/atomic-write.ts";
import {
  createRefreshJournal,
  type OpenNote,
  type RefreshJournal,
  type RefreshNote,
  tokenDigest,
} from "../../store/refresh-journal.ts";
import { expiryOf } from "../expiry.ts";
import type { SignInServer } from "../server-options.ts";
import { OPENAI_CODEX, type PiEntries, type PiOAuthCredential } from "./credentials.ts";
import { type LockedPiFile, type PiFile, usableEntry } from "./pi-file.ts";

/** What a refresh takes. */
export interface PiRefreshOptions extends SignInServer {
  readonly file: PiFile;
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
  readonly expiresAtMs: number;
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
  const journal = journalOf(path);
  const note = await noteOn(spent, journal);
  let issued = unwrittenByFile.get(path);
  if (issued?.spent.equals(spent) !== true) issued = note === null ? undefined : answerIn(note, spent);
  if (issued === undefined) {
    unwrittenByFile.delete(path); // Somebody else has written since: theirs is newer, or of another login.
    if (!options.isDue(entry)) return entry;
    issued = await ask({ spent, entry, note, journal }, options);
    unwrittenByFile.set(path, issued);
    if (!(await locked.isOurs())) return "lock lost";
  }
  const next = merge(entry, issued);
  try {
    options.onEntries(await locked.write(OPENAI_CODEX, next));
    unwrittenByFile.delete(path);
    await journal.remove();
  } catch (error) {
    options.onWarning(error);
  }
  // What came instead, a new refresh token say, is kept by now: the next try needs it.
  if (issued.tokens.accessToken === null) throw withoutAccessToken(path);
  return next;
}

/** Forgets what is noted of a login that is replaced or over; the file's lock is held. */
export async function forgetPiRefresh(file: string): Promise<void> {
  unwrittenByFile.delete(file);
  await journalOf(file).remove();
}

function journalOf(file: string): RefreshJournal {
  return createRefreshJournal(() => realTarget(fs, file).catch(() => file));
}

/** What is noted on the spending of this token; a note on another one is of no more use. */
async function noteOn(spent: Secret, journal: RefreshJournal): Promise<RefreshNote | null> {
  const note = await journal.read();
  return note?.spent === tokenDigest(spent) ? note : null;
}

/** The answer that a process got which was killed before it could write it. */
function answerIn({ answer }: RefreshNote, spent: Secret): Issued | undefined {
  if (answer === null || (answer.tokens.accessToken === null && answer.tokens.refreshToken === null)) return undefined;
  return { spent, tokens: answer.tokens, expiresAtMs: expiryOf(answer.tokens, answer.atMs) };
}

interface Asking {
  readonly spent: Secret;
  readonly entry: PiOAuthCredential;
  /** Says that a refresh with this token was cut off. */
  readonly note: RefreshNote | null;
  readonly journal: RefreshJournal;
}

async function ask({ spent, entry, note, journal }: Asking, options: PiRefreshOptions): Promise<Issued> {
  const { endpoints, http, client, file, now } = options;
  const refused = refusedByFile.get(file.path);
  if (refused?.token.equals(spent) === true) throw refused.error;
  const provenance = { issuer: asString(entry["issuer"]) ?? null, clientId: asString(entry["clientId"]) ?? null };
  const target = refreshTarget(endpoints, provenance, file.path);
  const open = await begin(spent, note, journal, options);
  let isInDoubt = false;
  try {
    const tokens = await createSendRefresh(http, client)(target, spent, "proactive_expiry", file.path, {
      // In the turn in which its last byte came: a kill right after it takes nothing.
      onIssued: (issued) => takeDown(open, issued, now(), options),
      onFailed: (token) => {
        isInDoubt = token === "in doubt";
      },
    });
    if (tokens.accessToken === null && tokens.refreshToken === null) {
      await journal.remove();
      throw withoutAccessToken(file.path);
    }
    return { spent, tokens, expiresAtMs: expiryOf(tokens, now()) };
  } catch (error) {
    if (!(error instanceof CredentialError)) throw error;
    if (error.code === "refresh_rejected") {
      const told = note === null ? error : cutOff(error, note, file.path);
      refusedByFile.set(file.path, { token: spent, error: told });
      await journal.remove();
      throw told;
    }
    // Where the token may be spent all the same, now or by an earlier try, the note stays: it explains a later refusal.
    if (!isInDoubt && note === null) await journal.remove();
    throw error;
  } finally {
    open?.close();
  }
}

function withoutAccessToken(file: string): CredentialError<"refresh_unavailable"> {
  return new CredentialError(
    "refresh_unavailable",
    `The sign-in in ${file} could not be refreshed: the answer held no access token that can be used.`,
  );
}

/** Notes that the token is about to be spent. Without a place for notes the refresh goes on: the login would end without it. */
async function begin(
  spent: Secret,
  note: RefreshNote | null,
  journal: RefreshJournal,
  { onWarning, now }: PiRefreshOptions,
): Promise<OpenNote | null> {
  try {
    const attempt = note?.attempt ?? { pid: process.pid, host: hostname(), atMs: now() };
    return await journal.begin(tokenDigest(spent), attempt);
  } catch (error) {
    onWarning(error);
    return null;
  }
}

function takeDown(open: OpenNote | null, tokens: IssuedTokens, atMs: number, { onWarning }: PiRefreshOptions): void {
  try {
    open?.answer(tokens, atMs);
  } catch (error) {
    onWarning(error);
  }
}

function cutOff(error: CredentialError, { attempt }: RefreshNote, file: string): CredentialError {
  const when = Math.abs(attempt.atMs) < 8.64e15 ? new Date(attempt.atMs).toISOString() : "an unknown time";
  return new CredentialError(
    "refresh_rejected",
    `${error.message.replace(/ Run `planport login`\.$/, "")} A refresh of ${file} at ${when} (process ${attempt.pid} on ` +
      `${attempt.host}) was cut off after it was sent and before its answer came, so the new tokens never arrived.`,
    { cause: error },
  );
}

function merge(entry: PiOAuthCredential, { tokens, expiresAtMs }: Issued): PiOAuthCredential {
  const access = tokens.accessToken?.reveal() ?? entry.access;
  const accountId = entry.accountId ?? readJwtClaims(access)?.accountId ?? undefined;
  return {
    ...entry,
    access,
    refresh: tokens.refreshToken?.reveal() ?? entry.refresh,
    expires: tokens.accessToken === null ? entry.expires : expiresAtMs,
    ...(accountId !== undefined && { accountId }),
  };
}
