import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type SseEvent, createSseDecoder } from "../../src/sse/decode.ts";
import { DONE_EVENT, encodeComment, encodeJsonEvent } from "../../src/sse/encode.ts";

/** What a decoder says, in order: events, and comments as `[comment]`. */
function decode(pieces: readonly Uint8Array[]): unknown[] {
  const said: unknown[] = [];
  const decoder = createSseDecoder({
    onEvent: ({ event, data }: SseEvent) => said.push({ event, data }),
    onComment: (comment) => said.push([comment]),
  });
  for (const piece of pieces) decoder.feed(piece);
  decoder.end();
  return said;
}

function cut(bytes: Uint8Array, sizes: readonly number[]): Uint8Array[] {
  const pieces: Uint8Array[] = [];
  for (let at = 0, turn = 0; at < bytes.length; turn += 1) {
    const size = sizes[turn % sizes.length] ?? 1;
    // A copy: a decoder that keeps a view on reused memory would fail here.
    pieces.push(bytes.slice(at, at + size));
    at += size;
  }
  return pieces;
}

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);
const sizes = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 6 });
const lineEnd = fc.constantFrom("\n", "\r\n", "\r");
const word = fc
  .oneof(fc.string({ maxLength: 6 }), fc.constantFrom("é", "😀", "\u2028", " ", ":", "data"))
  .map((text) => text.replaceAll(/[\r\n\0]/g, ""));
const line = fc.oneof(
  word.map((text) => `data: ${text}`),
  word.map((text) => `data:${text}`),
  word.map((text) => `event: ${text}`),
  word.map((text) => `: ${text}`),
  word.map((text) => `unknown: ${text}`),
  fc.constantFrom("", "data", "id: 1", "retry: 5"),
);

describe("createSseDecoder", () => {
  it("gives the same events however the bytes are cut, for every kind of line end, with or without BOM", () => {
    const streams = fc.record({
      lines: fc.array(fc.tuple(line, lineEnd), { maxLength: 20 }),
      bom: fc.boolean(),
    });
    fc.assert(
      fc.property(streams, sizes, ({ lines, bom }, at) => {
        const bytes = utf8((bom ? "\uFEFF" : "") + lines.map(([text, end]) => text + end).join(""));
        const whole = decode([bytes]);
        expect(decode(cut(bytes, at))).toEqual(whole);
        expect(decode(cut(bytes, [1]))).toEqual(whole);
      }),
      { numRuns: 500 },
    );
  });

  it.each([["\n"], ["\r\n"], ["\r"]])("reads streams whose lines end in %j", (end) => {
    const text = ["event: a", "data: 1", "data: 2", "", ": hi", "data: é😀", "", ""].join(end);
    expect(decode(cut(utf8(text), [1]))).toEqual([
      { event: "a", data: "1\n2" },
      ["hi"],
      { event: undefined, data: "é😀" },
    ]);
  });

  it("ignores a BOM at the start, cut anywhere", () => {
    expect(decode(cut(utf8("\uFEFFdata: x\n\n"), [1]))).toEqual([{ event: undefined, data: "x" }]);
  });

  it("drops an event whose closing blank line never came", () => {
    expect(decode([utf8("data: 1\n\ndata: 2\n")])).toEqual([{ event: undefined, data: "1" }]);
  });

  it("reads back what was encoded", () => {
    const event = fc.record({
      event: fc.option(fc.stringMatching(/^[a-z._]{1,20}$/), { nil: undefined }),
      value: fc.jsonValue(),
    });
    fc.assert(
      fc.property(fc.array(event), sizes, (events, at) => {
        const text = events.map(({ event, value }) => encodeJsonEvent(event, JSON.stringify(value))).join("");
        const expected = events.map(({ event, value }) => ({ event, data: JSON.stringify(value) }));
        expect(decode(cut(utf8(text), at))).toEqual(expected);
      }),
    );
  });

  it("hears comments and the end marker of chat streams", () => {
    expect(decode([utf8(encodeComment("ping\r\ndata: no") + DONE_EVENT)])).toEqual([
      ["ping data: no"],
      { event: undefined, data: "[DONE]" },
    ]);
  });

  it.each([
    ["an endless line", "data: 0123456789", 20],
    ["endless data lines", "data: 0123456789\n", 20],
  ])("ends %s as malformed instead of keeping it all", (_case, piece, maxEventChars) => {
    const decoder = createSseDecoder({ onEvent: () => undefined, maxEventChars });
    const feed = (): void => {
      for (let turn = 0; turn < 50; turn += 1) decoder.feed(utf8(piece));
    };
    expect(feed).toThrow(expect.objectContaining({ code: "upstream_malformed" }));
  });

  it("knows when it stands between two events, however the bytes are cut", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(line, lineEnd), { maxLength: 20 }), sizes, (lines, at) => {
        const decoder = createSseDecoder({ onEvent: () => undefined });
        expect(decoder.betweenEvents).toBe(false);
        let sofar = "";
        for (const piece of cut(utf8(lines.map(([text, end]) => text + end).join("")), at)) {
          decoder.feed(piece);
          sofar += new TextDecoder("latin1").decode(piece);
          expect(decoder.betweenEvents).toBe(sofar.endsWith("\n\n"));
        }
      }),
    );
  });

  it("survives bytes that are no UTF-8", () => {
    expect(decode([new Uint8Array([...utf8("data: a"), 0xff, ...utf8("b\n\n")])])).toEqual([
      { event: undefined, data: "a\uFFFDb" },
    ]);
  });
});
