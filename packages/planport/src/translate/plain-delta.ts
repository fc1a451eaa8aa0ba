/**
 * Plain text deltas, which are nearly all of what a stream holds, read from the wire without parsing them.
 *
 * The backend writes each as one line of JSON, a flat object that begins with its type. What such an event looks like is one
 * pattern, strict enough that whatever it matches is valid JSON and means what it seems to; everything else is left to the
 * parser. Text within the pattern stays as it is: a string literal of one JSON document is one of any other.
 * @module
 */
import type { ByteString } from "../sse/byte-string.ts";

const TYPE = String.raw`response\.output_text\.delta`;
/** The inside of a string without escapes (RFC 8259 §7). */
const SIMPLE = String.raw`[^"\\\x00-\x1f]*`;
const ESCAPE = String.raw`\\(?:["\\/bfnrt]|u[\dA-Fa-f]{4})`;
const INDEX = String.raw`(?:0|[1-9]\d{0,8})`;
/** Members that say nothing about the text: `sequence_number`, `logprobs`, `obfuscation` and those yet to come. */
const OTHER = String.raw`"(?!(?:type|delta|item_id|output_index|content_index)")\w+":(?:"${SIMPLE}"|${INDEX}|\[\]|null)`;
/** Group 1: where the text belongs; in the order in which `ChatStream.textPlace` has it. */
const PLACE = String.raw`((?:,"item_id":"[ !#-[\]-~]*")?(?:,"output_index":${INDEX})?(?:,"content_index":${INDEX})?)`;
/** Group 2: the text, as a JSON literal. Not empty. */
const TEXT = String.raw`"delta":("(?!")${SIMPLE}(?:${ESCAPE}${SIMPLE})*")`;

const PLAIN_DELTA = new RegExp(
  String.raw`(?:event: ${TYPE}\n)?data: \{"type":"${TYPE}"(?:,${OTHER})*${PLACE}(?:,${OTHER})*,${TEXT}(?:,${OTHER})*\}\n\n`,
  "y",
);

/**
 * Writes the text deltas of a chunk anew, if it holds whole events of this kind and nothing else.
 * @param chunk Begins where an event begins.
 * @param place All deltas must name this place (see `ChatStream.textPlace`).
 * @returns For each delta its literal between `before` and `after`; null when there is anything else in the chunk.
 */
export function rewritePlainDeltas(
  chunk: ByteString,
  place: string,
  before: ByteString,
  after: ByteString,
): ByteString | null {
  let text = "";
  PLAIN_DELTA.lastIndex = 0;
  do {
    const match = PLAIN_DELTA.exec(chunk);
    if (match === null || match[1] !== place) return null;
    text += before + (match[2] ?? "") + after;
  } while (PLAIN_DELTA.lastIndex < chunk.length);
  return text;
}
