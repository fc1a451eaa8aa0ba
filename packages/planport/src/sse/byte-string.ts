/**
 * Strings whose characters each stand for one byte ("latin1").
 *
 * The framing of an event stream is ASCII, so text that only passes through need not be decoded: UTF-8 in a byte string goes
 * out as it came in. In V8 such strings take one byte per character, and their length is the length on the wire.
 * @module
 */

/** A string of characters U+0000 to U+00FF, each a byte. Only the hot path of a stream deals in them. */
export type ByteString = string;

const utf8 = new TextEncoder();
const BEYOND_ASCII = /[^\0-\x7f]/;

/** The UTF-8 bytes of a text. */
export function toByteString(text: string): ByteString {
  if (!BEYOND_ASCII.test(text)) return text;
  // Joined, not added up: a string that is a tree of additions is walked anew each time it is written.
  return Array.from(utf8.encode(text), (byte) => String.fromCharCode(byte)).join("");
}

/** The bytes themselves. */
export function fromByteString(bytes: ByteString): Uint8Array<ArrayBuffer> {
  const array = new Uint8Array(bytes.length);
  for (let at = 0; at < bytes.length; at += 1) array[at] = bytes.charCodeAt(at);
  return array;
}
