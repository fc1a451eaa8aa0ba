/**
 * An answer whose tool calls are text: the backend's stream, taken apart and put together again. Only for who has asked for
 * it; all others get the bytes as they are.
 * @module
 */
import { isJsonObject, tryParseJson } from "../protocol/json.ts";
import type { CodexEvent } from "../protocol/responses/event.ts";
import { createSseDecoder, type SseDecoder, type SseEvent } from "../sse/decode.ts";
import { encodeJsonEvent } from "../sse/encode.ts";
import { createToolTextStream, type TextFormat, type ToolTextStream } from "../translate/shaping/tool-text.ts";
import type { ByteSink, ByteStream, CodexResponse } from "../upstream/types.ts";

/** The answer with its calls as text, in both of its forms. */
export function withToolText(
  response: CodexResponse,
  format: TextFormat,
  names: ReadonlyMap<string, string>,
): CodexResponse {
  const stream = createToolTextStream(format, names);
  return {
    ...response,
    events: { [Symbol.asyncIterator]: () => translated(response.events, stream) },
    body: new TextBody(response.body, stream),
  };
}

async function* translated(events: AsyncIterable<CodexEvent>, stream: ToolTextStream): AsyncGenerator<CodexEvent> {
  for await (const event of events) yield* stream.push(event);
}

class TextBody implements ByteStream {
  readonly #body: ByteStream;
  readonly #stream: ToolTextStream;

  constructor(body: ByteStream, stream: ToolTextStream) {
    this.#body = body;
    this.#stream = stream;
  }

  pipe(sink: ByteSink): void {
    this.#body.pipe(new TextSink(sink, this.#stream));
  }
  pause(): void {
    this.#body.pause();
  }
  resume(): void {
    this.#body.resume();
  }
  cancel(): void {
    this.#body.cancel();
  }
}

const utf8 = new TextEncoder();

class TextSink implements ByteSink {
  readonly #sink: ByteSink;
  readonly #stream: ToolTextStream;
  readonly #decoder: SseDecoder;
  #text = "";

  constructor(sink: ByteSink, stream: ToolTextStream) {
    this.#sink = sink;
    this.#stream = stream;
    this.#decoder = createSseDecoder({ onEvent: (event) => this.#onEvent(event) });
  }

  onBytes(bytes: Uint8Array): void {
    this.#decode(() => this.#decoder.feed(bytes));
  }

  onEnd(): void {
    if (this.#decode(() => this.#decoder.end())) this.#sink.onEnd();
  }

  onError(error: Error): void {
    this.#sink.onError(error);
  }

  #decode(step: () => void): boolean {
    try {
      step();
    } catch (error) {
      this.#sink.onError(error as Error);
      return false;
    }
    const text = this.#text;
    this.#text = "";
    if (text !== "") this.#sink.onBytes(utf8.encode(text));
    return true;
  }

  #onEvent({ event: name, data }: SseEvent): void {
    const value = tryParseJson(data);
    if (!isJsonObject(value) || typeof value["type"] !== "string") {
      this.#text += encodeJsonEvent(name, data.replaceAll("\n", "\ndata: "));
      return;
    }
    for (const next of this.#stream.push(value as CodexEvent))
      this.#text += encodeJsonEvent(next.type, JSON.stringify(next));
  }
}
