import { describe, expect, it } from "vitest";
import type { ChatRequest } from "../../src/protocol/chat/request.ts";
import { parseChatRequest } from "../../src/protocol/chat/parse.ts";
import { type ChatTranslation, chatToResponses } from "../../src/translate/chat-request.ts";

const user = { role: "user", content: "hi" };

function translate(fields: object): ChatTranslation {
  return chatToResponses(parseChatRequest({ model: "m", messages: [user], ...fields }));
}
const itemsOf = (...messages: object[]): unknown => translate({ messages }).request.input;
const pathsOf = (fields: object): string[] => translate(fields).changes.map(({ path }) => path);

describe("messages", () => {
  it("keep their order, with system and developer in place", () => {
    expect(
      itemsOf({ role: "system", content: "a" }, user, { role: "developer", content: [{ type: "text", text: "b" }] }),
    ).toEqual([
      { type: "message", role: "developer", content: [{ type: "input_text", text: "a" }] },
      { type: "message", role: "user", content: [{ type: "input_text", text: "hi" }] },
      { type: "message", role: "developer", content: [{ type: "input_text", text: "b" }] },
    ]);
  });

  it("bring images with their detail, and files", () => {
    const content = [
      { type: "image_url", image_url: { url: "https://x.test/a.png", detail: "high" } },
      { type: "image_url", image_url: "data:image/png;base64,AA==" },
      { type: "file", file: { filename: "a.pdf", file_data: "data:application/pdf;base64,AA==" } },
      { type: "file", file: { file_id: "file_1" } },
      { type: "input_image", image_url: "https://x.test/b.png" },
    ];
    expect(itemsOf({ role: "user", content })).toEqual([
      {
        type: "message",
        role: "user",
        content: [
          { type: "input_image", image_url: "https://x.test/a.png", detail: "high" },
          { type: "input_image", image_url: "data:image/png;base64,AA==" },
          { type: "input_file", filename: "a.pdf", file_data: "data:application/pdf;base64,AA==" },
          { type: "input_file", file_id: "file_1" },
          { type: "input_image", image_url: "https://x.test/b.png" },
        ],
      },
    ]);
  });

  it.each<[object, string]>([
    [{ type: "input_audio", input_audio: { data: "", format: "wav" } }, "messages[0].content[0]"],
    [{ type: "image_url", image_url: { url: "file:///etc/passwd" } }, "messages[0].content[0].image_url.url"],
    [{ type: "image_url", image_url: "img.png" }, "messages[0].content[0].image_url"],
  ])("refuse %j, naming the place", (part, param) => {
    expect(() => itemsOf({ role: "user", content: [part] })).toThrow(
      expect.objectContaining({ code: "request_invalid", cause: { param } }),
    );
  });

  it("put an assistant's text before its calls, and match results to the kind of their call", () => {
    const calls = [
      { id: "c1", type: "function", function: { name: "f", arguments: "{}" } },
      { id: "c2", type: "custom", custom: { name: "g", input: "raw" } },
    ];
    const parts = [
      { type: "text", text: "see" },
      { type: "image_url", image_url: { url: "data:image/png;base64,AA==" } },
    ];
    expect(
      itemsOf(
        { role: "assistant", content: "let me look", refusal: "not that", tool_calls: calls },
        { role: "tool", tool_call_id: "c2", content: "done" },
        { role: "tool", tool_call_id: "c1", content: parts },
      ),
    ).toEqual([
      {
        type: "message",
        role: "assistant",
        content: [
          { type: "output_text", text: "let me look" },
          { type: "refusal", refusal: "not that" },
        ],
      },
      { type: "function_call", call_id: "c1", name: "f", arguments: "{}" },
      { type: "custom_tool_call", call_id: "c2", name: "g", input: "raw" },
      { type: "custom_tool_call_output", call_id: "c2", output: "done" },
      {
        type: "function_call_output",
        call_id: "c1",
        output: [
          { type: "input_text", text: "see" },
          { type: "input_image", image_url: "data:image/png;base64,AA==" },
        ],
      },
    ]);
  });

  it("of an assistant that only called tools make no empty message", () => {
    const call = { id: "c", type: "function", function: { name: "f", arguments: "" } };
    for (const content of [null, ""])
      expect(
        itemsOf({ role: "assistant", content, tool_calls: [call] }, { role: "tool", tool_call_id: "c", content: "" }),
      ).toHaveLength(2);
  });

  it("of the time before tools get ids that match, in order", () => {
    const asked = { role: "assistant", content: null, function_call: { name: "f", arguments: "1" } };
    const again = { role: "assistant", content: null, function_call: { name: "f", arguments: "2" } };
    const result = (content: string): object => ({ role: "function", name: "f", content });
    const items = itemsOf(asked, result("a"), again, result("b")) as { call_id: string; output?: string }[];
    expect(items.map(({ call_id }) => call_id)).toEqual([
      "call_legacy_0",
      "call_legacy_0",
      "call_legacy_2",
      "call_legacy_2",
    ]);
    expect(items.map(({ output }) => output)).toEqual([undefined, "a", undefined, "b"]);
    expect(() => itemsOf(result("orphan"))).toThrow(expect.objectContaining({ cause: { param: "messages[0].name" } }));
  });

  it("tell of fields that have no place", () => {
    const part = { type: "text", text: "a", cache_control: { type: "ephemeral" } };
    expect(pathsOf({ messages: [{ role: "user", name: "bob", content: [part] }] })).toEqual([
      "messages[0].name",
      "messages[0].content[0].cache_control",
    ]);
    expect(pathsOf({ messages: [{ role: "assistant", content: "a", reasoning_content: "hm", audio: null }] })).toEqual([
      "messages[0].reasoning_content",
    ]);
  });
});

