/**
 * Bytes to text, piece by piece.
 * @module
 */

const NOTHING = new Uint8Array(0);
const BYTE_ORDER_MARK = 0xfeff;

/**
 * Makes a decoder of one stream: give it the bytes, cut anywhere, and get the text that is whole by then. Bytes that are no
 * UTF-8 become replacement characters. A byte order mark at the start is left out.
 *
 * Not `TextDecoder`'s own `stream` mode: in Node 20 that goes through ICU, costs three times as much, and gives strings of
 * two bytes per character, which slow down all that is done with them. So the first bytes of a cut character wait here.
 */
export function createUtf8Decoder(): (bytes: Uint8Array) => string {
  // Not `fatal`: that would end a whole answer for one bad byte in a tool result; a replacement character does no harm.
  const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  let held = NOTHING;
  let atStart = true;
  return (bytes) => {
    const whole = held.length === 0 ? bytes : joined(held, bytes);
    const end = whole.length - cutCharacterLength(whole);
    held = end === whole.length ? NOTHING : whole.slice(end);
    const text = decoder.decode(end === whole.length ? whole : whole.subarray(0, end));
    if (!atStart || text === "") return text;
    atStart = false;
    return text.charCodeAt(0) === BYTE_ORDER_MARK ? text.slice(1) : text;
  };
}

/** How many bytes at the end are the beginning of a character whose rest has not come (RFC 3629 §3). */
function cutCharacterLength(bytes: Uint8Array): number {
  for (let back = 1; back <= 3 && back <= bytes.length; back += 1) {
    const byte = bytes[bytes.length - back] ?? 0;
    if (byte < 0x80) return 0;
    if (byte < 0xc0) continue; // In the midst of a character.
    const length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2;
    return back < length ? back : 0;
  }
  return 0;
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array {
  const whole = new Uint8Array(a.length + b.length);
  whole.set(a);
  whole.set(b, a.length);
  return whole;
}
