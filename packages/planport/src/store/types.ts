/**
 * What every place a sign-in can rest in offers.
 * @module
 */
import type { CredentialDocument } from "./document.ts";

/** What became of a {@link CredentialStore.write}. */
export interface WriteOutcome {
  /** False when another program changed the sign-in meanwhile: nothing was written, and theirs is the one to use. */
  readonly written: boolean;
  /** What rests in the store now; null when it was removed meanwhile. */
  readonly document: CredentialDocument | null;
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
  write(previous: CredentialDocument | null, next: CredentialDocument): Promise<WriteOutcome>;
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
