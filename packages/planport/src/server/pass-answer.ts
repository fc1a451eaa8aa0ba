/**
 * An answer that is passed on as it comes: whatever it is, byte for byte, no faster than its client reads.
 * @module
 */
import type { ByteSink, RelayAnswer } from "../upstream/index.ts";
import type { Exchange } from "./exchange.ts";
import type { GatewayContext } from "./routes/context.ts";

/** Starts; the answer then goes on by itself. */
export function passAnswer(
  exchange: Exchange,
  answer: RelayAnswer,
  { unreadLimitMs }: Pick<GatewayContext, "unreadLimitMs">,
): void {
  if (exchange.signal.aborted) {
    answer.body.cancel();
    return;
  }
  const { "x-request-id": requestId } = answer.headers;
  if (typeof requestId === "string") exchange.notes.upstreamRequestId = requestId;
  exchange.reply.begin(answer.status, headersFor(exchange, answer));
  answer.body.pipe(new Passage(exchange, answer, unreadLimitMs));
}

/** Which pages may read an answer is this gateway's to say, and what it says stands in the reply's own headers already. */
function headersFor(exchange: Exchange, { headers }: RelayAnswer): Record<string, string | readonly string[]> {
  const { headers: own } = exchange.reply;
  const result: Record<string, string | readonly string[]> = {};
  for (const [name, value] of Object.entries(headers))
    if (own["vary"] === undefined || !name.startsWith("access-control-")) result[name] = value;
  const vary = [headers["vary"] ?? [], own["vary"] ?? []].flat();
  if (vary.length > 0) result["vary"] = vary.join(", ");
  return result;
}

class Passage implements ByteSink {
  readonly #exchange: Exchange;
  readonly #answer: RelayAnswer;
  readonly #unreadLimitMs: number;
  /** Runs while the client reads nothing. */
  #unread: NodeJS.Timeout | undefined;

  constructor(exchange: Exchange, answer: RelayAnswer, unreadLimitMs: number) {
    this.#exchange = exchange;
    this.#answer = answer;
    this.#unreadLimitMs = unreadLimitMs;
    exchange.signal.addEventListener("abort", () => this.#onClientGone(), { once: true });
    exchange.reply.onDrain = () => this.#onDrain();
  }

  onBytes(bytes: Uint8Array): void {
    const piece = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1");
    if (this.#exchange.reply.write(piece, "latin1") || this.#unread !== undefined) return;
    this.#unread = setTimeout(() => this.#exchange.reply.destroy(), this.#unreadLimitMs).unref();
    this.#answer.body.pause();
  }

  onEnd(): void {
    this.#close();
    this.#exchange.reply.end();
  }

  /** The status is out: only a cut says that this is not all. */
  onError(): void {
    this.#close();
    this.#exchange.notes.errorCode ??= "stream_interrupted";
    this.#exchange.reply.destroy();
  }

  #onDrain(): void {
    if (this.#unread === undefined) return;
    clearTimeout(this.#unread);
    this.#unread = undefined;
    this.#answer.body.resume();
  }

  #onClientGone(): void {
    this.#close();
    this.#answer.body.cancel();
  }

  #close(): void {
    clearTimeout(this.#unread);
    this.#exchange.reply.onDrain = null;
  }
}
