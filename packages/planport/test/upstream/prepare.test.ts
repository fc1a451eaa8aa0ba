import fc from "fast-check";
import { expect, it } from "vitest";
import { preparer } from "../../src/upstream/prepare.ts";

function sent(text: string, route: "codex" | "platform" = "platform"): string {
  const input = [{ type: "message" as const, role: "user" as const, content: [{ type: "input_text" as const, text }] }];
  const prepare = preparer({ model: "gpt-5.5", input }, route, undefined);
  const { body } = prepare({ slug: "gpt-5.5", model: null, effort: null, serviceTier: null });
  const request = JSON.parse(body) as { readonly input: typeof input };
  return request.input.at(-1)?.content[0]?.text ?? "";
}

it.each(["codex", "platform"] as const)("half an emoji is replaced, and a whole one left (%s)", (route) => {
  const [high, low] = ["\ud83d", "\ude00"];
  expect(sent(`a ${high}${low} ${high} ${low} z`, route)).toBe("a 😀 \ufffd \ufffd z");
});

it("what only looks like one, behind a backslash, is left", () => {
  for (const text of ["\\ud83d", "\\\\ud83d", '\\"\\ud83d', '{"text":"\\ud83d"}']) expect(sent(text)).toBe(text);
  expect(sent("\\\ud83d")).toBe("\\\ufffd");
});

it("every text goes out as it would in UTF-8", () => {
  const unit = fc.oneof(fc.integer({ min: 0, max: 0xff }), fc.integer({ min: 0xd7f0, max: 0xe00f }), fc.constant(0x5c));
  fc.assert(
    fc.property(fc.array(unit), (units) => {
      const text = String.fromCharCode(...units);
      expect(sent(text)).toBe(Buffer.from(text, "utf8").toString("utf8"));
    }),
  );
});
