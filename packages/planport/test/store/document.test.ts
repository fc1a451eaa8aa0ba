import { inspect } from "node:util";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isPlanportError } from "../../src/errors.ts";
import { rebase } from "../../src/store/compare.ts";
import { serializeDocument } from "../../src/store/document.ts";
import { CredentialDocument, isSameLogin, parseDocument } from "../../src/store/index.ts";

const faultOf = (text: string): string => {
  try {
    parseDocument(text, "/home/ada/auth.json");
  } catch (error) {
    if (isPlanportError(error) && error.code === "credential_malformed") return error.message;
    throw error;
  }
  return "";
};
const object = fc.dictionary(fc.string(), fc.jsonValue());

describe("parsing a stored document", () => {
  it("reads what serializing wrote, in the same key order", () => {
    fc.assert(
      fc.property(object, (value) => {
        const json = JSON.parse(JSON.stringify(value)) as Record<string, unknown>;
        const text = serializeDocument(new CredentialDocument(json, "x"));
        expect(JSON.stringify(parseDocument(text, "x").reveal())).toBe(JSON.stringify(json));
      }),
    );
  });

  it.each(["12345678901234567890", "-9007199254740993", "1.0", "1E400", "0.10", "-0"])(
    "writes the number %s as it was read, wherever it stands",
    (number) => {
      const text = `{"a":${number},"b":[{"c":${number}}],"text":"\\"${number}","n":7}`;
      const written = serializeDocument(parseDocument(text, "x"));
      expect(written.replaceAll(/\s/g, "")).toBe(text);
    },
  );

  it("carries such a number over when somebody else changed the file", () => {
    const [before, now] = [
      '{"big":12345678901234567890}',
      '{"big":12345678901234567890,"new":98765432109876543210}',
    ].map((text) => parseDocument(text, "x").reveal());
    const merged = rebase(before ?? {}, { ...before, ours: 1 }, now ?? {});
    expect(serializeDocument(new CredentialDocument(merged, "x")).replaceAll(/\s/g, "")).toBe(
      '{"big":12345678901234567890,"new":98765432109876543210,"ours":1}',
    );
  });

  it("accepts a byte order mark", () => {
    expect(parseDocument('\uFEFF{"a":1}', "x").reveal()).toEqual({ a: 1 });
  });

  it.each([
    ["", "is empty"],
    [" \n", "is empty"],
    ["[]", "must hold a JSON object"],
    ["null", "must hold a JSON object"],
    ["{", "line 1, column 2"],
    ['{"a":1,}', "line 1, column 8"],
    ['{"a" 1}', "line 1, column 6"],
    ['{\n  "a": tru\n}', "line 2, column 8"],
    ['{\r\n  "a": 1\r\n  "b": 2\r\n}', "line 3, column 3"],
    ['{"a":"unclosed}', "line 1, column 6"],
    ['{"a":"\\x"}', "line 1, column 6"],
    ['{"a":01}', "line 1, column 6"],
    ['{"a":[1,2}', "line 1, column 10"],
    ['{"a":1} x', "line 1, column 9"],
  ])("tells of %j the file and: %s", (text, words) => {
    expect(faultOf(text)).toContain("/home/ada/auth.json");
    expect(faultOf(text)).toContain(words);
  });

  it("points at the cut when a file ends early, wherever that is", () => {
    const text = JSON.stringify({ tokens: { access_token: "aaa", list: [1, true, null, -1.5e3] } }, null, 2);
    fc.assert(
      fc.property(fc.integer({ min: 1, max: text.length - 1 }), (length) => {
        const [, line = "0"] = /line (\d+), column (\d+)/.exec(faultOf(text.slice(0, length))) ?? [];
        expect(Number(line)).toBeGreaterThan(0);
        expect(Number(line)).toBeLessThanOrEqual(text.slice(0, length).split("\n").length);
      }),
    );
  });

  it("never quotes the text", () => {
    expect(faultOf('{"access_token": synthetic-secret-1}')).not.toContain("synthetic");
  });
});

describe("a document in print", () => {
  it("shows nothing of what it holds", () => {
    const document = new CredentialDocument({ tokens: { access_token: "synthetic-secret-2" } }, "/tmp/auth.json");
    const prints = [inspect(document, { depth: 9, showHidden: true }), JSON.stringify({ document }), String(document)];
    expect(prints.join()).not.toContain("synthetic");
    expect(prints.join()).toContain("[redacted]");
  });
});

describe("comparing and carrying over", () => {
  const doc = (value: Record<string, unknown>): CredentialDocument => new CredentialDocument(value, "x");

  it("takes documents for the same sign-in that differ only in last_refresh and unknown fields", () => {
    const a = doc({ tokens: { access_token: "a", refresh_token: "r" }, last_refresh: "1" });
    const b = doc({ tokens: { access_token: "a", refresh_token: "r", new: 1 }, last_refresh: "2", other: true });
    expect(isSameLogin(a, b)).toBe(true);
    expect(isSameLogin(a, null)).toBe(false);
    expect(isSameLogin(null, null)).toBe(true);
  });

  it.each(["access_token", "refresh_token", "id_token", "account_id"])("tells apart by tokens.%s", (field) => {
    expect(isSameLogin(doc({ tokens: { [field]: "a" } }), doc({ tokens: { [field]: "b" } }))).toBe(false);
  });

  it("gives exactly the new document when nobody changed the old one", () => {
    fc.assert(
      fc.property(object, object, (previous, next) => {
        expect(rebase(previous, next, previous)).toEqual(next);
      }),
    );
  });

  it("keeps what others changed when we changed nothing", () => {
    fc.assert(
      fc.property(object, object, (previous, theirs) => {
        expect(rebase(previous, previous, theirs)).toEqual(theirs);
      }),
    );
  });

  it("keeps a field that was added meanwhile beside one we changed", () => {
    const merged = rebase({ t: { a: 1, b: 1 } }, { t: { a: 2, b: 1 } }, { t: { a: 1, b: 1, new: 3 }, top: 4 });
    expect(JSON.stringify(merged)).toBe('{"t":{"a":2,"b":1,"new":3},"top":4}');
  });
});
