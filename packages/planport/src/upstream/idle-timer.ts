/**
 * Notices silence at the price of one clock reading per chunk.
 * @module
 */

/**
 * Calls `onIdle` once when nothing was heard for `limitMs`. One timer for the whole life: when it fires early, because
 * something was heard since, it is set again for what is left. {@link IdleTimer.touch} touches no timer at all.
 */
export class IdleTimer {
  readonly #limitMs: number;
  readonly #onIdle: () => void;
  #lastMs: number = performance.now();
  #timer: NodeJS.Timeout | null = null;
  #suspended = false;

  constructor(limitMs: number, onIdle: () => void) {
    this.#limitMs = limitMs;
    this.#onIdle = onIdle;
    this.#arm(limitMs);
  }

  /** Something was heard. */
  touch(): void {
    this.#lastMs = performance.now();
  }

  /** From here on the silence is our own doing (the reader paused the stream) and does not count. */
  suspend(): void {
    this.#suspended = true;
  }

  /** Silence counts again, from now. */
  resume(): void {
    if (!this.#suspended) return;
    this.#suspended = false;
    this.touch();
    if (this.#timer === null) this.#arm(this.#limitMs);
  }

  /** The end; `onIdle` will not be called. */
  stop(): void {
    this.#suspended = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }

  #arm(delayMs: number): void {
    this.#timer = setTimeout(() => this.#check(), delayMs);
    this.#timer.unref(); // The socket keeps the process alive; the timer must not do so by itself.
  }

  #check(): void {
    this.#timer = null;
    if (this.#suspended) return;
    const leftMs = this.#limitMs - (performance.now() - this.#lastMs);
    if (leftMs > 0) this.#arm(Math.ceil(leftMs));
    else this.#onIdle();
  }
}
