import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fromByteString, toByteString } from "../../src/sse/byte-string.ts";
import { createUtf8Decoder } from "../../src/sse/utf8.ts";

/** Bytes of which many make cut, overlong or misplaced sequences. */
const bytes = fc.array(
  fc.oneof(
    fc.integer({ min: 0, max: 255 }),
    fc.constantFrom(0x41, 0x80, 0xbf, 0xc3, 0xe2, 0x82, 0xf0, 0x9f, 0xed, 0xff),
  ),
  { maxLength: 24 },
);

describe("createUtf8Decoder", () => {
  it("gives the text that the platform's decoder gives for the whole, for any bytes, cut anywhere", () => {
    fc.assert(
      fc.property(bytes, fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1 }), (values, sizes) => {
        // A character cut off by the very end is never told, so every stream here ends in a line.
        const whole = Uint8Array.from([...values, 10]);
        const decode = createUtf8Decoder();
        let text = "";
        for (let at = 0, turn = 0; at < whole.length; turn += 1) {
          const size = sizes[turn % sizes.length] ?? 1;
          const piece = whole.slice(at, at + size);
          text += decode(piece);
          piece.fill(0x58); // What it was given is only lent.
          at += size;
        }
        expect(text).toBe(new TextDecoder().decode(whole));
      }),
      { numRuns: 2000 },
    );
  });

  it("leaves out a byte order mark at the start and nowhere else", () => {
    const decode = createUtf8Decoder();
    const marked = [0xef, 0xbb, 0xbf, 0x61];
    expect([...marked, ...marked].map((byte) => decode(Uint8Array.of(byte))).join("")).toBe("a\uFEFFa");
  });
});

describe("byte strings", () => {
  it("hold the UTF-8 bytes of a text, and give them back", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        const string = toByteString(text);
        expect(string).toMatch(/^[\0-\xff]*$/);
        expect(fromByteString(string)).toEqual(new TextEncoder().encode(text));
      }),
    );
  });
});
