/**
 * The decoded events of a body, for readers that want objects. Pulled, with a bounded queue in between.
 * @module
 */
import { UpstreamError } from "../errors.ts";
import { type CodexEvent, TERMINAL_EVENT_TYPES } from "../protocol/responses/event.ts";
import { lossOf, unreadableEvent } from "../protocol/responses/unreadable.ts";
import { createSseDecoder, type SseDecoder, type SseEvent } from "../sse/decode.ts";
import type { BodyStream } from "./byte-stream.ts";
import { parseEvent } from "./first-event.ts";
import type { ByteSink } from "./types.ts";

/** How {@link eventsOf} tells a failure event from others. */
export type FailureReader = (event: CodexEvent) => UpstreamError | null;

/** Queue length at which the socket is paused, and at which it goes on. */
const HIGH_WATER_EVENTS = 256;
const LOW_WATER_EVENTS = 32;

/**
 * The events of `body`. Ends after the terminal event; throws for `response.failed` and `error` events, for data that is
 * not JSON and may have been a part of the answer, for a cut-off, and for silence. Leaving the loop early ends the call to the backend.
 */
export function eventsOf(body: BodyStream, readFailure: FailureReader): AsyncIterable<CodexEvent> {
  return { [Symbol.asyncIterator]: () => new EventReader(body, readFailure) };
}

interface Waiter {
  readonly resolve: (result: IteratorResult<CodexEvent>) => void;
  readonly reject: (error: Error) => void;
}

class EventReader implements AsyncIterator<CodexEvent>, ByteSink {
  readonly #body: BodyStream;
  readonly #readFailure: FailureReader;
  readonly #decoder: SseDecoder;
  #queue: CodexEvent[] = [];
  #next = 0;
  #waiters: Waiter[] = [];
  #paused = false;
  /** Set when no event will follow those in the queue. */
  #ending: { readonly error: Error | null } | null = null;

  constructor(body: BodyStream, readFailure: FailureReader) {
    this.#body = body;
    this.#readFailure = readFailure;
    this.#decoder = createSseDecoder({ onEvent: (event) => this.#onEvent(event) });
    body.pipeEvents(this);
  }

  next(): Promise<IteratorResult<CodexEvent>> {
    const event = this.#take();
    if (event !== undefined) return Promise.resolve({ done: false, value: event });
    if (this.#ending === null) return new Promise((resolve, reject) => this.#waiters.push({ resolve, reject }));
    const { error } = this.#ending;
    this.#ending = { error: null }; // An iterator throws once and is then simply done.
    return error === null ? Promise.resolve({ done: true, value: undefined }) : Promise.reject(error);
  }

  return(): Promise<IteratorResult<CodexEvent>> {
    this.#body.cancel();
    this.#queue = [];
    this.#settle(null);
    return Promise.resolve({ done: true, value: undefined });
  }

  onBytes(bytes: Uint8Array): void {
    if (this.#ending !== null) return;
    try {
      this.#decoder.feed(bytes);
    } catch (error) {
      this.#body.cancel();
      this.#settle(error as Error);
      return;
    }
    if (this.#queue.length - this.#next < HIGH_WATER_EVENTS || this.#ending !== null) return;
    this.#paused = true;
    this.#body.pause();
  }

  onEnd(): void {
    this.#decoder.end();
    this.#settle(new UpstreamError("stream_interrupted", "The backend ended its stream without finishing the answer."));
  }

  onError(error: Error): void {
    this.#settle(error);
  }

  #onEvent({ event: name, data }: SseEvent): void {
    if (this.#ending !== null) return;
    const event = parseEvent(data);
    if (event === null) {
      if (lossOf(name, data) !== "answer") return;
      this.#settle(unreadableEvent());
      this.#body.cancel();
      return;
    }
    this.#body.touch();
    const failure = this.#readFailure(event);
    if (failure === null) this.#give(event);
    if (failure === null && !TERMINAL_EVENT_TYPES.has(event.type)) return;
    this.#settle(failure);
    this.#body.finish();
  }

  #give(event: CodexEvent): void {
    const waiter = this.#waiters.shift();
    if (waiter === undefined) this.#queue.push(event);
    else waiter.resolve({ done: false, value: event });
  }

  #take(): CodexEvent | undefined {
    const event = this.#queue[this.#next];
    if (event === undefined) return undefined;
    this.#next++;
    if (this.#next === this.#queue.length) {
      this.#queue = [];
      this.#next = 0;
    }
    if (this.#paused && this.#queue.length - this.#next <= LOW_WATER_EVENTS) {
      this.#paused = false;
      this.#body.resume();
    }
    return event;
  }

  /** The first ending counts. */
  #settle(error: Error | null): void {
    if (this.#ending !== null) return;
    const waiters = this.#waiters;
    this.#waiters = [];
    this.#ending = { error: waiters.length > 0 ? null : error };
    waiters.forEach((waiter, index) => {
      if (index === 0 && error !== null) waiter.reject(error);
      else waiter.resolve({ done: true, value: undefined });
    });
  }
}
