import { describe, expect, it } from "vitest";
import { anchorsOf, sealedReasoning, turnsOf, withReasoning } from "../../src/memory/anchors.ts";
import { pageOf, withIds } from "../../src/memory/items.ts";
import { resolveStored } from "../../src/memory/resolve.ts";
import type { Item } from "../../src/protocol/responses/item.ts";
import { call, open, result, said, sealed, stored } from "./kit.ts";

describe("anchors", () => {
  it("of a turn with calls are its call ids", () => {
    expect(anchorsOf([sealed("r"), said("assistant", "I look."), call("1"), call("2")], said("user", "Look"))).toEqual([
      "call:1",
      "call:2",
    ]);
  });

  it("of a turn of text are the same for the answer and for what a client sends back of it", () => {
    const answer: Item[] = [
      sealed("r"),
      { ...said("assistant", "One. "), id: "msg_1", phase: "commentary" },
      { ...said("assistant", "Two."), id: "msg_2" },
    ];
    const sentBack: Item = { type: "message", role: "assistant", content: "One. Two." };
    const asked: Item = { type: "message", role: "user", content: "Count" };
    expect(anchorsOf([sentBack], asked)).toEqual(anchorsOf(answer, said("user", "Count")));
  });

  it("tell the same text after different questions apart, but for the weak one", () => {
    const [strong, weak] = anchorsOf([said("assistant", "Done.")], said("user", "Do A"));
    const [otherStrong, otherWeak] = anchorsOf([said("assistant", "Done.")], said("user", "Do B"));
    expect(strong).not.toBe(otherStrong);
    expect(weak).toBe(otherWeak);
  });

  it("are none for a turn that says nothing", () => {
    expect(anchorsOf([said("assistant", " ")], undefined)).toEqual([]);
  });
});

describe("turns", () => {
  const items = [
    said("user", "Look twice"),
    said("assistant", "I look."),
    call("1"),
    call("2"),
    result("1"),
    result("2"),
    call("3"),
    result("3"),
    said("assistant", "Seen."),
    said("assistant", "Really."),
    said("user", "Thanks"),
  ];

  it("begin at a message, and at a call that follows on something else", () => {
    expect(turnsOf(items).map(({ at }) => at)).toEqual([1, 6, 8, 9]);
  });

  it("get their reasoning in front of them, each once, and nothing else changes", () => {
    const first = { turnId: "t1", items: [sealed("r1"), sealed("r2")] };
    const recalled = new Map([
      ["call:2", first],
      ["call:3", { turnId: "t2", items: [sealed("r3")] }],
    ]);
    const { items: merged, turnIds } = withReasoning(items, turnsOf(items), recalled);
    expect(turnIds).toEqual(["t1", "t2"]);
    expect(merged.filter((item) => item.type !== "reasoning")).toEqual(items);
    expect(merged.map((item) => item["id"] ?? item.type).slice(0, 10)).toEqual([
      "message",
      "r1",
      "r2",
      "message",
      "function_call",
      "function_call",
      "function_call_output",
      "function_call_output",
      "r3",
      "function_call",
    ]);
    const split = [call("1"), result("1"), call("2"), result("2")];
    const both = new Map([
      ["call:1", first],
      ["call:2", first],
    ]);
    expect(withReasoning(split, turnsOf(split), both).items.filter(({ type }) => type === "reasoning")).toHaveLength(2);
  });

  it("only sealed reasoning can come back", () => {
    const readable: Item = { type: "reasoning", id: "r", summary: [], encrypted_content: null };
    expect(sealedReasoning([sealed("1"), readable, said("assistant", "x")])).toEqual([sealed("1")]);
  });
});

describe("pages of input items", () => {
  const items = withIds(
    [said("user", "1"), { ...call("2"), id: "fc_own" }, result("2"), said("user", "4")],
    "resp_abc",
  );

  it("have ids that stay the same, and keep those that there were", () => {
    expect(items.map(({ id }) => id)).toEqual(["msg_abc_0", "fc_own", "fco_abc_2", "msg_abc_3"]);
  });

  it("go in both directions and add up to the whole", () => {
    const first = pageOf(items, { order: "desc", after: null, limit: 3 });
    expect(first).toMatchObject({ first_id: "msg_abc_3", last_id: "fc_own", has_more: true });
    const second = pageOf(items, { order: "desc", after: first.last_id, limit: 3 });
    expect(second).toMatchObject({ first_id: "msg_abc_0", last_id: "msg_abc_0", has_more: false });
    expect([...first.data, ...second.data].toReversed()).toEqual(items);
    expect(pageOf(items, { order: "asc", after: "msg_abc_3", limit: 3 })).toMatchObject({ data: [], first_id: null });
  });

  it("refuse to begin after an item that is not there", () => {
    expect(() => pageOf(items, { order: "asc", after: "msg_x", limit: 3 })).toThrow("after:");
  });
});

describe("references", () => {
  it("to an earlier response bring its input and output, but for reasoning without its seal", async () => {
    const { responses } = open({ place: "process" });
    const bare: Item = { type: "reasoning", id: "rs_2", summary: [] };
    await responses.put("a", stored("resp_1", [sealed("rs_1"), bare, said("assistant", "A")], [said("user", "Q")]));
    const request = { model: "m", input: "And?", previous_response_id: "resp_1", instructions: null };
    const { request: resolved } = await resolveStored(request, responses, "a");
    expect(resolved.input).toEqual([said("user", "Q"), sealed("rs_1"), said("assistant", "A"), said("user", "And?")]);
    expect(resolved).not.toHaveProperty("previous_response_id");
  });

  it("to items bring the items, wherever they stand", async () => {
    const { responses } = open({ place: "process" });
    const message = { ...said("assistant", "A"), id: "msg_1" };
    await responses.put("a", stored("resp_1", [sealed("rs_1"), message]));
    const reference = (id: string): Item => ({ type: "item_reference", id });
    const input = [said("user", "Q"), reference("rs_1"), reference("msg_1"), said("user", "And?")];
    const { request, references } = await resolveStored({ model: "m", input }, responses, "a");
    expect(request.input).toEqual([said("user", "Q"), sealed("rs_1"), message, said("user", "And?")]);
    expect(references).toEqual([1, 2]);
  });

  it("that lead nowhere are refused by name", async () => {
    const { responses } = open({ place: "process" });
    await responses.put("b", stored("resp_1"));
    await expect(
      resolveStored({ model: "m", input: "x", previous_response_id: "resp_1" }, responses, "a"),
    ).rejects.toMatchObject({
      code: "previous_response_not_found",
      status: 400,
      message: "Previous response with id 'resp_1' not found.",
      cause: { param: "previous_response_id" },
    });
    const input: Item[] = [said("user", "Q"), { type: "item_reference", id: "msg_1" }];
    await expect(resolveStored({ model: "m", input }, responses, "a")).rejects.toMatchObject({
      code: "request_invalid",
      cause: { param: "input[1]" },
    });
  });
});
