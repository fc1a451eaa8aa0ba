/**
 * Text that the backend takes: where pi or a tool cut an emoji in half, one half is left, which is no text in UTF-8.
 * @module
 */

/** The text with each half of a pair replaced by `�`. */
export function wellFormed(text: string): string {
  return text.replaceAll(/\p{Surrogate}/gu, "\u{FFFD}");
}

/** As JSON. What is in it has to be mended before, since JSON writes half a pair as an escape, which is well-formed itself. */
export function wellFormedJson(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) => (typeof part === "string" ? wellFormed(part) : part));
}
