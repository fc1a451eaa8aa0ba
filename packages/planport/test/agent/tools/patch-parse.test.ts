import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parsePatch } from "../../../src/agent/tools/patch/parse.ts";

const parse = (...lines: string[]) => parsePatch(["*** Begin Patch", ...lines, "*** End Patch"].join("\n"));
const fault = (...lines: string[]) => {
  const parsed = parse(...lines);
  return parsed.ok ? null : `${parsed.line}: ${parsed.message}`;
};

describe("a patch is read", () => {
  test("with files to add, delete, update and move", () => {
    expect(
      parse(
        "*** Add File: a/new.txt",
        "+one",
        "+",
        "*** Delete File: old.txt",
        "*** Update File: b.txt",
        "*** Move to: c.txt",
        "@@ class X",
        " kept",
        "-gone",
        "+come",
        "@@",
        "-last",
        "*** End of File",
      ),
    ).toEqual({
      ok: true,
      operations: [
        { type: "add", path: "a/new.txt", lines: ["one", ""] },
        { type: "delete", path: "old.txt" },
        {
          type: "update",
          path: "b.txt",
          moveTo: "c.txt",
          chunks: [
            { context: "class X", oldLines: ["kept", "gone"], newLines: [0, "come"], atEnd: false },
            { context: null, oldLines: ["last"], newLines: [], atEnd: true },
          ],
        },
      ],
    });
  });

  test("when its first lines stand without @@, and when an empty line of context lacks its blank", () => {
    expect(parse("*** Update File: a", " x", "", "-y")).toMatchObject({
      operations: [{ chunks: [{ context: null, oldLines: ["x", "", "y"], newLines: [0, 1] }] }],
    });
  });

  test("when it only moves a file", () => {
    expect(parse("*** Update File: a", "*** Move to: b")).toMatchObject({ operations: [{ moveTo: "b", chunks: [] }] });
  });

  test("from within a here-document, with CRLF, and with white space around it", () => {
    const patch = "*** Begin Patch\r\n*** Delete File: a\r\n*** End Patch\r\n";
    const expected = { ok: true, operations: [{ type: "delete", path: "a" }] };
    expect(parsePatch(`\n ${patch}\n`)).toEqual(expected);
    expect(parsePatch(`<<'EOF'\n${patch}EOF\n`)).toEqual(expected);
  });
});

describe("what is no patch is told by its line", () => {
  test.each([
    [
      ["*** Frob File: a"],
      "2: '*** Frob File: a' is not a header: expected '*** Add File: …', '*** Delete File: …' or '*** Update File: …'",
    ],
    [["*** Update File: a"], "2: the update of 'a' is empty"],
    [["*** Update File: a", "@@"], "3: the update of 'a' ends without a line to change"],
    [
      ["*** Update File: a", "@@", "?x"],
      "4: unexpected line '?x' in the update of 'a': each begins with ' ', '+' or '-'",
    ],
    [["*** Update File: a", "-x", "huh"], "4: expected '@@' before more lines of 'a', found 'huh'"],
    [["*** Delete File: a\0b"], "2: a path holds a NUL character"],
    [[], "2: the patch changes no file"],
  ])("%j", (lines, message) => {
    expect(fault(...lines)).toBe(message);
  });

  test("text without its first or last line", () => {
    expect(parsePatch("hello")).toEqual({
      ok: false,
      line: 1,
      message: "the first line of a patch must be '*** Begin Patch'",
    });
    expect(parsePatch("*** Begin Patch\n*** Delete File: a")).toEqual({
      ok: false,
      line: 2,
      message: "the last line of a patch must be '*** End Patch'",
    });
  });

  test("any text at all, without a throw", () => {
    const piece = fc.constantFrom(
      "*** Begin Patch",
      "*** End Patch",
      "*** Add File: a",
      "*** Update File: b",
      "@@",
      "@@ c",
      "+x",
      "-y",
      " z",
      "",
      "*** End of File",
      "?",
    );
    fc.assert(
      fc.property(fc.array(fc.oneof(piece, fc.string())), (lines) => {
        const parsed = parsePatch(lines.join("\n"));
        if (!parsed.ok) expect(parsed.message).not.toBe("");
      }),
    );
  });
});
