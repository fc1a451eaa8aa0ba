import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { editText } from "../../../src/agent/tools/patch/edit.ts";
import type { Chunk } from "../../../src/agent/tools/patch/parse.ts";

const chunk = (oldLines: string[], newLines: (string | number)[], more: Partial<Chunk> = {}): Chunk => ({
  context: null,
  atEnd: false,
  oldLines,
  newLines,
  ...more,
});
const edit = (text: string, ...chunks: Chunk[]) => {
  const edited = editText(text, chunks, "file");
  return edited.ok ? edited.text : edited.message;
};

describe("an update", () => {
  test("replaces lines where they stand, each behind the one before", () => {
    expect(edit("a\nb\na\nb\n", chunk(["b"], ["1"]), chunk(["b"], ["2"]))).toBe("a\n1\na\n2\n");
  });

  test("begins behind the line that @@ names", () => {
    const text = "def a\n  x\ndef b\n  x\n";
    expect(edit(text, chunk(["  x"], ["  y"], { context: "def b" }))).toBe("def a\n  x\ndef b\n  y\n");
  });

  test("takes the last of several places when it is said to be at the end", () => {
    expect(edit("x\ny\nx\n", chunk(["x"], ["z"], { atEnd: true }))).toBe("x\ny\nz\n");
  });

  test("adds lines without context at the end", () => {
    expect(edit("a\nb", chunk([], ["c"]))).toBe("a\nb\nc\n");
    expect(edit("", chunk([], ["c"]))).toBe("c\n");
  });

  test("finds lines whose white space, dashes or quotes the model wrote otherwise", () => {
    expect(edit("a  \n\tb\nsay \u201Chi\u201D \u2013 now\n", chunk(["a", "b", 'say "hi" - now'], ["c"]))).toBe("c\n");
  });

  test("keeps lines of context as the file has them", () => {
    expect(edit("  a \nb\n", chunk(["a", "b"], [0, "c"]))).toBe("  a \nc\n");
  });

  test("takes an empty line of context at the end for the end of the file, and keeps none that is not there", () => {
    expect(edit("a", chunk([""], [0, "b"]))).toBe("\nb\na\n");
    expect(edit("a\n", chunk(["a", ""], [0, "b", 1]))).toBe("a\nb\n");
  });

  test("says which lines it did not find", () => {
    expect(edit("a\n", chunk(["b", "c"], []))).toBe("Failed to find expected lines in file:\nb\nc");
    expect(edit("a\n", chunk(["a"], [], { context: "nope" }))).toBe("Failed to find context 'nope' in file");
  });

  test("leaves the line ends of other lines alone, and gives new ones what most have", () => {
    expect(edit("a\r\nb\r\nc\r\n", chunk(["b"], ["x", "y"]))).toBe("a\r\nx\r\ny\r\nc\r\n");
    expect(edit("a\r\nb\nc\n", chunk(["b"], ["x"]))).toBe("a\r\nx\nc\n");
  });

  test("of all lines to themselves changes nothing", () => {
    const lines = fc.array(fc.stringMatching(/^[a-c ]{0,3}$/), { minLength: 1 });
    fc.assert(
      fc.property(lines, fc.nat(), fc.nat(), (all, from, count) => {
        const start = from % all.length;
        const some = all.slice(start, start + 1 + (count % (all.length - start)));
        const text = `${all.join("\n")}\n`;
        expect(edit(text, chunk(some, some))).toBe(text);
        expect(edit(text, chunk(some, [...some.keys()]))).toBe(text);
      }),
    );
  });
});
