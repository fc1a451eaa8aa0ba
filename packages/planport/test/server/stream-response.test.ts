import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { UpstreamError } from "../../src/errors.ts";
import { silentLogger } from "../../src/observe/index.ts";
import type { Exchange, Reply } from "../../src/server/exchange.ts";
import { type StreamEncoder, streamResponse } from "../../src/server/stream-response.ts";
import { createSseDecoder, type SseEvent } from "../../src/sse/decode.ts";
import { encodeJsonEvent } from "../../src/sse/encode.ts";
import { createChatSseEncoder, createResponsesSseEncoder } from "../../src/translate/index.ts";
import type { ByteSink, CodexResponse } from "../../src/upstream/types.ts";
import { failureOf } from "./kit.ts";

type Event = { type: string; [key: string]: unknown };
const utf8 = new TextEncoder();

const DIALECTS: Record<string, () => StreamEncoder> = {
  responses: () => Object.assign(createResponsesSseEncoder(), { end: () => "" }),
  chat: () => createChatSseEncoder({ id: "chatcmpl-é", model: "asked-é", createdSeconds: 7, includeUsage: true }),
};

interface Relayed {
  readonly bytes: Buffer;
  /** How many pieces went the fast way. */
  readonly passed: number;
}

/** Sends pieces through the relay, and then an end, or a break. */
async function relay(encoder: StreamEncoder, pieces: readonly Uint8Array[], breaks: boolean): Promise<Relayed> {
  const written: Buffer[] = [];
  let passed = 0;
  let begun = false;
  const reply = {
    headers: {},
    get begun() {
      return begun;
    },
    begin: () => (begun = true),
    write(piece, encoding = "utf8") {
      if (encoding === "latin1") passed += 1;
      written.push(Buffer.from(piece, encoding));
      return true;
    },
    end: (last = "") => void written.push(Buffer.from(last)),
    send: (_status, _headers, text) => written.push(Buffer.from(`whole: ${text}`)),
    onDrain: null,
  } as Partial<Reply> as Reply;
  let sink: ByteSink | null = null;
  const body = {
    pipe: (to: ByteSink) => (sink = to),
    pause: () => undefined,
    resume: () => undefined,
    cancel: () => undefined,
  };
  const exchange = {
    path: "/v1/x",
    headers: {},
    reply,
    signal: new AbortController().signal,
    notes: {},
  } as unknown as Exchange;
  const response = { status: 200, headers: {}, requestId: null, servedModel: null, changes: [], body, failureOf };
  await streamResponse(exchange, {
    createEncoder: () => encoder,
    call: async () => response as unknown as CodexResponse,
    keepAliveMs: 60_000,
    commitAfterMs: 60_000,
    unreadLimitMs: 60_000,
    logger: silentLogger,
    now: () => 0,
  });
  const to = sink as ByteSink | null;
  for (const piece of pieces) {
    const lent = Uint8Array.from(piece);
    to?.onBytes(lent);
    lent.fill(0x58); // Bytes are only lent: whoever keeps them keeps this.
  }
  if (breaks) to?.onError(new UpstreamError("stream_idle", "Silence."));
  else to?.onEnd();
  return { bytes: Buffer.concat(written), passed };
}

function withoutFastWay(encoder: StreamEncoder): StreamEncoder {
  return {
    push: (type, json) => encoder.push(type, json),
    pass: () => null,
    get terminated() {
      return encoder.terminated;
    },
    end: () => encoder.end(),
    fail: (body) => encoder.fail(body),
  };
}

/** What a reader makes of a stream. `JSON.parse` evens out what is only another way to write the same string. */
function read(bytes: Uint8Array): unknown[] {
  const events: unknown[] = [];
  const decoder = createSseDecoder({
    onEvent: ({ event, data }: SseEvent) => events.push([event, data.startsWith("{") ? JSON.parse(data) : data]),
  });
  decoder.feed(bytes);
  return events;
}

function cut(bytes: Uint8Array, sizes: readonly number[]): Uint8Array[] {
  const pieces: Uint8Array[] = [];
  for (let at = 0, turn = 0; at < bytes.length; turn += 1) {
    const size = sizes[turn % sizes.length] ?? 1;
    pieces.push(bytes.slice(at, at + size));
    at += size;
  }
  return pieces;
}

