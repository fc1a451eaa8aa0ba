/** Both kinds of stores hold the same promises. */
import { describe, expect, it } from "vitest";
import { call, open, said, sealed, stored } from "./kit.ts";
import { WriteQueue } from "../../src/memory/write-queue.ts";
import { type MemoryOptions, RESPONSE_LIMITS, REASONING_LIMITS } from "../../src/memory/index.ts";

const places: Readonly<Record<string, Partial<MemoryOptions>>> = {
  "in a file": {},
  "in the process": { place: "process" },
};

describe.each(Object.entries(places))("responses kept %s", (_name, place) => {
  it("are given back as they were", async () => {
    const { responses } = open(place);
    const one = stored("resp_1", [sealed("rs_1"), { ...said("assistant", "Grüße 🌊\u0000"), id: "msg_1" }]);
    await responses.put("a", one);
    expect(await responses.get("a", "resp_1")).toEqual(one);
  });

  it("are not there for another account", async () => {
    const { responses } = open(place);
    await responses.put("a", stored("resp_1", [{ ...said("assistant", "x"), id: "msg_1" }]));
    expect(await responses.get("b", "resp_1")).toBeNull();
    expect(await responses.delete("b", "resp_1")).toBe(false);
    expect((await responses.findItems("b", ["msg_1"])).size).toBe(0);
    expect(await responses.get("a", "resp_1")).not.toBeNull();
  });

  it("are gone once they were deleted, with their items", async () => {
    const { responses } = open(place);
    await responses.put("a", stored("resp_1", [{ ...said("assistant", "x"), id: "msg_1" }]));
    expect((await responses.findItems("a", ["msg_1", "msg_2"])).get("msg_1")).toMatchObject({ id: "msg_1" });
    expect(await responses.delete("a", "resp_1")).toBe(true);
    expect(await responses.delete("a", "resp_1")).toBe(false);
    expect(await responses.get("a", "resp_1")).toBeNull();
    expect((await responses.findItems("a", ["msg_1"])).size).toBe(0);
  });

  it("are replaced by one of the same id", async () => {
    const { responses } = open(place);
    await responses.put("a", stored("resp_1", [said("assistant", "old")]));
    await responses.put("a", stored("resp_1", [said("assistant", "new")]));
    expect((await responses.get("a", "resp_1"))?.response.output).toEqual([said("assistant", "new")]);
  });

  it("expire", async () => {
    let nowMs = 1_000_000;
    const { responses } = open({ ...place, now: () => nowMs, responseLimits: { ...RESPONSE_LIMITS, ttlMs: 500 } });
    await responses.put("a", stored("resp_1", [{ ...said("assistant", "x"), id: "msg_1" }]));
    nowMs += 499;
    expect(await responses.get("a", "resp_1")).not.toBeNull();
    nowMs += 1;
    expect(await responses.get("a", "resp_1")).toBeNull();
    expect((await responses.findItems("a", ["msg_1"])).size).toBe(0);
  });

  it("give way to newer ones beyond the greatest count", async () => {
    let nowMs = 0;
    const limits = { ...RESPONSE_LIMITS, maxCount: 3 };
    const { responses } = open({ ...place, now: () => (nowMs += 1), responseLimits: limits });
    for (const id of ["1", "2", "3", "4", "5"]) await responses.put("a", stored(id));
    const kept = await Promise.all(["1", "2", "3", "4", "5"].map((id) => responses.get("a", id)));
    expect(kept.map((one) => one?.response.id ?? null)).toEqual([null, null, "3", "4", "5"]);
  });

  it("give way to newer ones beyond the greatest size", async () => {
    let nowMs = 0;
    const limits = { ...RESPONSE_LIMITS, maxBytes: 25_000 };
    const { responses } = open({ ...place, now: () => (nowMs += 1), responseLimits: limits });
    for (const id of ["1", "2", "3"]) await responses.put("a", stored(id, [], [said("user", "x".repeat(10_000))]));
    expect(await responses.get("a", "1")).toBeNull();
    expect(await responses.get("a", "2")).not.toBeNull();
    expect(await responses.get("a", "3")).not.toBeNull();
    await responses.put("a", stored("4", [], [said("user", "x".repeat(30_000))]));
    expect(await responses.get("a", "3")).toBeNull();
  });
});

