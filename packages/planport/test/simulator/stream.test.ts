import { setTimeout as wait } from "node:timers/promises";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { piecesOf } from "../../src/simulator/backend/frames.ts";
import { ask, eventsOf, itemsOf, type Json, lastResponse, post, request, say, start, textOf, user } from "./helpers.ts";

describe("a model answer over HTTP", () => {
  test("streams every event of the Responses API in order, numbered without gaps", async () => {
    const events = await ask(await start(), request("Reply with exactly: Hi"));
    expect(events.map((event) => event["type"])).toEqual([
      "response.created",
      "response.in_progress",
      "response.output_item.added",
      "response.content_part.added",
      "response.output_text.delta",
      "response.output_text.done",
      "response.content_part.done",
      "response.output_item.done",
      "response.completed",
    ]);
    expect(events.map((event) => event["sequence_number"])).toEqual(events.map((_, index) => index));
  });

  test("carries the text in deltas that join to the finished item, and leaves response.output empty", async () => {
    const events = await ask(await start(), request("What are you?"));
    const deltas = events.filter((event) => event["type"] === "response.output_text.delta");
    expect(deltas.length).toBeGreaterThan(5);
    expect(deltas.map((event) => event["delta"]).join("")).toBe(textOf(events));
    expect(lastResponse(events)["output"]).toEqual([]);
  });

  test("has the headers that Codex reads", async () => {
    const simulator = await start();
    simulator.accounts.setUsage({ primary: { usedPercent: 42.5, windowMinutes: 300, resetsAtMs: 1_900_000_000_000 } });
    const response = await post(simulator, request("Hi"), { "x-codex-turn-state": "ts_mine" });
    await response.text();
    expect(Object.fromEntries(response.headers)).toMatchObject({
      "content-type": "text/event-stream; charset=utf-8",
      "openai-model": "gpt-5.5",
      "x-codex-primary-used-percent": "42.5",
      "x-codex-primary-window-minutes": "300",
      "x-codex-primary-reset-at": "1900000000",
      "x-codex-secondary-window-minutes": "10080",
      "x-codex-credits-has-credits": "false",
      "x-codex-turn-state": "ts_mine",
    });
    expect(response.headers.get("x-request-id")).toMatch(/^[0-9a-f-]{36}$/);
    const models = await fetch(`${simulator.codexBaseUrl}/models`, {
      headers: { authorization: `Bearer ${simulator.issueTokens().accessToken}` },
    });
    expect(models.headers.get("etag")).toBe(response.headers.get("x-models-etag"));
  });

  test("counts tokens deterministically, and those of a prompt seen before under the same key as cached", async () => {
    const simulator = await start();
    const usage = async (extra: Json) => {
      const events = await ask(simulator, request("Hello there", { prompt_cache_key: "k", ...extra }));
      return lastResponse(events)["usage"] as Json;
    };
    const first = await usage({});
    expect(first["input_tokens_details"]).toEqual({ cached_tokens: 0 });
    expect(Number(first["total_tokens"])).toBe(Number(first["input_tokens"]) + Number(first["output_tokens"]));
    const again = await usage({});
    expect(again["input_tokens"]).toBe(first["input_tokens"]);
    expect(again["input_tokens_details"]).toEqual({ cached_tokens: again["input_tokens"] });
    const longer = await usage({ input: [user("Hello there"), user("And more")] });
    expect(longer["input_tokens_details"]).toEqual({ cached_tokens: again["input_tokens"] });
    expect((await usage({ prompt_cache_key: "other" }))["input_tokens_details"]).toEqual({ cached_tokens: 0 });
  });

  test.each([
    ["gzip", gzipSync(JSON.stringify(request("Reply with exactly: packed")))],
    // One raw block in one frame (RFC 8878 section 3.1.1), by hand: this Node has no zstd of its own.
    ["zstd", zstdRaw(Buffer.from(JSON.stringify(request("Reply with exactly: packed"))))],
  ])("takes %s bodies", async (encoding, body) => {
    const simulator = await start();
    const response = await post(simulator, body, { "content-encoding": encoding });
    expect(textOf(eventsOf(await response.text()))).toBe("packed");
    expect(simulator.requests.at(-1)?.body).toMatchObject({ model: "gpt-5.5" });
  });

  test.each([
    ["zstd", Buffer.from("not zstd at all")],
    ["zstd", zstdRaw(Buffer.from("{}")).subarray(0, 8)],
    ["gzip", Buffer.from("not gzip")],
  ])("refuses broken %s with 400", async (encoding, body) => {
    expect((await post(await start(), body, { "content-encoding": encoding })).status).toBe(400);
  });

  test("stops counting an answer as open when its reader leaves", async () => {
    const simulator = await start({ deltaDelayMs: 5 });
    const leave = new AbortController();
    const response = await fetch(`${simulator.codexBaseUrl}/responses`, {
      method: "POST",
      headers: { authorization: `Bearer ${simulator.issueTokens().accessToken}`, "content-type": "application/json" },
      body: JSON.stringify(request("count to 100000")),
      signal: leave.signal,
    });
    await response.body?.getReader().read();
    expect(simulator.openResponses).toBe(1);
    leave.abort();
    while (simulator.openResponses > 0) await wait(5);
    expect(simulator.completedResponses).toBe(0);
  });

  test("keeps a long answer whole for a reader that is slow to begin", async () => {
    const simulator = await start();
    const response = await post(simulator, request("count to 20000"));
    await wait(50);
    const events = eventsOf(await response.text());
    expect(textOf(events).split(" ").length).toBe(20_000);
    expect(events.at(-1)?.["type"]).toBe("response.completed");
  });

  test("is the same for the same seed, tokens and ids included", async () => {
    const run = async () => {
      const simulator = await start({ seed: "one", clock: () => 1_800_000_000_000 });
      const { refreshToken } = simulator.issueTokens();
      return [refreshToken, simulator.accounts.default.id, await ask(simulator, request("Hi"))];
    };
    expect(await run()).toEqual(await run());
  });
});

