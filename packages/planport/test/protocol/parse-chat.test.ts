import { describe, expect, it } from "vitest";
import { parseChatRequest } from "../../src/protocol/chat/parse.ts";

const user = { role: "user", content: "hi" };
const base = { model: "m", messages: [user] };
const withMessage = (message: unknown): object => ({ model: "m", messages: [user, message] });
const withPart = (part: unknown): object => withMessage({ role: "user", content: ["x", part].slice(1) });
const withCall = (call: unknown): object => withMessage({ role: "assistant", content: null, tool_calls: [call] });
const withTool = (tool: unknown): object => ({ ...base, tools: [tool] });

describe("parseChatRequest", () => {
  it.each<[string | null, string, unknown]>([
    [null, "an object, got an empty list", []],
    [null, "an object, got null", null],
    ["model", "got nothing", { messages: [user] }],
    ["model", "got empty text", { ...base, model: "" }],
    ["messages", "got nothing", { model: "m" }],
    ["messages", "got an empty list", { model: "m", messages: [] }],
    ["messages", "got text", { model: "m", messages: "hi" }],
    ["messages[1]", "got text", withMessage("hi")],
    ["messages[1].role", 'got "critic"', withMessage({ role: "critic", content: "x" })],
    ["messages[1].role", "got text", withMessage({ role: "critic of all that is written", content: "x" })],
    ["messages[1].role", "got nothing", withMessage({ content: "x" })],
    ["messages[1].content", "got nothing", withMessage({ role: "user" })],
    ["messages[1].content", "got a number", withMessage({ role: "system", content: 1 })],
    ["messages[1].content[0]", "an object", withPart("x")],
    ["messages[1].content[0].type", "got nothing", withPart({})],
    ["messages[1].content[0].text", "got nothing", withPart({ type: "text" })],
    ["messages[1].content[0].image_url", "got nothing", withPart({ type: "image_url" })],
    ["messages[1].content[0].image_url.url", "got a number", withPart({ type: "image_url", image_url: { url: 1 } })],
    ["messages[1].content[0].file", "got nothing", withPart({ type: "file" })],
    ["messages[1].content[0].file.file_data", "got nothing", withPart({ type: "file", file: { filename: "a" } })],
    ["messages[1].tool_call_id", "got nothing", withMessage({ role: "tool", content: "x" })],
    ["messages[1].name", "got nothing", withMessage({ role: "function", content: "x" })],
    ["messages[1].tool_calls[0].id", "got nothing", withCall({ function: { name: "f", arguments: "" } })],
    ["messages[1].tool_calls[0].type", 'function or custom, got "x"', withCall({ id: "c", type: "x" })],
    [
      "messages[1].tool_calls[0].function.arguments",
      "got an object",
      withCall({ id: "c", function: { name: "f", arguments: {} } }),
    ],
    [
      "messages[1].tool_calls[0].custom.input",
      "got nothing",
      withCall({ id: "c", type: "custom", custom: { name: "f" } }),
    ],
    ["tools", "got an object", { ...base, tools: {} }],
    ["tools[0].type", "got nothing", withTool({ function: { name: "f" } })],
    ["tools[0].function", "got nothing", withTool({ type: "function" })],
    ["tools[0].function.name", "got nothing", withTool({ type: "function", function: {} })],
    [
      "tools[0].function.parameters",
      "got text",
      withTool({ type: "function", function: { name: "f", parameters: "{}" } }),
    ],
    ["tools[0].name", "got a number", withTool({ type: "custom", name: 1 })],
    ["functions[0].name", "got nothing", { ...base, functions: [{}] }],
    ["tool_choice", "got a number", { ...base, tool_choice: 1 }],
    ["tool_choice", 'none, auto or required, got "foo"', { ...base, tool_choice: "foo" }],
    ["tool_choice.type", "got nothing", { ...base, tool_choice: { function: { name: "f" } } }],
    ["tool_choice.function.name", "got nothing", { ...base, tool_choice: { type: "function", function: {} } }],
    ["function_call", 'none or auto, got "required"', { ...base, function_call: "required" }],
    ["function_call.name", "got nothing", { ...base, function_call: {} }],
    ["response_format", "got text", { ...base, response_format: "json" }],
    ["response_format.type", "got nothing", { ...base, response_format: {} }],
    ["response_format.type", 'json_schema, got "xml"', { ...base, response_format: { type: "xml" } }],
    ["response_format.json_schema", "got nothing", { ...base, response_format: { type: "json_schema" } }],
    [
      "response_format.json_schema.name",
      "got nothing",
      { ...base, response_format: { type: "json_schema", json_schema: {} } },
    ],
    ["stream", "got text", { ...base, stream: "true" }],
    ["n", "got text", { ...base, n: "1" }],
    ["n", "got 0", { ...base, n: 0 }],
    ["temperature", "a number from 0 to 2, got text", { ...base, temperature: "hot" }],
    ["temperature", "got 2.5", { ...base, temperature: 2.5 }],
    ["top_p", "got -0.1", { ...base, top_p: -0.1 }],
    ["max_tokens", "a whole number of at least 1, got 0", { ...base, max_tokens: 0 }],
    ["max_completion_tokens", "got 1.5", { ...base, max_completion_tokens: 1.5 }],
    ["stop", "text or a list of up to 4 texts, got a number", { ...base, stop: 1 }],
    ["stop", "got a list", { ...base, stop: ["a", "b", "c", "d", "e"] }],
    ["seed", "a whole number, got text", { ...base, seed: "7" }],
    ["metadata", "whose values are each text, got an object", { ...base, metadata: { a: 1 } }],
    ["user", "got an object", { ...base, user: {} }],
    ["logprobs", "true or false, got a number", { ...base, logprobs: 1 }],
    ["top_logprobs", "got 21", { ...base, top_logprobs: 21 }],
    ["presence_penalty", "got 3", { ...base, presence_penalty: 3 }],
    ["frequency_penalty", "got text", { ...base, frequency_penalty: "1" }],
    ["logit_bias", "got an object", { ...base, logit_bias: { "1": 101 } }],
    ["modalities", "got text", { ...base, modalities: "text" }],
    ["include", "got text", { ...base, include: "usage" }],
  ])("names %s: %s", (param, text, value) => {
    expect(() => parseChatRequest(value)).toThrow(
      expect.objectContaining({
        code: "request_invalid",
        status: 400,
        cause: { param },
        message: expect.stringContaining(text),
      }),
    );
  });

  it("never repeats what the client wrote", () => {
    const secret = "sk-this-must-not-show";
    expect(() => parseChatRequest({ ...base, stream: secret })).toThrow(expect.not.stringContaining(secret));
  });

  it("takes everything at the edge of its range", () => {
    const edges = {
      ...base,
      temperature: 2,
      top_p: 0,
      max_tokens: 1,
      n: 1,
      stop: ["a", "b", "c", "d"],
      seed: -(2 ** 62),
      metadata: {},
      top_logprobs: 20,
      presence_penalty: -2,
      logit_bias: { "1": -100 },
      tool_choice: { type: "allowed_tools", allowed_tools: { mode: "auto", tools: [] } },
      function_call: "none",
      user: null,
    };
    expect(parseChatRequest(edges)).toBe(edges);
  });

  it("returns the value itself, unknown fields and parts included", () => {
    const value = {
      ...withPart({ type: "x_new", anything: 1 }),
      tools: [{ type: "x_builtin" }, { type: "function", name: "flat", parameters: {} }],
      tool_choice: null,
      x_new: [1],
    };
    expect(parseChatRequest(value)).toBe(value);
  });
});
