import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { findJsonFault } from "../../src/server/admission/json-position.ts";

const parses = (text: string): boolean => {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
};

describe("findJsonFault", () => {
  it("finds nothing in JSON, of any shape and spacing", () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 4 }), fc.constantFrom(0, 1, "\t"), (json, space) => {
        expect(findJsonFault(json)).toBeNull();
        expect(findJsonFault(JSON.stringify(JSON.parse(json), null, space))).toBeNull();
      }),
    );
  });

  it("finds a fault exactly when JSON.parse does", () => {
    const soup = fc.array(
      fc.constantFrom(
        "{",
        "}",
        "[",
        "]",
        ":",
        ",",
        '"a"',
        '"',
        "\\",
        "\\u00",
        "1",
        "-",
        ".",
        "e",
        "0",
        "true",
        "nul",
        "l",
        " ",
        "\n",
        "\u0001",
        "x",
      ),
      { maxLength: 12 },
    );
    fc.assert(
      fc.property(soup, (parts) => {
        const text = parts.join("");
        expect(findJsonFault(text) === null).toBe(parses(text));
      }),
      { numRuns: 5000 },
    );
  });

  it("points at the first character that cannot be: what is before it can become JSON, what includes it cannot", () => {
    const cases: [string, number][] = [
      ["", 0],
      ["x", 0],
      ["{]", 1],
      ['{"a":1,}', 7],
      ["[1 2]", 3],
      ["[01]", 2],
      ["[1.x]", 3],
      ['["\\x"]', 3],
      ['["a\nb"]', 3],
      ["trux", 3],
      ["{} {}", 3],
      ['{"a" 1}', 5],
      ['"\\u12', 5],
      ["-", 1],
      ["[1e+]", 4],
    ];
    for (const [text, offset] of cases) expect([text, findJsonFault(text)?.offset]).toEqual([text, offset]);
  });

  it("counts lines of any ending, and says when the text ends too early", () => {
    expect(findJsonFault("[\r\n1,\n\r x]")).toEqual({ offset: 8, line: 4, column: 2, atEnd: false });
    expect(findJsonFault('{"a":')).toEqual({ offset: 5, line: 1, column: 6, atEnd: true });
  });

  it("takes deep nesting and long strings without running out of stack", () => {
    expect(findJsonFault("[".repeat(200_000))?.atEnd).toBe(true);
    expect(findJsonFault(`["${"ab\\n".repeat(500_000)}"`)?.atEnd).toBe(true);
  });
});
