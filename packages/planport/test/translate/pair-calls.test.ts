import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Item } from "../../src/protocol/responses/item.ts";
import type { Change } from "../../src/translate/change.ts";
import { pairCalls } from "../../src/translate/pair-calls.ts";

const call = (id: string): Item => ({ type: "function_call", call_id: id, name: "f", arguments: "{}" });
const custom = (id: string): Item => ({ type: "custom_tool_call", call_id: id, name: "f", input: "" });
const result = (id: string, output: unknown = "r"): Item => ({ type: "function_call_output", call_id: id, output });
const user: Item = { type: "message", role: "user", content: [] };

function repair(items: Item[]): { readonly items: Item[]; readonly told: string[] } {
  const changes: Change[] = [];
  const mended = pairCalls(items, "repair", changes);
  return { items: mended, told: changes.map(({ path, action }) => `${path}=${action}`) };
}

describe("pairCalls", () => {
  it("leaves a sound conversation alone, results in any order and place", () => {
    for (const items of [
      [user],
      [call("a"), call("b"), result("b"), user, result("a")],
      [custom("a"), { type: "custom_tool_call_output", call_id: "a", output: "x" }],
    ]) {
      const changes: Change[] = [];
      expect(pairCalls(items, "refuse", changes)).toBe(items);
      expect(changes).toEqual([]);
    }
  });

  it.each([
    [[call("a"), user], "input[0].call_id", "a"],
    [[user, result("b")], "input[1].call_id", "b"],
    [[call("a"), result("a"), call("z")], "input[2].call_id", "z"],
  ])("refuses a half and names its id (case %#)", (items, param, id) => {
    expect(() => pairCalls(items, "refuse", [])).toThrow(
      expect.objectContaining({
        code: "request_invalid",
        cause: { param },
        message: expect.stringContaining(`"${id}"`) as string,
      }) as Error,
    );
  });

  it("gives a call without a result one that says so, right after it", () => {
    const { items, told } = repair([user, call("a"), call("b"), result("b"), user]);
    expect(items).toEqual([user, call("a"), result("a", "aborted"), call("b"), result("b"), user]);
    expect(told).toEqual(["input[1].call_id=emulated"]);
  });

  it("brings the one waiting call and the one result of an unknown id together", () => {
    const { items, told } = repair([user, call("a"), result("fc_other", "42")]);
    expect(items).toEqual([user, call("a"), result("a", "42")]);
    expect(told).toEqual(["input[2].call_id=mapped"]);
  });

  it("keeps a result whose call was cut away as a message, with all its parts", () => {
    const image = { type: "input_image", image_url: "https://x/y.png" };
    const { items, told } = repair([result("gone", [image]), user]);
    expect(items[0]).toMatchObject({
      type: "message",
      role: "user",
      content: [{ type: "input_text" }, { text: "gone" }, image],
    });
    expect(told).toEqual(["input[0].call_id=mapped"]);
  });

  it("takes a call of another type, which Codex answers by a function's result, for the call of that result", () => {
    const items = [{ type: "local_shell_call", call_id: "a", action: {} }, result("a"), call("b"), result("b")];
    for (const mode of ["refuse", "repair"] as const) expect(pairCalls(items, mode, [])).toBe(items);
    const half = repair([...items.slice(0, 3), user]);
    expect(half.items.slice(0, 3)).toEqual(items.slice(0, 3));
    expect(half.told).toEqual(["input[2].call_id=emulated"]);
  });

  it("gives a result the type of its call in either mode", () => {
    for (const mode of ["refuse", "repair"] as const)
      expect(pairCalls([custom("a"), result("a")], mode, [])[1]).toMatchObject({ type: "custom_tool_call_output" });
  });

  it("mends whatever it is given into something that it finds sound, and loses no item", () => {
    const id = fc.constantFrom("a", "b", "c", "d");
    const any = fc.oneof(
      id.map(call),
      id.map(custom),
      id.map((name) => result(name)),
      fc.constant(user),
    );
    fc.assert(
      fc.property(fc.uniqueArray(any, { maxLength: 8, selector: (item) => JSON.stringify(item) }), (given) => {
        // The same id for two calls is not what this is about.
        const seen = new Set<unknown>();
        const items = given.filter((item) => {
          const isCall = item.type === "function_call" || item.type === "custom_tool_call";
          const isNew = !isCall || !seen.has(item["call_id"]);
          if (isCall) seen.add(item["call_id"]);
          return isNew;
        });
        const { items: mended } = repair(items);
        expect(pairCalls(mended, "refuse", [])).toBe(mended);
        expect(mended.length).toBeGreaterThanOrEqual(items.length);
      }),
    );
  });
});
