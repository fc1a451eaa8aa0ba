import fc from "fast-check";
import { expect, test } from "vitest";
import { LineCutter } from "../../src/json-rpc/lines.ts";

function cut(chunks: readonly Uint8Array[], maxBytes = 1000): { lines: string[]; tooLong: number } {
  const lines: string[] = [];
  let tooLong = 0;
  const cutter = new LineCutter({ onLine: (line) => lines.push(line), onTooLong: () => (tooLong += 1) }, maxBytes);
  for (const chunk of chunks) cutter.push(chunk);
  cutter.end();
  return { lines, tooLong };
}

test("lines come out whole however the bytes are cut, also within a character", () => {
  const line = fc.string({ unit: "binary" }).map((text) => text.replaceAll(/[\r\n]/g, "·"));
  fc.assert(
    fc.property(fc.array(line, { maxLength: 8 }), fc.array(fc.nat(200)), (lines, cuts) => {
      const bytes = Buffer.from(lines.map((each) => `${each}\n`).join(""));
      const places = [...new Set([0, ...cuts.map((at) => Math.min(at, bytes.length)), bytes.length])].sort(
        (a, b) => a - b,
      );
      const chunks = places.slice(1).map((end, index) => bytes.subarray(places[index], end));
      const wanted = lines.map((each) => Buffer.from(each).toString("utf8"));
      expect(cut(chunks, 10_000).lines).toEqual(wanted);
    }),
    { numRuns: 50 },
  );
});

test("a carriage return before the end of a line is no part of it, and the last line needs no end", () => {
  expect(cut([Buffer.from("one\r\ntwo")]).lines).toEqual(["one", "two"]);
});

test("a line that is too long is told once and left out, and the next one comes through", () => {
  const chunks = [Buffer.from("123456"), Buffer.from("789012345\nok\n")];
  expect(cut(chunks, 8)).toEqual({ lines: ["ok"], tooLong: 1 });
});