describe("tools", () => {
  const parameters = { type: "object", properties: { a: { type: "string" } } };
  const grammar = { syntax: "lark", definition: "start: /x/" };

  it("keep schema and strictness, and are not strict unless asked", () => {
    const tools = [
      { type: "function", function: { name: "f", description: "d", parameters, strict: true } },
      { type: "function", function: { name: "g" } },
      { type: "function", name: "flat", parameters },
    ];
    expect(translate({ tools }).request.tools).toEqual([
      { type: "function", name: "f", description: "d", parameters, strict: true },
      { type: "function", name: "g", parameters: { type: "object", properties: {} }, strict: false },
      { type: "function", name: "flat", parameters, strict: false },
    ]);
  });

  it("of the freeform kind keep their format", () => {
    const tools = [
      { type: "custom", custom: { name: "a", description: "d", format: { type: "grammar", grammar } } },
      { type: "custom", custom: { name: "b", format: { type: "text" } } },
      { type: "custom", name: "flat", format: { type: "grammar", ...grammar } },
      { type: "web_search", search_context_size: "low" },
    ];
    expect(translate({ tools }).request.tools).toEqual([
      { type: "custom", name: "a", description: "d", format: { type: "grammar", ...grammar } },
      { type: "custom", name: "b", format: { type: "text" } },
      { type: "custom", name: "flat", format: { type: "grammar", ...grammar } },
      { type: "web_search", search_context_size: "low" },
    ]);
  });

  it("may be functions of the old kind", () => {
    const { request, legacyFunctions, changes } = translate({
      functions: [{ name: "f", parameters }],
      function_call: { name: "f" },
    });
    expect(request).toMatchObject({
      tools: [{ type: "function", name: "f", parameters, strict: false }],
      tool_choice: { type: "function", name: "f" },
      parallel_tool_calls: false,
    });
    expect(request).not.toHaveProperty("functions");
    expect(legacyFunctions).toBe(true);
    expect(changes.map(({ path }) => path)).toEqual(["functions", "function_call"]);
  });

  it.each<[unknown, unknown]>([
    ["auto", "auto"],
    ["none", "none"],
    ["required", "required"],
    [
      { type: "function", function: { name: "f" } },
      { type: "function", name: "f" },
    ],
    [
      { type: "custom", custom: { name: "g" } },
      { type: "custom", name: "g" },
    ],
    [
      { type: "function", name: "f" },
      { type: "function", name: "f" },
    ],
    [{ type: "web_search" }, { type: "web_search" }],
    [
      {
        type: "allowed_tools",
        allowed_tools: { mode: "auto", tools: [{ type: "function", function: { name: "f" } }] },
      },
      { type: "allowed_tools", mode: "auto", tools: [{ type: "function", name: "f" }] },
    ],
  ])("are chosen by %j", (tool_choice, expected) => {
    expect(translate({ tool_choice }).request.tool_choice).toEqual(expected);
  });

  it("with names over 64 characters are shortened alike everywhere and come back", () => {
    const long = `mcp__${"a".repeat(70)}`;
    const { request, toolNames, changes } = translate({
      tools: [
        { type: "function", function: { name: `${long}1`, parameters } },
        { type: "custom", custom: { name: `${long}2` } },
        { type: "function", function: { name: "b".repeat(64) } },
      ],
      tool_choice: { type: "function", function: { name: `${long}1` } },
      messages: [
        user,
        { role: "assistant", tool_calls: [{ id: "c", function: { name: `${long}1`, arguments: "" } }] },
        { role: "tool", tool_call_id: "c", content: "" },
      ],
    });
    const names = (request.tools ?? []).map(({ name }) => name ?? "");
    expect(names.every((name) => name.length <= 64)).toBe(true);
    expect(new Set(names).size).toBe(3);
    expect(request.tool_choice).toEqual({ type: "function", name: names[0] });
    expect(request.input[1]).toMatchObject({ name: names[0] });
    expect(names.map((name) => toolNames.get(name))).toEqual([`${long}1`, `${long}2`, undefined]);
    expect(changes.map(({ path, action }) => `${action} ${path}`)).toEqual([
      "emulated tools[0].function.name",
      "emulated tools[1].custom.name",
      "emulated tool_choice.function.name",
      "emulated messages[1].tool_calls[0].function.name",
    ]);
  });

  it("include the search that web_search_options asks for", () => {
    const web_search_options = {
      search_context_size: "high",
      user_location: { type: "approximate", approximate: { country: "CH" } },
    };
    expect(translate({ web_search_options }).request.tools).toEqual([
      { type: "web_search", search_context_size: "high", user_location: { type: "approximate", country: "CH" } },
    ]);
  });
});