const text = fc
  .array(
    fc.oneof(
      fc.string({ maxLength: 6 }),
      fc.constantFrom("é", "😀", '"', "\\", '\\"', "\n", "\u2028", "\ud800", "\u0000"),
    ),
  )
  .map((parts) => parts.join(""));
const usual = { item_id: "msg_0", output_index: 0, content_index: 0 };
const odd = fc.constantFrom(
  { item_id: "msg_0", output_index: 0, content_index: 1 },
  { item_id: "msg_1", output_index: 1, content_index: 0 },
  { item_id: "msg_é" },
  { output_index: 2 },
  {},
);
const place = fc.oneof({ weight: 4, arbitrary: fc.constant(usual) }, odd);
const extra = fc.constantFrom<object>(
  {},
  { logprobs: [], obfuscation: "Xq3hZ0vT" },
  { obfuscation: "é" },
  { logprobs: [{ token: "a", delta: "no" }] },
  { nested: { delta: "no" } },
  { "delta ": "no", flag: true, none: null, count: 3 },
);
const textDelta = fc
  .record({ place, delta: text, extra, first: fc.boolean() })
  .map(({ place, delta, extra, first }): Event => ({
    type: "response.output_text.delta",
    sequence_number: 0,
    ...(first && extra),
    ...place,
    delta,
    ...(!first && extra),
  }));
const otherEvent = fc.oneof(
  text.map((delta): Event => ({
    type: "response.reasoning_summary_text.delta",
    output_index: 3,
    summary_index: 0,
    delta,
  })),
  text.map((delta): Event => ({ type: "response.function_call_arguments.delta", output_index: 4, delta })),
  fc.constantFrom<Event>(
    { type: "response.created", response: { id: "resp_1", model: "served-ü" } },
    { type: "response.in_progress", response: { id: "resp_1", service_tier: "flex" } },
    { type: "response.output_item.added", output_index: 4, item: { type: "function_call", call_id: "c", name: "f" } },
    { type: "error", code: "odd", message: "Odd: ö." },
    { type: "x.new", delta: "?" },
  ),
);
/** The finished item tells its text once more: a chat stream must not. */
const itemDone = place.map((where): Event => ({
  type: "response.output_item.done",
  ...where,
  item: { id: where.item_id ?? "msg", type: "message", content: [{ type: "output_text", text: "whole" }] },
}));
const events = fc
  .tuple(
    fc.array(fc.oneof({ weight: 6, arbitrary: textDelta }, otherEvent, itemDone), { maxLength: 14 }),
    fc.constantFrom<Event[]>(
      [],
      [
        {
          type: "response.completed",
          response: { id: "resp_1", output: [], usage: { input_tokens: 1, output_tokens: 2 } },
        },
      ],
      [{ type: "response.failed", response: { error: { code: "x", message: "busy" } } }],
    ),
  )
  .map(([before, last]) => [...before, ...last].map((event, index): Event => ({ ...event, sequence_number: index })));

/** The ways in which servers write an event. */
const WRITE: ((event: Event) => string)[] = [
  (event) => encodeJsonEvent(event.type, JSON.stringify(event)),
  (event) => encodeJsonEvent(undefined, JSON.stringify(event)),
  (event) => encodeJsonEvent(event.type, JSON.stringify(event)).replaceAll("\n", "\r\n"),
  (event) => encodeJsonEvent(event.type, JSON.stringify(event)).replace("\n\n", "\n\r\n"),
  (event) => `event:${event.type}\ndata:${JSON.stringify(event, null, " ").replaceAll("\n", "\ndata:")}\n\n`,
  (event) => encodeJsonEvent(event.type, JSON.stringify(event).replaceAll(/[^\0-\x7f]/g, escaped)),
  (event) => encodeJsonEvent("message", JSON.stringify(event)),
  (event) => `: ping\n\n${encodeJsonEvent(event.type, JSON.stringify(event))}`,
];

function escaped(char: string): string {
  return `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`;
}

