/**
 * Looks into the beginning of a stream for a failure that a 200 hides.
 * @module
 */
import { asString, isJsonObject, tryParseJson } from "../protocol/json.ts";
import type { CodexEvent } from "../protocol/responses/event.ts";
import { createSseDecoder } from "../sse/decode.ts";

/**
 * Events that come before the backend has decided anything: an overload is told after them. Vendor events such as
 * `codex.rate_limits` say nothing about the answer either.
 */
const PREAMBLE = /^(response\.(created|queued|in_progress|metadata)|codex\..*|responsesapi\..*)$/;

/** Events that only keep a connection from being cut. */
const KEEP_ALIVE = /^(keepalive|ping)$/;

/** Takes a stream's bytes until its first meaningful event. */
export interface FirstEventProbe {
  /**
   * The next bytes; gives the first event that is no preamble as soon as it is there, else null.
   * @throws {UpstreamError} `upstream_malformed` when an event has no end.
   */
  feed(bytes: Uint8Array): CodexEvent | null;
  /** How many events came that say that the backend is at work: any but keep-alives. */
  readonly progress: number;
}

/** Makes a probe. Data that is not JSON is passed over, as in Codex. */
export function createFirstEventProbe(): FirstEventProbe {
  let found: CodexEvent | null = null;
  let progress = 0;
  const decoder = createSseDecoder({
    onEvent: ({ data }) => {
      if (found !== null) return;
      const event = parseEvent(data);
      if (event === null || KEEP_ALIVE.test(event.type)) return;
      progress++;
      if (!PREAMBLE.test(event.type)) found = event;
    },
  });
  return {
    get progress() {
      return progress;
    },
    feed(bytes) {
      decoder.feed(bytes);
      return found;
    },
  };
}

/** The event in one `data:` field; null for anything that is no JSON object with a type, such as `[DONE]`. */
export function parseEvent(data: string): CodexEvent | null {
  const value = tryParseJson(data);
  return isJsonObject(value) && asString(value["type"]) !== undefined ? (value as CodexEvent) : null;
}
