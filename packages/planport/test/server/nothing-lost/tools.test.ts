/** What others lose on the way, item by item: tools, the choice among them, their calls and ids. See also `leaves.test.ts` and `cache-key.test.ts`. */
import { describe, expect, it } from "vitest";
import type { JsonObject } from "../../../src/protocol/json.ts";
import {
  ALL,
  BASE,
  answer,
  chunksOf,
  functionCall,
  inputOf,
  LONG,
  pass,
  PATHS,
  sent,
  text,
  toldOf,
  way,
  wholeOf,
} from "./kit.ts";

describe("parallel tool calls and their order, text before its calls,", () => {
  const order = [
    { type: "message", role: "user" },
    { type: "message", role: "assistant" },
    { type: "function_call", call_id: "call_1", arguments: '{"at":1}' },
    { type: "function_call", call_id: "call_2", arguments: '{"at":2}' },
    { type: "function_call_output", call_id: "call_2", output: "two" },
    { type: "function_call_output", call_id: "call_1", output: "one" },
  ];
  it("of a chat's history", async () => {
    const tool_calls = [1, 2].map((at) => ({
      id: `call_${at}`,
      type: "function",
      function: { name: "look", arguments: `{"at":${at}}` },
    }));
    const messages = [
      { role: "user", content: "hi" },
      { role: "assistant", tool_calls, content: "Looking." },
      { role: "tool", tool_call_id: "call_2", content: "two" },
      { role: "tool", tool_call_id: "call_1", content: "one" },
    ];
    expect(await inputOf("chat", { messages })).toMatchObject(order);
    expect((await sent("chat", { messages, parallel_tool_calls: true }))["parallel_tool_calls"]).toBe(true);
  });
  it("of a history of /v1/messages", async () => {
    const use = (at: number) => ({ type: "tool_use", id: `call_${at}`, name: "look", input: { at } });
    const messages = [
      { role: "user", content: "hi" },
      { role: "assistant", content: [{ type: "text", text: "Looking." }, use(1), use(2)] },
      {
        role: "user",
        content: [
          { type: "tool_result", tool_use_id: "call_2", content: "two" },
          { type: "tool_result", tool_use_id: "call_1", content: "one" },
        ],
      },
    ];
    expect(await inputOf("messages", { messages })).toMatchObject(order);
  });
  it("of an answer, streamed and whole", async () => {
    const events = answer([text("Looking."), functionCall("call_1"), functionCall("call_2", "see")]);
    const { choices } = (await wholeOf("chat", events)) as { choices: JsonObject[] };
    const names = [
      { id: "call_1", function: { name: "look" } },
      { id: "call_2", function: { name: "see" } },
    ];
    expect(choices[0]).toMatchObject({
      message: { content: "Looking.", tool_calls: names },
      finish_reason: "tool_calls",
    });
    const chunks = (await chunksOf("chat", events)) as {
      choices: { delta: { content?: string; tool_calls?: { index: number; id?: string }[] } }[];
    }[];
    const pieces = chunks.flatMap((chunk) => chunk.choices.map(({ delta }) => delta));
    expect(pieces.findIndex(({ content }) => content === "Looking.")).toBeLessThan(
      pieces.findIndex(({ tool_calls: calls }) => calls !== undefined),
    );
    expect(pieces.flatMap(({ tool_calls: calls }) => calls ?? []).filter(({ id }) => id !== undefined)).toMatchObject([
      { index: 0, id: "call_1" },
      { index: 1, id: "call_2" },
    ]);
    expect(await wholeOf("messages", events)).toMatchObject({
      content: [{ type: "text" }, { type: "tool_use", id: "call_1" }, { type: "tool_use", id: "call_2", name: "see" }],
      stop_reason: "tool_use",
    });
  });
});

