/**
 * What every place a sign-in can rest in offers.
 * @module
 */
import type { CredentialDocument } from "./document.ts";
import type { RefreshJournal } from "./refresh-journal.ts";

/** What became of a {@link CredentialStore.write}. */
export interface WriteOutcome {
  /** False when another program changed the sign-in meanwhile: nothing was written, and theirs is the one to use. */
  readonly written: boolean;
  /** What rests in the store now; null when it was removed meanwhile. */
  readonly document: CredentialDocument | null;
}

/** What a task holds that runs alone among all processes; see {@link CredentialStore.exclusive}. */
export interface Hold {
  /**
   * False once another process has taken over, because this one showed no sign of life for too long (it was stopped, or
   * its machine slept). Looks at the disk, at once. What must not be done twice is done only after it said true.
   */
  isOurs(): boolean;
  /**
   * Asks to be left alone for so long even without a sign of life: a request is under way that nobody else must send.
   * Zero takes that back.
   */
  allowSilence(ms: number): void;
  /** Names this hold; no other has the same. Part of the name of its temporary files, so that who takes over finds them. */
  readonly nonce: string;
}

/** Options of {@link CredentialStore.exclusive}. */
export interface ExclusiveOptions {
  /** Ends the waiting; a task that runs is not stopped. */
  readonly signal?: AbortSignal | undefined;
  /** The longest wait, in milliseconds. */
  readonly waitLimitMs?: number | undefined;
}

/** Options of {@link CredentialStore.write}. */
export interface WriteOptions {
  /** Nothing is put in place once this hold is lost: `written` is false then. */
  readonly hold?: Hold | undefined;
  /** Told right before the new text is made durable, and right before it is put in place. Runs synchronously. */
  readonly onStep?: ((step: "syncing" | "renaming") => void) | undefined;
}

/** A place where one sign-in rests. */
export interface CredentialStore {
  /** The path of the file, or a name such as `memory`. Fit for messages. */
  readonly place: string;
  /**
   * Names what rests here: the same for all stores that share it, such as the real path of a file. A store without it
   * shares with no other.
   */
  key?(): Promise<string>;
  /**
   * Runs `task` alone among all processes that share this sign-in; they wait for each other. A store without it is used
   * by one process alone.
   * @throws {CredentialError} `refresh_unavailable` when another one does not let go in time, and the reason of `signal`.
   */
  exclusive?<T>(task: (hold: Hold) => Promise<T>, options?: ExclusiveOptions): Promise<T>;
  /** Notes on a refresh that is under way, which outlast the process; null when the store keeps none. */
  readonly journal?: RefreshJournal | null;
  /**
   * What rests there; null when nothing does.
   * @throws {CredentialError} `credential_malformed` when it is no JSON object, `credential_unreadable` when the system
   * refuses to read it.
   */
  read(): Promise<CredentialDocument | null>;
  /**
   * Puts `next` in place of `previous`, whole or not at all. When the store no longer holds the tokens of `previous`
   * (see `isSameLogin`) nothing is written. Fields that another program added meanwhile are kept.
   * @throws {CredentialError} `store_write_failed`.
   */
  write(previous: CredentialDocument | null, next: CredentialDocument, options?: WriteOptions): Promise<WriteOutcome>;
  /**
   * Puts `next` there whatever the store holds now: a new sign-in replaces an old or broken one.
   * @throws {CredentialError} `store_write_failed`.
   */
  replace(next: CredentialDocument): Promise<CredentialDocument>;
  /**
   * Removes the sign-in. False when there was none.
   * @throws {CredentialError} `store_write_failed`.
   */
  remove(): Promise<boolean>;
}