/** Mostly written the usual way, so that pieces with several events that can be passed do occur. */
const stream = fc.record({
  events,
  ways: fc.array(fc.oneof({ weight: 8, arbitrary: fc.constant(0) }, fc.nat(WRITE.length - 1)), { minLength: 1 }),
  /** How many events are in a piece, in turn; null: cut by size. */
  grouping: fc.option(fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 1, maxLength: 4 })),
  sizes: fc.array(fc.integer({ min: 1, max: 300 }), { minLength: 1, maxLength: 6 }),
  breaks: fc.boolean(),
});

function toPieces({ events, ways, grouping, sizes }: typeof stream extends fc.Arbitrary<infer T> ? T : never) {
  const written = events.map((event, index) =>
    utf8.encode((WRITE[ways[index % ways.length] ?? 0] as (typeof WRITE)[0])(event)),
  );
  if (grouping === null) return cut(Buffer.concat(written), sizes);
  const pieces: Uint8Array[] = [];
  for (let turn = 0; written.length > 0; turn += 1)
    pieces.push(Buffer.concat(written.splice(0, grouping[turn % grouping.length])));
  return pieces;
}

describe.each(Object.keys(DIALECTS))("the fast way of %s", (dialect) => {
  const create = DIALECTS[dialect] as () => StreamEncoder;

  it("gives what taking every event apart gives, for any stream, cut anywhere", async () => {
    let passed = 0;
    await fc.assert(
      fc.asyncProperty(stream, async (made) => {
        const pieces = toPieces(made);
        const fast = await relay(create(), pieces, made.breaks);
        const slow = await relay(withoutFastWay(create()), pieces, made.breaks);
        expect(slow.passed).toBe(0);
        expect(read(fast.bytes)).toEqual(read(slow.bytes));
        const whole = await relay(create(), [Buffer.concat(pieces)], made.breaks);
        expect(read(fast.bytes)).toEqual(read(whole.bytes));
        passed += fast.passed;
      }),
      { numRuns: 1500 },
    );
    expect(passed).toBeGreaterThan(100);
  });

  it("is taken for deltas as the backend writes them, whatever their text", async () => {
    const deltas = ["a", "é😀", '"}', "\\", 'x\\"y', "\n", '","delta":"no"', "{[", "\u2028\u0000"].map((delta, index) =>
      utf8.encode(
        encodeJsonEvent(
          "response.output_text.delta",
          `{"type":"response.output_text.delta","sequence_number":${index},"item_id":"msg_1","output_index":0,"content_index":0,"delta":${JSON.stringify(delta)},"logprobs":[],"obfuscation":"q"}`,
        ),
      ),
    );
    const [first = new Uint8Array(), ...rest] = deltas;
    expect((await relay(create(), deltas, true)).passed).toBe(rest.length);
    expect((await relay(create(), [first, Buffer.concat(rest)], true)).passed).toBe(1);
  });
});

describe("the fast way", () => {
  const delta = (json: string) => utf8.encode(`event: response.output_text.delta\ndata: ${json}\n\n`);
  const good = '{"type":"response.output_text.delta","output_index":0,"delta":"a"}';

  it.each([
    ["an escape that JSON does not know", good.replace("a", "\\x")],
    ["a control character", good.replace("a", "\u0001")],
    ["a text without an end", good.replace('a"}', "a}")],
    ["a second text", good.replace("}", ',"delta":"b"}')],
    ["a second type", good.replace("}", ',"type":"x"}')],
    ["a number that is none", good.replace(":0", ":00")],
    ["something after the object", `${good}{}`],
    ["no object", good.slice(1)],
  ])("of chat leaves %s to the parser", async (_what, json) => {
    const create = DIALECTS["chat"] as () => StreamEncoder;
    const pieces = [delta(good), delta(json), delta(good)];
    const fast = await relay(create(), pieces, true);
    expect(fast.passed).toBeLessThan(2);
    expect(read(fast.bytes)).toEqual(read((await relay(withoutFastWay(create()), pieces, true)).bytes));
  });

  it("of responses lets no terminal event hide behind another kind of line end", async () => {
    const hidden = `event: response.a.delta\ndata: {}\n\r\n${encodeJsonEvent("response.completed", '{"type":"response.completed"}')}`;
    const { bytes } = await relay(
      (DIALECTS["responses"] as () => StreamEncoder)(),
      [delta(good), utf8.encode(hidden)],
      false,
    );
    expect(bytes.toString()).toMatch(/"type":"response.completed"\}\n\n$/);
  });
});
