/**
 * A streamed answer of the images API: few events, large ones, and long silences before them.
 * @module
 */
import { encodeComment, encodeJsonEvent } from "../sse/encode.ts";
import type { Exchange } from "./exchange.ts";
import type { GatewayContext } from "./routes/context.ts";
import { describeError, sendError } from "./send-error.ts";
import { STREAM_HEADERS } from "./stream-response.ts";

const KEEP_ALIVE = encodeComment("keep-alive");

/** Writes one. */
export class ImageStream {
  readonly #exchange: Exchange;
  readonly #context: GatewayContext;
  /** Read when the answer begins. */
  readonly #headers: () => Record<string, string>;
  #timer: NodeJS.Timeout;
  /** Runs while the client reads nothing. */
  #unread: NodeJS.Timeout | undefined;
  /** Who waits for the client to read: several calls may have made an image at the same time. */
  #waiting: (() => void)[] = [];

  constructor(exchange: Exchange, context: GatewayContext, headers: () => Record<string, string>) {
    this.#exchange = exchange;
    this.#context = context;
    this.#headers = headers;
    this.#timer = this.#arm(context.commitAfterMs);
    exchange.reply.onDrain = () => this.#release();
    exchange.signal.addEventListener("abort", () => this.#close(), { once: true });
  }

  /** Resolves when the client keeps up, or is gone. */
  async event(type: string, value: unknown): Promise<void> {
    this.#write(encodeJsonEvent(type, JSON.stringify(value)));
    if (this.#unread !== undefined) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  end(): void {
    this.#close();
    this.#begin();
    this.#exchange.reply.end();
  }

  /** Before the first byte a status, after it an event that the SDKs throw on. */
  fail(thrown: unknown): void {
    this.#close();
    const { reply } = this.#exchange;
    if (!reply.begun) {
      sendError(this.#exchange, thrown, this.#context);
      return;
    }
    const { body } = describeError(this.#exchange, thrown, this.#context);
    reply.end(encodeJsonEvent("error", JSON.stringify({ type: "error", ...body })));
  }

  #begin(): void {
    const { reply } = this.#exchange;
    if (!reply.begun) reply.begin(200, { ...this.#headers(), ...STREAM_HEADERS });
  }

  #write(piece: string): void {
    if (this.#exchange.signal.aborted) return;
    this.#begin();
    clearTimeout(this.#timer);
    this.#timer = this.#arm(this.#context.keepAliveMs);
    if (this.#exchange.reply.write(piece) || this.#unread !== undefined) return;
    this.#unread = setTimeout(() => this.#exchange.reply.destroy(), this.#context.unreadLimitMs).unref();
  }

  /** A client that does not read needs no sign of life. */
  #arm(delayMs: number): NodeJS.Timeout {
    return setTimeout(() => {
      if (this.#unread === undefined) this.#write(KEEP_ALIVE);
      else this.#timer = this.#arm(this.#context.keepAliveMs);
    }, delayMs).unref();
  }

  #release(): void {
    clearTimeout(this.#unread);
    this.#unread = undefined;
    for (const wake of this.#waiting.splice(0)) wake();
  }

  #close(): void {
    clearTimeout(this.#timer);
    this.#exchange.reply.onDrain = null;
    this.#release();
  }
}