describe("reasoning", () => {
  const sealed = { include: ["reasoning.encrypted_content"] };

  test("comes sealed when asked for, with readable parts only when a summary is asked for", async () => {
    const simulator = await start();
    const plain = await ask(simulator, request("Hi", sealed));
    expect(itemsOf(plain)[0]).toMatchObject({ type: "reasoning", summary: [] });
    expect(plain.some((event) => String(event["type"]).includes("summary"))).toBe(false);
    const readable = await ask(simulator, request("Hi", { ...sealed, reasoning: { effort: "low", summary: "auto" } }));
    const item = itemsOf(readable)[0] as { summary: { text: string }[] };
    expect(item.summary.length).toBe(2);
    for (const [index, part] of item.summary.entries()) {
      const deltas = readable.filter(
        (event) => event["type"] === "response.reasoning_summary_text.delta" && event["summary_index"] === index,
      );
      expect(deltas.map((event) => event["delta"]).join("")).toBe(part.text);
    }
    const none = await ask(simulator, request("Hi"));
    expect(itemsOf(none).map((one) => one["type"])).toEqual(["message"]);
  });

  test("is taken back as it was, and refused when altered or from another server", async () => {
    const simulator = await start();
    const [reasoning, message] = itemsOf(await ask(simulator, request("Hi", sealed)));
    const send = (item: Json, to = simulator) =>
      post(to, request("", { input: [user("Hi"), item, message, user("Go on")] }));
    expect((await send(reasoning as Json)).status).toBe(200);
    const text = String(reasoning?.["encrypted_content"]);
    const middle = Math.floor(text.length / 2);
    const flipped = text.slice(0, middle) + (text[middle] === "A" ? "B" : "A") + text.slice(middle + 1);
    for (const encrypted of [flipped, `${text} `, text.slice(0, -2), "gAAAAAB", ""]) {
      const refused = await send({ ...reasoning, encrypted_content: encrypted });
      expect(refused.status).toBe(400);
      expect(await refused.json()).toMatchObject({ error: { code: "invalid_encrypted_content" } });
    }
    expect((await send(reasoning as Json, await start())).status).toBe(400);
  });

  test("a compaction trigger gives a sealed item that later requests may carry", async () => {
    const simulator = await start();
    const events = await ask(simulator, request("", { input: [user("Remember 7"), { type: "compaction_trigger" }] }));
    const [item] = itemsOf(events);
    expect(item).toMatchObject({ type: "compaction" });
    expect(await say(simulator, "", { input: [item, user("Reply with exactly: on")] })).toBe("on");
  });
});

test("text cut into pieces joins to the same text", () => {
  fc.assert(fc.property(fc.string({ unit: "grapheme", maxLength: 200 }), (text) => piecesOf(text).join("") === text));
  expect(piecesOf("  \n ").join("")).toBe("  \n ");
});

function zstdRaw(content: Buffer): Buffer {
  const size = Buffer.alloc(4);
  size.writeUInt32LE(content.length);
  const block = Buffer.alloc(3);
  block.writeUIntLE((content.length << 3) | 1, 0, 3);
  // Magic, descriptor (4-byte content size, single segment), size, one last raw block.
  return Buffer.concat([Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0xa0]), size, block, content]);
}
