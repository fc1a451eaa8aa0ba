/**
 * The body of an answer in push style: bytes go from the socket to the sink in one call, without a promise or a copy.
 * @module
 */
import { ConfigError } from "../errors.ts";
import type { ByteSink, ByteStream } from "./types.ts";
import type { IdleTimer } from "./idle-timer.ts";

/** The socket's side of a {@link BodyStream}. */
export interface ByteSource {
  pause(): void;
  resume(): void;
  /** Destroys the connection. */
  abort(): void;
  /** Called once, when the stream is over for whatever reason: the place to remove listeners. */
  released(): void;
}

/** How much may wait for its reader before the socket is paused. */
const MAX_HELD_BYTES = 64 * 1024;
/** How long a reader who has all it wants waits for the backend to end the answer, so that the connection can be used again. */
const DRAIN_LIMIT_MS = 1_000;

const DEVNULL: ByteSink = { onBytes: () => {}, onEnd: () => {}, onError: () => {} };

/** Producer calls `push`, `end` and `fail`; consumer has the {@link ByteStream} side. */
export class BodyStream implements ByteStream {
  readonly #source: ByteSource;
  readonly #idle: IdleTimer;
  #sink: ByteSink | null = null;
  /** True while a chunk can go straight to the sink. */
  #flowing = false;
  #paused = false;
  #sourcePaused = false;
  #touchOnBytes = true;
  #held: Uint8Array[] = [];
  #heldBytes = 0;
  /** How the source ended, while the sink does not know yet. */
  #ending: { readonly error: Error | null } | null = null;
  #over = false;
  #drainTimer: NodeJS.Timeout | null = null;

  constructor(source: ByteSource, idle: IdleTimer, held: Uint8Array[]) {
    this.#source = source;
    this.#idle = idle;
    this.#held = held;
    for (const chunk of held) this.#heldBytes += chunk.length;
  }

  /** Producer: the next bytes, lent for this call alone. */
  push(bytes: Uint8Array): void {
    if (this.#touchOnBytes) this.#idle.touch();
    if (this.#flowing) {
      (this.#sink as ByteSink).onBytes(bytes);
      return;
    }
    if (this.#over) return;
    this.#held.push(bytes.slice());
    this.#heldBytes += bytes.length;
    if (this.#heldBytes >= MAX_HELD_BYTES) this.#pauseSource();
  }

  /** Producer: the answer is complete. */
  end(): void {
    this.#finish({ error: null });
  }

  /** Producer: the answer was cut off. */
  fail(error: Error): void {
    this.#finish({ error });
  }

  pipe(sink: ByteSink): void {
    if (this.#sink !== null || this.#over)
      throw new ConfigError("internal", "The body of an answer can be used once: take `events` or `body`, not both.");
    this.#sink = sink;
    this.#flush();
  }

  /** Like `pipe`, but silence is measured between calls of {@link BodyStream.touch}: comments do not count as life. */
  pipeEvents(sink: ByteSink): void {
    this.#touchOnBytes = false;
    this.pipe(sink);
  }

  /** See {@link BodyStream.pipeEvents}. */
  touch(): void {
    this.#idle.touch();
  }

  pause(): void {
    if (this.#paused || this.#over) return;
    this.#paused = true;
    this.#flowing = false;
    this.#idle.suspend();
    this.#pauseSource();
  }

  resume(): void {
    if (!this.#paused || this.#over) return;
    this.#paused = false;
    this.#idle.resume();
    this.#flush();
  }

  cancel(): void {
    if (this.#over) return;
    this.#close();
    this.#source.abort();
  }

  /** The reader has all it wants: what is left is thrown away, for a short time, then the connection is closed. */
  finish(): void {
    if (this.#over) return;
    this.#sink = DEVNULL;
    this.#paused = false;
    this.#drainTimer = setTimeout(() => this.cancel(), DRAIN_LIMIT_MS);
    this.#drainTimer.unref();
    this.#flush();
  }

  #flush(): void {
    if (this.#sink === null) return;
    // The sink may pause, resume or cancel from within `onBytes`, so every turn looks again.
    while (!this.#paused && this.#sink !== null) {
      const chunk = this.#held.shift();
      if (chunk === undefined) break;
      this.#heldBytes -= chunk.length;
      this.#sink.onBytes(chunk);
    }
    if (this.#over || this.#paused) return;
    if (this.#ending !== null) {
      this.#deliverEnd(this.#ending);
      return;
    }
    this.#flowing = true;
    if (!this.#sourcePaused) return;
    this.#sourcePaused = false;
    this.#source.resume();
  }

  #pauseSource(): void {
    if (this.#sourcePaused) return;
    this.#sourcePaused = true;
    this.#source.pause();
  }

  #finish(ending: { readonly error: Error | null }): void {
    if (this.#over || this.#ending !== null) return;
    this.#ending = ending;
    this.#idle.stop();
    this.#source.released();
    if (this.#sink === null || this.#paused || this.#held.length > 0) return;
    this.#deliverEnd(ending);
  }

  #deliverEnd(ending: { readonly error: Error | null }): void {
    const sink = this.#sink;
    this.#close();
    if (ending.error === null) sink?.onEnd();
    else sink?.onError(ending.error);
  }

  #close(): void {
    this.#over = true;
    this.#flowing = false;
    this.#sink = null;
    this.#held = [];
    this.#idle.stop();
    if (this.#drainTimer !== null) clearTimeout(this.#drainTimer);
    if (this.#ending === null) this.#source.released();
  }
}