describe("tool_choice in all forms", () => {
  const tools = [
    { type: "function", function: { name: "f" } },
    { type: "custom", custom: { name: "c" } },
  ];
  it.each([
    ["none", "none"],
    ["auto", "auto"],
    ["required", "required"],
    [
      { type: "function", function: { name: "f" } },
      { type: "function", name: "f" },
    ],
    [
      { type: "custom", custom: { name: "c" } },
      { type: "custom", name: "c" },
    ],
    [
      { type: "function", name: "f" },
      { type: "function", name: "f" },
    ],
    [
      { type: "allowed_tools", allowed_tools: { mode: "required", tools: [tools[0]] } },
      { type: "allowed_tools", mode: "required", tools: [{ type: "function", name: "f" }] },
    ],
    [{ type: "web_search_preview" }, { type: "web_search" }],
    [{ type: "image_generation" }, { type: "image_generation" }],
  ])("of a chat: %j", async (tool_choice, expected) => {
    expect((await sent("chat", { tools, tool_choice }))["tool_choice"]).toEqual(expected);
  });
  it.each([
    ["none"],
    [{ type: "function", name: "f" }],
    [{ type: "mcp", server_label: "x" }],
    [{ type: "allowed_tools", mode: "auto", tools: [] }],
  ])("of /v1/responses, as it is: %j", async (tool_choice) => {
    expect((await sent("responses", { tool_choice }))["tool_choice"]).toEqual(tool_choice);
  });
  it.each([
    [{ type: "auto" }, "auto"],
    [{ type: "any" }, "required"],
    [{ type: "none" }, "none"],
    [
      { type: "tool", name: "f" },
      { type: "function", name: "f" },
    ],
  ])("of /v1/messages: %j", async (tool_choice, expected) => {
    const body = await sent("messages", { tool_choice: { ...tool_choice, disable_parallel_tool_use: true } });
    expect(body).toMatchObject({ tool_choice: expected, parallel_tool_calls: false });
  });
});

describe("tools", () => {
  const parameters = {
    type: "object",
    properties: { größe: { type: "string", enum: ["ä", null] } },
    required: ["größe"],
  };
  const grammar = { syntax: "lark", definition: "start: /./" };
  it("keep `strict`, and are not strict unless they say so", async () => {
    const chat = [true, false, undefined].map((strict) => ({
      type: "function",
      function: { name: "f", parameters, strict },
    }));
    expect((await sent("chat", { tools: chat }))["tools"]).toMatchObject(
      [true, false, false].map((strict) => ({ parameters, strict })),
    );
    const tools = [{ type: "function", name: "f", parameters, strict: true }];
    expect((await sent("responses", { tools }))["tools"]).toEqual(tools);
    const other = [
      { name: "f", input_schema: parameters, strict: true },
      { name: "g", input_schema: parameters },
    ];
    expect((await sent("messages", { tools: other }))["tools"]).toMatchObject([
      { parameters, strict: true },
      { parameters, strict: false },
    ]);
  });
  it("of the freeform kind keep their grammar, in the form of chats, in that of Responses, and in Cursor's mixture", async () => {
    const flat = { type: "custom", name: "patch", description: "d", format: { type: "grammar", ...grammar } };
    const nested = {
      type: "custom",
      custom: { name: "patch", description: "d", format: { type: "grammar", grammar } },
    };
    expect((await sent("chat", { tools: [nested, flat] }))["tools"]).toEqual([flat, flat]);
    expect((await sent("responses", { tools: [flat] }))["tools"]).toEqual([flat]);
    const events = answer([{ type: "custom_tool_call", call_id: "call_1", name: "patch", input: "*** Begin" }]);
    const { choices } = (await wholeOf("chat", events, { tools: [flat] })) as { choices: JsonObject[] };
    expect(choices[0]).toMatchObject({
      message: { tool_calls: [{ id: "call_1", type: "custom", custom: { name: "patch", input: "*** Begin" } }] },
    });
    const messages = [
      {
        role: "assistant",
        tool_calls: [{ id: "call_1", type: "custom", custom: { name: "patch", input: "*** Begin" } }],
      },
      { role: "tool", tool_call_id: "call_1", content: "Done." },
    ];
    expect(await inputOf("chat", { tools: [flat], messages })).toMatchObject([
      { type: "custom_tool_call", name: "patch", input: "*** Begin" },
      { type: "custom_tool_call_output", call_id: "call_1", output: "Done." },
    ]);
  });
  it("of Cursor, functions written flat into a chat, go out as they are meant", async () => {
    const flat = { type: "function", name: "f", description: "d", parameters };
    expect((await sent("chat", { tools: [flat] }))["tools"]).toEqual([{ ...flat, strict: false }]);
  });
  it("that the backend runs are passed", async () => {
    const tools = [
      { type: "web_search", filters: { allowed_domains: ["x.test"] } },
      { type: "image_generation", size: "auto" },
      { type: "mcp", server_url: "https://x.test" },
    ];
    for (const dialect of ["chat", "responses"] as const)
      expect((await sent(dialect, { tools }))["tools"]).toEqual(tools);
    const search = [{ type: "web_search_20250305", name: "web_search", allowed_domains: ["x.test"] }];
    expect((await sent("messages", { tools: search }))["tools"]).toEqual([tools[0]]);
  });
  it.each(ALL)(
    "with names over 64 characters are shortened and come back in full on %s, streamed and whole",
    async (dialect) => {
      const tool = {
        chat: { type: "function", function: { name: LONG } },
        responses: { type: "function", name: LONG, parameters: {} },
        messages: { name: LONG, input_schema: {} },
      }[dialect];
      const body = await sent(dialect, { tools: [tool] });
      const [{ name: short }] = body["tools"] as [{ name: string }];
      expect(short.length).toBeLessThanOrEqual(64);
      const events = answer([functionCall("call_1", short)]);
      for (const stream of [false, true]) {
        const { answer: back } = await pass(dialect, { tools: [tool], stream }, events);
        expect(back).toContain(LONG);
        expect(back).not.toContain(short);
      }
    },
  );
});

