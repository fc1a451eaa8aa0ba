/**
 * What an encoder of a stream says to whoever relays the stream.
 * @module
 */
import type { OpenAIErrorBody } from "../protocol/error-body.ts";
import type { CodexEvent } from "../protocol/responses/event.ts";
import { lossOf, unreadableEvent } from "../protocol/responses/unreadable.ts";

/** The relay's side of an encoder. */
export interface StreamReporter {
  /** The backend gave up, by an `error` or a `response.failed` event. Gives what a client is told of it in OpenAI's form. */
  failed(event: CodexEvent): OpenAIErrorBody;
  /** An event of this type was not JSON and is no part of the answer: it was passed over. */
  skipped(type: string): void;
}

/**
 * Deals with data that is not a JSON object.
 * @throws {UpstreamError} `upstream_malformed` when it may have been a part of the answer.
 */
export function passOver(type: string, json: string, reporter: StreamReporter | undefined): void {
  const loss = lossOf(type, json);
  if (loss === "answer") throw unreadableEvent();
  if (loss === "notice") reporter?.skipped(type);
}