describe("options", () => {
  it("bring the format of the answer and its verbosity", () => {
    const schema = { type: "object", properties: {}, additionalProperties: false };
    const json_schema = { name: "n", description: "d", strict: true, schema };
    expect(translate({ response_format: { type: "json_schema", json_schema }, verbosity: "low" }).request.text).toEqual(
      {
        format: { type: "json_schema", name: "n", description: "d", strict: true, schema },
        verbosity: "low",
      },
    );
    expect(translate({ response_format: { type: "json_object" } }).request.text).toEqual({
      format: { type: "json_object" },
    });
    expect(translate({ response_format: { type: "text" } }).request.text).toEqual({ format: { type: "text" } });
    expect(translate({}).request).not.toHaveProperty("text");
  });

  it("bring the effort, and ask for a summary unless there is no reasoning to sum up", () => {
    expect(translate({ reasoning_effort: "high" }).request.reasoning).toEqual({ effort: "high", summary: "auto" });
    expect(translate({ reasoning_effort: "none" }).request.reasoning).toEqual({ effort: "none" });
    expect(translate({ reasoning: { effort: "low", summary: "detailed" } }).request.reasoning).toEqual({
      effort: "low",
      summary: "detailed",
    });
    expect(translate({}).request.reasoning).toEqual({ summary: "auto" });
  });

  it("pass through what both dialects share, and what is new", () => {
    const shared = {
      service_tier: "priority",
      prompt_cache_key: "k",
      parallel_tool_calls: true,
      stream: true,
      x_new: { a: 1 },
    };
    expect(translate(shared).request).toMatchObject(shared);
    expect(translate(shared).changes).toEqual([]);
  });

  it("that the backend refuses are dropped and told, unless they are the default", () => {
    const refused = {
      temperature: 0,
      top_p: 0.5,
      max_tokens: 5,
      max_completion_tokens: 5,
      user: "u",
      metadata: { a: "b" },
      stop: ["x"],
      seed: 1,
      logprobs: true,
      top_logprobs: 2,
      presence_penalty: 1,
      frequency_penalty: 1,
      logit_bias: { "1": 1 },
      prediction: { type: "content", content: "x" },
      audio: {},
      modalities: ["text", "audio"],
      store: true,
    };
    expect(pathsOf(refused).sort()).toEqual(Object.keys(refused).sort());
    for (const name of Object.keys(refused)) expect(translate(refused).request).not.toHaveProperty(name);

    const defaults = {
      temperature: 1,
      top_p: 1,
      n: 1,
      max_tokens: null,
      stop: null,
      logprobs: false,
      presence_penalty: 0,
      frequency_penalty: 0,
      logit_bias: {},
      modalities: ["text"],
      store: false,
      stream_options: { include_usage: true },
    };
    const { stream_options: _options, ...parameters } = defaults;
    expect(translate(defaults).changes.map(({ path, action }) => `${path}=${action}`)).toEqual([
      ...Object.entries(parameters).flatMap(([name, value]) => (value === null ? [] : [`${name}=default`])),
      "stream_options.include_usage=emulated",
    ]);
    expect(translate(defaults).request).toEqual(translate({}).request);
  });

  it("cannot ask for several answers", () => {
    expect(() => translate({ n: 2 })).toThrow(
      expect.objectContaining({ code: "request_invalid", cause: { param: "n" } }),
    );
  });
});

it("chatToResponses does not alter its argument", () => {
  const request = {
    model: "m",
    messages: [
      user,
      { role: "assistant", content: "a", function_call: { name: "f", arguments: "" } },
      { role: "function", name: "f", content: "" },
    ],
    functions: [{ name: "f" }],
    temperature: 0,
    reasoning: { effort: "low" },
  } as unknown as ChatRequest;
  const before = structuredClone(request);
  chatToResponses(request);
  expect(request).toEqual(before);
});