describe("call ids that do not match", () => {
  const lonely = {
    chat: {
      messages: [
        { role: "user", content: "hi" },
        { role: "tool", tool_call_id: "call_9", content: "seen" },
      ],
    },
    responses: { input: [{ type: "function_call_output", call_id: "call_9", output: "seen" }] },
    messages: {
      messages: [{ role: "user", content: [{ type: "tool_result", tool_use_id: "call_9", content: "seen" }] }],
    },
  };
  const open = {
    chat: {
      messages: [{ role: "assistant", tool_calls: [{ id: "call_9", function: { name: "f", arguments: "{}" } }] }],
    },
    responses: { input: [functionCall("call_9")] },
    messages: {
      messages: [{ role: "assistant", content: [{ type: "tool_use", id: "call_9", name: "f", input: {} }] }],
    },
  };
  const where = {
    chat: ["messages[1].tool_call_id", "messages[0].tool_calls[0].id"],
    responses: ["input[0].call_id", "input[0].call_id"],
    messages: ["messages[0].content[0].tool_use_id", "messages[0].content[0].id"],
  };
  it.each(ALL)("are refused with the id and its place on %s", async (dialect) => {
    for (const [index, fields] of [lonely[dialect], open[dialect]].entries()) {
      const { status, answer: refusal, upstream } = await way.send(PATHS[dialect], { ...BASE[dialect], ...fields });
      expect([status, upstream]).toEqual([400, undefined]);
      expect(refusal).toContain("call_9");
      expect(refusal).toContain(where[dialect][index]);
    }
  });
  it.each(ALL)("are repaired on request, and that is told, on %s", async (dialect) => {
    const codex_capabilities = { bypass_tool_call_reactor: false };
    expect(await inputOf(dialect, { ...open[dialect], codex_capabilities })).toMatchObject([
      { call_id: "call_9" },
      { call_id: "call_9", output: "aborted" },
    ]);
    expect(await toldOf(dialect, { ...open[dialect], codex_capabilities })).toContain(`${where[dialect][1]}=emulated`);
    expect(await toldOf(dialect, { ...lonely[dialect], codex_capabilities })).toContain(`${where[dialect][0]}=mapped`);
    expect(JSON.stringify(await inputOf(dialect, { ...lonely[dialect], codex_capabilities }))).toContain('"seen"');
  });
});
