/**
 * The stream of events that pi takes from a provider.
 * @module
 */
import type { PiAssistantMessage, PiEvent, PiEventStream } from "./host.ts";

/** A stream that is filled from one side and read from the other. It ends with the first `done` or `error`. */
export class AnswerStream implements PiEventStream {
  readonly #waiting: ((next: IteratorResult<PiEvent>) => void)[] = [];
  readonly #queue: PiEvent[] = [];
  readonly #result: Promise<PiAssistantMessage>;
  #settle!: (message: PiAssistantMessage) => void;
  #isOver = false;

  constructor() {
    this.#result = new Promise((resolve) => {
      this.#settle = resolve;
    });
  }

  /** Adds an event; what comes after the end is dropped. */
  push(event: PiEvent): void {
    if (this.#isOver) return;
    if (event.type === "done" || event.type === "error") {
      this.#isOver = true;
      this.#settle(event.type === "done" ? event.message : event.error);
    }
    const reader = this.#waiting.shift();
    if (reader === undefined) this.#queue.push(event);
    else reader({ value: event, done: false });
    if (this.#isOver) for (const idle of this.#waiting.splice(0)) idle({ value: undefined, done: true });
  }

  /** The message at the end, whole or failed. */
  result(): Promise<PiAssistantMessage> {
    return this.#result;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<PiEvent, void, void> {
    for (;;) {
      const queued = this.#queue.shift();
      if (queued !== undefined) {
        yield queued;
        continue;
      }
      if (this.#isOver) return;
      const next = await new Promise<IteratorResult<PiEvent>>((resolve) => this.#waiting.push(resolve));
      if (next.done === true) return;
      yield next.value;
    }
  }
}
