/**
 * What a translation could not carry over as it was, told to the client instead of hidden from it.
 * @module
 */

/** One thing that a translation left out or altered. */
export interface Change {
  /** Path in the client's request, such as `temperature` or `messages[2].content[0].cache_control`. */
  readonly path: string;
  /** `dropped`: not sent; `mapped`: sent under another name or value; `emulated`: done on this side. */
  readonly action: "dropped" | "mapped" | "emulated";
  /** One sentence for a person. */
  readonly note: string;
}
