/**
 * What a transport makes of models, messages and tools, without a backend.
 */
import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import {
  CODEX_MODELS,
  type ContentBlock,
  type Message,
  ModelRegistry,
  ORPHAN_OUTPUT,
} from "../../src/hosts/transport/index.ts";
import { toFunctionTool, toItems, withoutTitles } from "../../src/hosts/transport/messages.ts";
import { listedModel } from "../../src/hosts/transport/models.ts";
import type { ModelInfo } from "../../src/protocol/models.ts";

const noOrphans = (id: string): never => {
  throw new Error(`${id} has a result`);
};
const items = (...messages: readonly Message[]): unknown[] => toItems(messages, noOrphans);
const user = (...content: readonly ContentBlock[]): Message => ({ role: "user", content });
const assistant = (...content: readonly ContentBlock[]): Message => ({ role: "assistant", content });

describe("CODEX_MODELS", () => {
  it("is the documented table, number for number", () => {
    const rows = Object.values(CODEX_MODELS).map(({ id, contextWindow, maxOutputTokens, capabilities }) =>
      [id, contextWindow, maxOutputTokens, capabilities.join(" ")].join(" | "),
    );
    expect(rows).toEqual([
      "gpt-4.1 | 1047576 | 32768 | text vision tool_use",
      "gpt-4.1-mini | 1047576 | 32768 | text vision tool_use",
      "gpt-4.1-nano | 1047576 | 32768 | text tool_use",
      "gpt-4o | 128000 | 16384 | text vision tool_use",
      "gpt-4o-mini | 128000 | 16384 | text vision tool_use",
      "o4-mini | 200000 | 100000 | text reasoning tool_use",
      "o3 | 200000 | 100000 | text reasoning tool_use",
      "o3-mini | 200000 | 100000 | text reasoning tool_use",
    ]);
    expect(Object.entries(CODEX_MODELS).every(([key, model]) => key === model.id)).toBe(true);
  });

  it("cannot be altered, at any depth", () => {
    expect(Object.isFrozen(CODEX_MODELS)).toBe(true);
    for (const model of Object.values(CODEX_MODELS))
      expect([Object.isFrozen(model), Object.isFrozen(model.capabilities)]).toEqual([true, true]);
  });
});

describe("a registry", () => {
  it("begins as a copy of the table, and changes alone", () => {
    const one = ModelRegistry.builtIn();
    expect(one.ids()).toEqual(Object.keys(CODEX_MODELS));
    one.delete("o3");
    expect(ModelRegistry.builtIn().has("o3")).toBe(true);
  });

  it("finds by capability and by text", () => {
    const all = ModelRegistry.builtIn();
    expect(all.withCapabilities("reasoning").ids()).toEqual(["o4-mini", "o3", "o3-mini"]);
    expect(all.withCapabilities("vision", "tool_use").ids()).toHaveLength(4);
    expect(all.search("4o", "mini").ids()).toEqual(["gpt-4o-mini"]);
  });

  it.each([
    ["of the table keeps the table's numbers", { slug: "o3", context_window: 5 }, CODEX_MODELS.o3],
    [
      "of which nothing is told has text and tools",
      { slug: "new", supported_reasoning_levels: [] },
      { id: "new", contextWindow: 128_000, maxOutputTokens: 8_192, capabilities: ["text", "tool_use"] },
    ],
    [
      "has what the list tells",
      {
        slug: "gpt-6-sol",
        context_window: 272_000,
        input_modalities: ["text", "image"],
        supported_reasoning_levels: [{ effort: "low", description: "" }],
      },
      {
        id: "gpt-6-sol",
        contextWindow: 272_000,
        maxOutputTokens: 128_000,
        capabilities: ["text", "vision", "reasoning", "tool_use"],
      },
    ],
    [
      "has the output that the list tells, and never more than its window",
      { slug: "small", context_window: 64_000, max_output_tokens: 4_000 },
      { id: "small", contextWindow: 64_000, maxOutputTokens: 4_000, capabilities: ["text", "tool_use"] },
    ],
  ])("a listed model %s", (_what, info, expected) => {
    expect(listedModel({ supported_reasoning_levels: [], ...info } as unknown as ModelInfo)).toEqual(expected);
  });
});

