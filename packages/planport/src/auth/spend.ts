/**
 * Spending a refresh token: noted before, and its answer noted as soon as it is there. And what the notes of a process
 * that did not come to its end mean to the next one.
 * @module
 */
import os from "node:os";
import { CredentialError, isPlanportError } from "../errors.ts";
import { isJsonObject } from "../protocol/json.ts";
import { codeOf } from "../store/atomic-write.ts";
import { systemReason } from "../store/system-reason.ts";
import { type NotedAttempt, type OpenNote, tokenDigest } from "../store/refresh-journal.ts";
import type { CredentialStore, Hold } from "../store/types.ts";
import { applyRefresh, type IssuedTokens, readCredential, readProvenance } from "./auth-file.ts";
import { type AuthEndpoints, refreshTarget } from "./endpoints.ts";
import { expired, type Held } from "./held.ts";
import type { Lane } from "./lane.ts";
import type { RefreshReason } from "./oauth/token-endpoint.ts";
import { REFRESH_TIMEOUT_MS, type SendRefresh } from "./refresh.ts";
import type { OnRefreshStep } from "./refresh-step.ts";
import { LostHold } from "./refresh-turn.ts";

/** What a refresh works with. */
export interface SpendOptions {
  readonly store: CredentialStore;
  readonly endpoints: AuthEndpoints;
  readonly sendRefresh: SendRefresh;
  readonly now: () => number;
  readonly onWarning: (error: Error) => void;
  readonly onStep: OnRefreshStep;
}

/** The turn in which a refresh runs. */
export interface Turn {
  readonly lane: Lane;
  readonly hold: Hold;
  /** An earlier refresh with the same token of which nobody knows how it ended. */
  readonly interrupted: NotedAttempt | null;
}

/** Why a refresh is sent, and what there is without it. */
export interface SpendReason {
  readonly reason: RefreshReason;
  /** The access token still serves: then nobody has to wait until the server can be reached. */
  readonly isUsable: boolean;
}

/** Beyond the time that a request may take: nobody else sends it while it may be under way. */
const SILENCE_MS = REFRESH_TIMEOUT_MS + 5_000;

/** Codes with which a folder says that nothing can be kept in it. */
const UNWRITABLE = new Set(["EACCES", "EPERM", "EROFS", "ENOSPC", "EDQUOT", "ENOTDIR", "ENOENT"]);

/**
 * Honours the note that a former refresh left behind. An answer that did not get into the store is put there; one that
 * the store is past is dropped.
 * @returns The former attempt when nothing is known of its answer.
 * @throws {CredentialError} what reading the store throws.
 */
export async function honourNote(options: SpendOptions, lane: Lane, hold: Hold): Promise<NotedAttempt | null> {
  const { store, onWarning } = options;
  const note = (await store.journal?.read()) ?? null;
  if (note === null) return null;
  const document = await store.read();
  const credential = document === null ? null : readCredential(document);
  const refreshToken = credential?.kind === "chatgpt" ? credential.refreshToken : null;
  if (document === null || refreshToken === null || tokenDigest(refreshToken) !== note.spent) {
    await store.journal?.remove();
    return null;
  }
  if (note.answer === null) return note.attempt;
  const { tokens, atMs } = note.answer;
  try {
    const { written } = await store.write(document, applyRefresh(document, tokens, atMs), { hold });
    if (!hold.isOurs()) throw new LostHold();
    if (written) await store.journal?.remove();
  } catch (error) {
    if (!isPlanportError(error) || error.code !== "store_write_failed") throw error;
    // The token is spent all the same: what it brought must not be asked for again.
    lane.unwritten = { spent: refreshToken, issued: tokens };
    onWarning(error);
  }
  return null;
}

/**
 * Spends the refresh token, unless it was spent already and what it brought could not be written.
 * @throws {CredentialError} `refresh_rejected`, `refresh_interrupted`, `refresh_unavailable`, `credential_malformed`,
 * `credential_wrong_route`; `store_write_failed` when what the refresh brings could not be kept.
 * @throws {LostHold} when another process has taken over before anything was sent.
 */
