import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { conforms } from "../../src/simulator/model/conforms.ts";
import { fitSchema } from "../../src/simulator/model/fit.ts";
import { sampleOf } from "../../src/simulator/model/pattern.ts";
import type { Json } from "./helpers.ts";

const hints = (prompt: string, known: Json = {}) => ({ clause: prompt, prompt, known });
const fit = (schema: unknown, prompt = "Plan a trip") => fitSchema(schema, hints(prompt));

const scalar: fc.Arbitrary<Json> = fc.oneof(
  fc.constantFrom<Json>({ type: "boolean" }, { type: "null" }, { const: 7 }, { const: null }, {}),
  fc.uniqueArray(fc.string({ maxLength: 5 }), { minLength: 1, maxLength: 3 }).map((values) => ({ enum: values })),
  fc
    .tuple(fc.integer({ min: -50, max: 50 }), fc.integer({ min: 0, max: 50 }))
    .map(([low, span]) => ({ type: "integer", minimum: low, maximum: low + span })),
  fc.integer({ min: 1, max: 9 }).map((step) => ({ type: "number", multipleOf: step, exclusiveMinimum: 3 })),
  fc
    .tuple(fc.integer({ min: 0, max: 12 }), fc.integer({ min: 0, max: 12 }))
    .map(([least, more]) => ({ type: "string", minLength: least, maxLength: least + more })),
  fc.constantFrom("date", "date-time", "email", "uuid", "ipv4", "uri").map((format) => ({ type: "string", format })),
  fc
    .constantFrom("^[A-Z]{3}-\\d{2,4}$", "^(on|off)$", "^#[0-9a-f]{6}$", "^\\+?[1-9]\\d{1,14}$", "^v\\d+\\.\\d+$")
    .map((pattern) => ({ type: "string", pattern })),
  fc.constant<Json>({ type: ["string", "null"] }),
);

const { schema } = fc.letrec<{ schema: Json }>((tie) => ({
  schema: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    scalar,
    fc
      .tuple(tie("schema"), fc.integer({ min: 0, max: 3 }))
      .map(([items, least]) => ({ type: "array", items, minItems: least, maxItems: least + 2 })),
    fc
      .dictionary(fc.constantFrom("city", "count", "when", "tags", "x"), tie("schema"), { maxKeys: 4 })
      .chain((properties) =>
        fc.subarray(Object.keys(properties)).map((required) => ({
          type: "object",
          properties,
          required,
          additionalProperties: false,
        })),
      ),
    fc.array(tie("schema"), { minLength: 1, maxLength: 3 }).map((anyOf) => ({ anyOf })),
    tie("schema").map((one) => ({ allOf: [one] })),
    tie("schema").map((one) => ({ $defs: { inner: one } as Json, anyOf: [one, { type: "null" }] })),
  ),
}));

test("whatever the schema, the value fits it, also for a validator that is not ours", () => {
  fc.assert(
    fc.property(schema, fc.string(), (one, prompt) => {
      const value = fitSchema(one, hints(prompt));
      expect(conforms(value, one, one)).toBe(true);
      const judged = z.fromJSONSchema(one).safeParse(value);
      expect(judged.error).toBeUndefined();
    }),
    { numRuns: 500 },
  );
});

describe("a value", () => {
  test("follows references and ends where a schema contains itself", () => {
    const list = {
      $ref: "#/$defs/node",
      $defs: {
        node: {
          type: "object",
          properties: { value: { type: "integer" }, next: { anyOf: [{ $ref: "#/$defs/node" }, { type: "null" }] } },
          required: ["value", "next"],
        },
        tree: {
          type: "object",
          properties: { kids: { type: "array", items: { $ref: "#/$defs/tree" } } },
          required: ["kids"],
        },
      },
    };
    expect(fit(list)).toEqual({ value: 1, next: null });
    expect(fit({ ...list, $ref: "#/$defs/tree" })).toEqual({ kids: [] });
    expect(() => fit({ type: "object", properties: { self: { $ref: "#" } }, required: ["self"] })).not.toThrow();
  });

  test("fits exactly one alternative of oneOf", () => {
    const schemaOf = { oneOf: [{ type: "number" }, { type: "integer", minimum: 10 }, { type: "string" }] };
    expect(conforms(fit(schemaOf), schemaOf, schemaOf)).toBe(true);
  });

  test("has distinct members where they must be", () => {
    const unique = { type: "array", minItems: 3, uniqueItems: true, items: { enum: ["a", "b", "c"] } };
    expect(new Set(fit(unique) as string[]).size).toBe(3);
    expect(fit({ ...unique, items: { type: "integer" } })).toHaveLength(3);
    expect(fit({ type: "array", prefixItems: [{ const: 1 }, { const: "b" }], items: false })).toEqual([1, "b"]);
  });

  test("fills maps as far as they must be", () => {
    const map = { type: "object", additionalProperties: { type: "integer" }, minProperties: 2 };
    expect(Object.keys(fit(map) as Json)).toHaveLength(2);
  });

  test("takes only required fields, and optional ones that the prompt speaks of", () => {
    const tool = {
      type: "object",
      properties: { cmd: { type: "string" }, workdir: { type: "string" }, timeout: { type: "integer" } },
      required: ["cmd"],
    };
    expect(fit(tool, "run `pwd`")).toEqual({ cmd: "pwd" });
    expect(fit(tool, "run `pwd`, workdir: /srv, timeout=5")).toEqual({ cmd: "pwd", workdir: "/srv", timeout: 5 });
  });

  test.each([
    ["city", "What is the weather like in San Francisco today?", "San Francisco"],
    ["city", "city: Lyon", "Lyon"],
    ["location", "forecast for Zürich please", "Zürich"],
    ["destination", "Fly from Rome to Madrid", "Madrid"],
    ["origin", "Fly from Rome to Madrid", "Rome"],
    ["url", "Open https://example.com/a?b=1 now", "https://example.com/a?b=1"],
    ["email", "Write to ada@example.org.", "ada@example.org"],
    ["date", "Book 2026-03-04", "2026-03-04"],
    ["path", "Read src/index.ts please", "src/index.ts"],
    ["command", "Run `git status`", "git status"],
    ["expression", "What is 12 * (3 + 4)?", "12 * (3 + 4)"],
    ["query", 'Search for "blue whales"', "blue whales"],
    ["query", "Search the web for blue whales.", "blue whales"],
    ["name", "Make an account named Grace Hopper", "Grace Hopper"],
    ["city", "Ignore that. Weather?", "Ignore that. Weather?"],
  ])("takes %s out of %j", (name, prompt, expected) => {
    const value = fit({ type: "object", properties: { [name]: { type: "string" } }, required: [name] }, prompt);
    expect(value).toEqual({ [name]: expected });
  });
});

test("patterns of the usual kind get a text that matches", () => {
  const patterns = [
    "^\\d{3}-\\d{4}$",
    "^[^a]b+$",
    "^(?:a|b)?c{2}$",
    "^(?<year>\\d{4})$",
    "^\\w+@\\w+\\.com$",
    "^[\\w.-]{4,}$",
    "^a|b$",
  ];
  for (const pattern of patterns) expect(sampleOf(pattern)).toMatch(new RegExp(pattern));
});