describe.each(Object.entries(places))("reasoning kept %s", (_name, place) => {
  it("is found by each of its anchors, unaltered", async () => {
    const { reasoning } = open(place);
    const items = [sealed("rs_1"), sealed("rs_2")];
    await reasoning.remember("a", "m", { anchors: ["call:1", "call:2"], items });
    const found = await reasoning.recall("a", "m", ["call:1", "call:2", "call:3"]);
    expect([...found.keys()].toSorted()).toEqual(["call:1", "call:2"]);
    expect(found.get("call:1")?.items).toEqual(items);
    expect(found.get("call:1")?.turnId).toBe(found.get("call:2")?.turnId);
  });

  it("is of no use to another account or model", async () => {
    const { reasoning } = open(place);
    await reasoning.remember("a", "m", { anchors: ["call:1"], items: [sealed("rs_1")] });
    expect((await reasoning.recall("b", "m", ["call:1"])).size).toBe(0);
    expect((await reasoning.recall("a", "n", ["call:1"])).size).toBe(0);
  });

  it("follows the newest turn of a strong anchor, and none when a weak one is shared", async () => {
    const { reasoning } = open(place);
    await reasoning.remember("a", "m", { anchors: ["after:1", "text:1"], items: [sealed("rs_1")] });
    expect((await reasoning.recall("a", "m", ["text:1"])).size).toBe(1);
    await reasoning.remember("a", "m", { anchors: ["after:2", "text:1"], items: [sealed("rs_2")] });
    await reasoning.remember("a", "m", { anchors: ["after:1"], items: [sealed("rs_3")] });
    const found = await reasoning.recall("a", "m", ["after:1", "after:2", "text:1"]);
    expect(found.get("after:1")?.items).toEqual([sealed("rs_3")]);
    expect(found.get("after:2")?.items).toEqual([sealed("rs_2")]);
    expect(found.has("text:1")).toBe(false);
  });

  it("is bounded, expires, and can be forgotten", async () => {
    let nowMs = 0;
    const reasoningLimits = { ...REASONING_LIMITS, maxCount: 2, ttlMs: 1000 };
    const { reasoning } = open({ ...place, now: () => nowMs, reasoningLimits });
    for (const id of ["1", "2", "3"]) {
      nowMs += 1;
      await reasoning.remember("a", "m", { anchors: [`call:${id}`], items: [sealed(id)] });
    }
    const found = await reasoning.recall("a", "m", ["call:1", "call:2", "call:3"]);
    expect([...found.keys()].toSorted()).toEqual(["call:2", "call:3"]);
    await reasoning.forget("a", [found.get("call:2")?.turnId ?? ""]);
    expect([...(await reasoning.recall("a", "m", ["call:2", "call:3"])).keys()]).toEqual(["call:3"]);
    nowMs += 1000;
    expect((await reasoning.recall("a", "m", ["call:3"])).size).toBe(0);
  });

  it("is found for more anchors than fit into one query", async () => {
    const { reasoning } = open(place);
    const anchors = Array.from({ length: 450 }, (_, index) => `call:${index}`);
    for (const anchor of anchors) void reasoning.remember("a", "m", { anchors: [anchor], items: [call(anchor)] });
    await reasoning.remember("a", "m", { anchors: ["last"], items: [] });
    expect((await reasoning.recall("a", "m", anchors)).size).toBe(450);
  });
});

it("a process without a file holds 64 MiB of responses at most, however much a file may hold", async () => {
  const { responses } = open({ place: "process" });
  const long = "x".repeat(20 * 1024 * 1024);
  for (const id of ["1", "2", "3", "4"]) await responses.put("a", stored(id, [said("assistant", long)]));
  expect(await responses.get("a", "1")).toBeNull();
  expect(await responses.get("a", "2")).not.toBeNull();
  await responses.put("a", stored("whole", [{ ...said("assistant", long.repeat(4)), id: "msg_1" }]));
  expect(await responses.get("a", "whole")).toBeNull();
  expect((await responses.findItems("a", ["msg_1"])).size).toBe(0);
});

it("writes that a held file keeps waiting are refused when they grow too many, and taken again later", async () => {
  let release: () => void = () => {};
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  const written: string[] = [];
  const inner = { run: async (sql: string) => void written.push(sql), all: async () => [] };
  const queue = new WriteQueue(
    {
      ...inner,
      transaction: async (work) => {
        await held;
        return await work(inner);
      },
      scrub: async () => {},
      close: async () => {},
    },
    100,
  );
  const add = (name: string, bytes: number) => queue.add((session) => session.run(name), bytes);
  const [one, two] = [add("one", 60), add("two", 40)];
  await expect(add("three", 1)).rejects.toThrow("More waits");
  release();
  await Promise.all([one, two]);
  await add("four", 100);
  expect(written).toEqual(["one", "two", "four"]);
});
