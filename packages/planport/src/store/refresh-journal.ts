/**
 * Notes on a refresh that is under way, for the process that comes after one that died.
 * @module
 */

/** Where a refresh is noted while it is under way. */
export interface RefreshJournal {
  /** The path of the notes. */
  readonly place: string;
}