describe("messages", () => {
  it("AX-03: text of a user is input_text, an image a data URL", () => {
    const bytes = new Uint8Array([1, 2, 3]);
    expect(
      items(
        user(
          { type: "text", text: "What is it?" },
          { type: "image", mediaType: "image/png", data: bytes },
          { type: "image", mediaType: "image/jpeg", data: "AQID" },
        ),
      ),
    ).toEqual([
      {
        type: "message",
        role: "user",
        content: [
          { type: "input_text", text: "What is it?" },
          { type: "input_image", image_url: "data:image/png;base64,AQID" },
          { type: "input_image", image_url: "data:image/jpeg;base64,AQID" },
        ],
      },
    ]);
  });

  it("content may be a plain text, and what says nothing is left out", () => {
    expect(items({ role: "user", content: "hi" }, { role: "assistant", content: "" })).toEqual([
      { type: "message", role: "user", content: [{ type: "input_text", text: "hi" }] },
    ]);
  });

  it("AX-04: text of the model is one message of output_text, placed before that message's calls", () => {
    const turn = assistant(
      { type: "tool_use", id: "call_1", name: "add", input: { a: 1 } },
      { type: "text", text: "One moment." },
      { type: "text", text: "Adding." },
    );
    expect(items(turn, user({ type: "tool_result", toolUseId: "call_1", content: "3" }))).toEqual([
      {
        type: "message",
        role: "assistant",
        content: [
          { type: "output_text", text: "One moment." },
          { type: "output_text", text: "Adding." },
        ],
      },
      { type: "function_call", call_id: "call_1", name: "add", arguments: '{"a":1}', status: "completed" },
      { type: "function_call_output", call_id: "call_1", output: "3" },
    ]);
  });

  it("AX-03: results that are no text go out as JSON, those with an image as parts", () => {
    const calls = ["a", "b", "c"].map((id): ContentBlock => ({ type: "tool_use", id, name: "f", input: {} }));
    const results = user(
      { type: "tool_result", toolUseId: "a", content: { ok: true } },
      { type: "tool_result", toolUseId: "b", content: [{ type: "text", text: "x" }] },
      {
        type: "tool_result",
        toolUseId: "c",
        content: [
          { type: "text", text: "see" },
          { type: "image", mediaType: "image/png", data: "AQID" },
        ],
      },
    );
    expect(items(assistant(...calls), results).slice(3)).toEqual([
      { type: "function_call_output", call_id: "a", output: '{"ok":true}' },
      { type: "function_call_output", call_id: "b", output: '[{"type":"text","text":"x"}]' },
      {
        type: "function_call_output",
        call_id: "c",
        output: [
          { type: "input_text", text: "see" },
          { type: "input_image", image_url: "data:image/png;base64,AQID" },
        ],
      },
    ]);
  });

  it("AX-03: a message of results and text loses neither: the results go first", () => {
    const call: ContentBlock = { type: "tool_use", id: "c", name: "f", input: {} };
    const mixed = user({ type: "text", text: "And now?" }, { type: "tool_result", toolUseId: "c", content: "done" });
    expect(items(assistant(call), mixed).slice(1)).toEqual([
      { type: "function_call_output", call_id: "c", output: "done" },
      { type: "message", role: "user", content: [{ type: "input_text", text: "And now?" }] },
    ]);
  });

  it("sealed thinking goes back as it came, in front of what it led to", () => {
    const item = { type: "reasoning", id: "rs_1", summary: [], encrypted_content: "sealed" };
    const turn = assistant({ type: "text", text: "42" }, { type: "reasoning", item });
    expect(items(turn)[0]).toEqual(item);
  });

  it("AX-05: a call without a result gets one that says so right behind it, and is told of", () => {
    const orphans: string[] = [];
    const calls = ["one", "two"].map((id): ContentBlock => ({ type: "tool_use", id, name: "f", input: {} }));
    const made = toItems([assistant(...calls), user({ type: "tool_result", toolUseId: "two", content: "2" })], (id) =>
      orphans.push(id),
    );
    expect(made.map((item) => [item.type, item["call_id"], item["output"]])).toEqual([
      ["function_call", "one", undefined],
      ["function_call_output", "one", "[Tool was not executed — context was interrupted or compacted]"],
      ["function_call", "two", undefined],
      ["function_call_output", "two", "2"],
    ]);
    expect(made[1]?.["output"]).toBe(ORPHAN_OUTPUT);
    expect(orphans).toEqual(["one"]);
  });

  it("AX-05: calls that have their results are left alone", () => {
    const calls = ["one", "two"].map((id): ContentBlock => ({ type: "tool_use", id, name: "f", input: {} }));
    const results = ["one", "two"].map((id): ContentBlock => ({ type: "tool_result", toolUseId: id, content: id }));
    expect(items(assistant(...calls), user(...results)).map((item) => (item as { type: string }).type)).toEqual([
      "function_call",
      "function_call",
      "function_call_output",
      "function_call_output",
    ]);
  });
});

describe("tools", () => {
  it("AX-06: are functions with name, description and parameters", () => {
    const inputSchema = { type: "object", properties: { city: { type: "string" } }, required: ["city"] };
    expect(toFunctionTool({ name: "weather", description: "The weather", inputSchema })).toEqual({
      type: "function",
      name: "weather",
      description: "The weather",
      parameters: inputSchema,
    });
  });

  it("AX-06: lose every title of their schemas, in lists and at any depth", () => {
    expect(
      withoutTitles({
        title: "Args",
        type: "object",
        properties: { a: { title: "A", anyOf: [{ title: "Text", type: "string" }, { type: "null" }] } },
        $defs: { Point: { title: "Point", type: "object" } },
        items: [{ title: "x" }],
      }),
    ).toEqual({
      type: "object",
      properties: { a: { anyOf: [{ type: "string" }, { type: "null" }] } },
      $defs: { Point: { type: "object" } },
      items: [{}],
    });
  });

  it("AX-06: keep a property that is called title, and data that has one", () => {
    const schema = {
      type: "object",
      properties: { title: { type: "string" }, properties: { type: "string" } },
      required: ["title"],
      default: { title: "none" },
      enum: [{ title: "a" }],
    };
    expect(withoutTitles(schema)).toEqual(schema);
    expect(withoutTitles({ properties: { title: { title: "Title", type: "string" } } })).toEqual({
      properties: { title: { type: "string" } },
    });
  });
});

it("every numbered behaviour in docs/transport.md has a test that is named after it", () => {
  const read = (path: string): string => readFileSync(new URL(path, import.meta.url), "utf8");
  const numbers = [...read("../../../../docs/transport.md").matchAll(/^\| (AX-\d\d) /gm)].map(([, number]) => number);
  expect(numbers).toHaveLength(21);
  const folder = readdirSync(new URL(".", import.meta.url)).filter((name) => name.endsWith("test.ts"));
  const titles = folder.flatMap((name) => [...read(name).matchAll(/^ *(?:describe|it|\])\(?\(".*(AX-\d\d)/gm)]);
  const named = new Set(titles.map(([, number]) => number));
  expect(numbers.filter((number) => !named.has(number))).toEqual([]);
});