export async function spend(
  options: SpendOptions,
  turn: Turn,
  held: Held,
  { reason, isUsable }: SpendReason,
): Promise<IssuedTokens> {
  const { store, endpoints, sendRefresh } = options;
  const { lane, hold, interrupted } = turn;
  const { refreshToken } = held.credential;
  if (refreshToken === null) throw expired(held, store.place);
  if (lane.unwritten?.spent.equals(refreshToken) === true) return lane.unwritten.issued;
  const target = refreshTarget(endpoints, readProvenance(held.document), store.place);
  if (!hold.isOurs()) throw new LostHold();
  const notes = new Notes(options, await begin(options, turn, tokenDigest(refreshToken)));
  let fate: "kept" | "in doubt" = "kept";
  try {
    const issued = await sendRefresh(target, refreshToken, reason, store.place, {
      isPatient: !isUsable,
      onSending: () => {
        if (!hold.isOurs()) throw new LostHold();
        hold.allowSilence(SILENCE_MS);
      },
      onSent: () => options.onStep("sent"),
      onIssued: (tokens) => notes.answer(tokens),
      onFailed: (token) => (fate = token),
    });
    // A server that does not rotate leaves the old one good to be sent again.
    if (issued.refreshToken !== null) lane.unwritten = { spent: refreshToken, issued };
    await notes.sync();
    return issued;
  } catch (error) {
    const refusal = error instanceof CredentialError && error.code === "refresh_rejected" ? error : null;
    // A note without an answer stays as long as somebody may still have to be told what it says.
    if (interrupted === null && fate === "kept" && hold.isOurs()) await store.journal?.remove();
    throw refusal !== null && interrupted !== null && !hasExpired(refusal)
      ? cutOff(store.place, interrupted, refusal)
      : error;
  } finally {
    notes.close();
    hold.allowSilence(0);
  }
}

/**
 * Begins the note. Where that cannot be written, what the refresh brings could not be, either, and would end with this
 * process, and the sign-in with it: so it is not sent. Null when there is no journal, or it fails for reasons of its own.
 */
async function begin({ store, now }: SpendOptions, { interrupted }: Turn, spent: string): Promise<OpenNote | null> {
  const attempt = interrupted ?? { pid: process.pid, host: os.hostname(), atMs: now() };
  try {
    return (await store.journal?.begin(spent, attempt)) ?? null;
  } catch (error) {
    const code = codeOf(error) ?? "";
    if (!UNWRITABLE.has(code)) return null;
    throw new CredentialError(
      "store_write_failed",
      `The sign-in in ${store.place} was not refreshed: what it brings could not be kept, since nothing can be written ` +
        `beside it: ${systemReason(code)}.`,
      { cause: error },
    );
  }
}

/** The note of one refresh; none of its failures may stop a token that is there. */
class Notes {
  readonly #options: SpendOptions;
  readonly #note: OpenNote | null;

  constructor(options: SpendOptions, note: OpenNote | null) {
    this.#options = options;
    this.#note = note;
  }

  answer(tokens: IssuedTokens): void {
    this.#quietly(() => this.#note?.answer(tokens, this.#options.now()));
    this.#options.onStep("answered");
  }

  async sync(): Promise<void> {
    await this.#note?.sync().catch((error: unknown) => this.#warn(error));
  }

  close(): void {
    this.#quietly(() => this.#note?.close());
  }

  #quietly(task: () => void): void {
    try {
      task();
    } catch (error) {
      this.#warn(error);
    }
  }

  #warn(error: unknown): void {
    const why = codeOf(error) ?? "unknown reason";
    this.#options.onWarning(
      new CredentialError(
        "store_write_failed",
        `A refresh of ${this.#options.store.place} could not be noted: ${why}.`,
      ),
    );
  }
}

/** An expired token was not spent: then the cut is not what ended the sign-in. */
function hasExpired({ cause }: CredentialError): boolean {
  return isJsonObject(cause) && cause["upstreamCode"] === "refresh_token_expired";
}

function cutOff(
  place: string,
  { pid, host, atMs }: NotedAttempt,
  cause: unknown,
): CredentialError<"refresh_interrupted"> {
  const when = Number.isFinite(atMs) && Math.abs(atMs) < 8.64e15 ? ` at ${new Date(atMs).toISOString()}` : "";
  return new CredentialError(
    "refresh_interrupted",
    `The sign-in in ${place} is over: process ${pid} on ${host} began to refresh it${when} and was cut off before the new ` +
      "tokens arrived, and the server does not take the old ones any more. Run `planport login`.",
    { cause },
  );
}
