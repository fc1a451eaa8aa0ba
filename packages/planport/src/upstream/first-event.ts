/**
 * Looks into the beginning of a stream for a failure that a 200 hides.
 * @module
 */
import { asString, isJsonObject, tryParseJson } from "../protocol/json.ts";
import type { CodexEvent } from "../protocol/responses/event.ts";
import { peekEventType } from "../protocol/responses/peek.ts";
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

/** Makes a probe. Data that is not JSON is passed over, as in Codex, unless it begins as an event of the preamble does. */
export function createFirstEventProbe(): FirstEventProbe {
  return new Probe();
}

/** A class: an object literal with a getter has a shape that no other stream shares. */
class Probe implements FirstEventProbe {
  progress = 0;
  #found: CodexEvent | null = null;
  readonly #decoder = createSseDecoder({ onEvent: ({ data }) => this.#onEvent(data) });

  feed(bytes: Uint8Array): CodexEvent | null {
    this.#decoder.feed(bytes);
    return this.#found;
  }

  #onEvent(data: string): void {
    if (this.#found !== null) return;
    // The events that say that work began repeat the request, so they are not parsed where their type can be read off.
    const type = peekEventType(data);
    if (type !== undefined && PREAMBLE.test(type)) {
      this.progress++;
      return;
    }
    const event = parseEvent(data);
    if (event === null || KEEP_ALIVE.test(event.type)) return;
    this.progress++;
    if (!PREAMBLE.test(event.type)) this.#found = event;
  }
}

/** The event in one `data:` field; null for anything that is no JSON object with a type, such as `[DONE]`. */
export function parseEvent(data: string): CodexEvent | null {
  const value = tryParseJson(data);
  return isJsonObject(value) && asString(value["type"]) !== undefined ? (value as CodexEvent) : null;
}
