import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { peekEventType } from "../../src/protocol/responses/peek.ts";

describe("peekEventType", () => {
  it("agrees with JSON.parse wherever the type stands", () => {
    const event = fc.tuple(
      fc.string(),
      fc.dictionary(
        fc.string().map((key) => `x${key}`),
        fc.jsonValue(),
      ),
      fc.boolean(),
    );
    fc.assert(
      fc.property(event, ([type, rest, first]) => {
        const json = JSON.stringify(first ? { type, ...rest } : { ...rest, type });
        expect(peekEventType(json)).toBe(type);
      }),
    );
  });

  it.each(["", "[DONE]", "{", "null", "[]", '{"type":1}', '{"kind":"x"}'])("gives undefined for %j", (text) => {
    expect(peekEventType(text)).toBeUndefined();
  });
});
