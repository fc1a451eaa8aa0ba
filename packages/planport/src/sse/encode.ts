/**
 * Events to `text/event-stream` text.
 * @module
 */

/**
 * One event whose data is a single line, as all JSON text is. The hot path: one concatenation, no scan of the data.
 * @param event Name of the event; must hold no line end.
 */
export function encodeJsonEvent(event: string | undefined, json: string): string {
  return event === undefined ? `data: ${json}\n\n` : `event: ${event}\ndata: ${json}\n\n`;
}

/** A comment line: a keep-alive that every conforming reader ignores. */
export function encodeComment(comment: string): string {
  return `: ${comment.replaceAll(/[\r\n]+/g, " ")}\n\n`;
}

/** The event that ends a chat completion stream. */
export const DONE_EVENT = "data: [DONE]\n\n";
